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
    async mutate(attributes, round) {
      if (!webhooks || reader.count(MUTATING) === 0) return;
      const { mutate } = await import('../webhooks/mutating.js');
      await mutate({ ...dependencies, webhooks }, MUTATING, attributes, round);
    },
  };
}

export function validatingWebhooks(dependencies: AdmissionDependencies): AdmissionPlugin {
  const { reader, webhooks } = dependencies;
  return {
    name: 'ValidatingAdmissionWebhook',
    async validate(attributes) {
      if (!webhooks || reader.count(VALIDATING) === 0) return;
      const { validate } = await import('../webhooks/validating.js');
      await validate({ ...dependencies, webhooks }, VALIDATING, attributes);
    },
  };
}
