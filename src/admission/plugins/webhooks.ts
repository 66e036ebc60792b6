import type { AdmissionDependencies, AdmissionPlugin } from '../types.js';

/**
 * Webhooks that change and judge writes (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/).
 * Their code is loaded when the first configuration is there.
 */

const MUTATING = 'admissionregistration.k8s.io/mutatingwebhookconfigurations/';
const VALIDATING = 'admissionregistration.k8s.io/validatingwebhookconfigurations/';

export function mutatingWebhooks(dependencies: AdmissionDependencies): AdmissionPlugin {
  const { reader, webhooks } = dependencies;
  return {
    name: 'MutatingAdmissionWebhook',
    mutate(attributes, round) {
      if (!webhooks || reader.count(MUTATING) === 0) return;
      return import('../webhooks/mutating.js').then(({ mutate }) => mutate({ ...dependencies, webhooks }, MUTATING, attributes, round));
    },
  };
}

export function validatingWebhooks(dependencies: AdmissionDependencies): AdmissionPlugin {
  const { reader, webhooks } = dependencies;
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(attributes) {
      if (!webhooks || reader.count(VALIDATING) === 0) return;
      return import('../webhooks/validating.js').then(({ validate }) => validate({ ...dependencies, webhooks }, VALIDATING, attributes));
    },
  };
}
