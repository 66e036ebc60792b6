import type { ExpressionWarning, ValidatingAdmissionPolicy } from '../../api/types/admissionregistration-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { ignoring } from '../shared/ignoring.js';

const NAME = 'validatingadmissionpolicy-status';
const POLICIES = { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' };

/** What a policy's expressions get wrong about the kinds that it is for. */
export type TypeChecker = (policy: ValidatingAdmissionPolicy) => Promise<readonly ExpressionWarning[]>;

/** Says of ValidatingAdmissionPolicies that they have been looked at, and what is wrong with the types in their expressions. */
export function validatingPolicyStatusController(check: TypeChecker): Controller {
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
      const expressionWarnings = await check(policy);
      const body = { apiVersion: policy.apiVersion, kind: policy.kind, metadata: { name }, status: { observedGeneration: generation, typeChecking: expressionWarnings.length > 0 ? { expressionWarnings } : {} } };
      await ignoring('NotFound', context.client.resource(POLICIES).patch({ name, subresource: 'status' }, { type: 'apply', body, force: true }, { fieldManager: NAME }));
    },
  };
}

function isBehind({ metadata, status }: ValidatingAdmissionPolicy): boolean {
  return (metadata.generation ?? 0) > (status?.observedGeneration ?? 0);
}
