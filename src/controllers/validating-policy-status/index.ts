import { ApiError } from '../../api/errors.js';
import type { ValidatingAdmissionPolicy } from '../../api/types/admissionregistration-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';

const NAME = 'validatingadmissionpolicy-status';
const POLICIES = { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' };

/**
 * Says of ValidatingAdmissionPolicies that they have been looked at. The types that their expressions deal with are not
 * checked, so there are never warnings in the status.
 */
export function validatingPolicyStatusController(): Controller {
  let context: ControllerContext;
  const policies = () => context.informers.for<ValidatingAdmissionPolicy>(POLICIES);
  return {
    name: 'validatingadmissionpolicy-status-controller',
    setUp(given) {
      context = given;
      const enqueue = (policy: ValidatingAdmissionPolicy): void => (isBehind(policy) ? context.enqueue(keyOf(policy)) : undefined);
      policies().addHandler({ onAdd: enqueue, onUpdate: enqueue });
    },
    async reconcile(key) {
      const policy = policies().get(splitKey(key).name);
      if (!policy || !isBehind(policy)) return;
      const { name, generation } = policy.metadata;
      const body = { apiVersion: policy.apiVersion, kind: policy.kind, metadata: { name }, status: { observedGeneration: generation, typeChecking: {} } };
      try {
        await context.client.resource(POLICIES).patch({ name, subresource: 'status' }, { type: 'apply', body, force: true }, { fieldManager: NAME });
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    },
  };
}

function isBehind({ metadata, status }: ValidatingAdmissionPolicy): boolean {
  return (metadata.generation ?? 0) > (status?.observedGeneration ?? 0);
}
