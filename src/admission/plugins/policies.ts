import type { AdmissionDependencies, AdmissionPlugin } from '../types.js';

/** Policies written in CEL. Their code is loaded when the first binding is there. */

const GROUP = 'admissionregistration.k8s.io';
const MUTATING = { policies: `${GROUP}/mutatingadmissionpolicies/`, bindings: `${GROUP}/mutatingadmissionpolicybindings/` };
const VALIDATING = { policies: `${GROUP}/validatingadmissionpolicies/`, bindings: `${GROUP}/validatingadmissionpolicybindings/` };

export function mutatingPolicies(dependencies: AdmissionDependencies): AdmissionPlugin {
  const { reader, webhooks } = dependencies;
  let policies: Promise<{ mutate: NonNullable<AdmissionPlugin['mutate']> }> | undefined;
  return {
    name: 'MutatingAdmissionPolicy',
    mutate(attributes, round) {
      if (!webhooks || reader.count(MUTATING.bindings) === 0) return;
      policies ??= import('../policies/mutating.js').then(({ MutatingPolicies }) => new MutatingPolicies({ ...dependencies, webhooks }, MUTATING));
      return policies.then((mutating) => mutating.mutate(attributes, round));
    },
  };
}

export function validatingPolicies(dependencies: AdmissionDependencies): AdmissionPlugin {
  const { reader, webhooks } = dependencies;
  let policies: Promise<{ validate: NonNullable<AdmissionPlugin['validate']> }> | undefined;
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(attributes) {
      if (!webhooks || reader.count(VALIDATING.bindings) === 0) return;
      policies ??= import('../policies/validating.js').then(({ ValidatingPolicies }) => new ValidatingPolicies({ ...dependencies, webhooks }, VALIDATING));
      return policies.then((validating) => validating.validate(attributes));
    },
  };
}
