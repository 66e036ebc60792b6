import { certificateApproval, certificateSigning } from './plugins/certificate-signer-rights.js';
import { certificateSubjectRestriction } from './plugins/certificate-subject-restriction.js';
import { defaultIngressClass } from './plugins/default-ingress-class.js';
import { defaultStorageClass } from './plugins/default-storage-class.js';
import { defaultTolerationSeconds } from './plugins/default-toleration-seconds.js';
import { limitRanger } from './plugins/limit-ranger.js';
import { namespaceLifecycle } from './plugins/namespace-lifecycle.js';
import { persistentVolumeClaimResize } from './plugins/persistent-volume-claim-resize.js';
import { mutatingPolicies, validatingPolicies } from './plugins/policies.js';
import { podResizeValidator } from './plugins/pod-resize-validator.js';
import { podTopologyLabels } from './plugins/pod-topology-labels.js';
import { priority } from './plugins/priority.js';
import { resourceQuota } from './plugins/resource-quota.js';
import { runtimeClass } from './plugins/runtime-class.js';
import { serviceAccount } from './plugins/service-account.js';
import { storageObjectInUseProtection } from './plugins/storage-object-in-use-protection.js';
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.js';
import { mutatingWebhooks, validatingWebhooks } from './plugins/webhooks.js';
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from './types.js';

export { expressionProblem } from './expressions/compiler.js';
export type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from './types.js';
export type { EquivalentResource, ParamSource, WebhookEnvironment } from './webhooks/environment.js';

/** The plugins that are on by default, in the real server's order (pkg/kubeapiserver/options/plugins.go). */
export function admissionPlugins(dependencies: AdmissionDependencies): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount(dependencies),
    taintNodesByCondition,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    certificateApproval(dependencies),
    certificateSigning(dependencies),
    certificateSubjectRestriction(dependencies),
    defaultIngressClass,
    podTopologyLabels,
    podResizeValidator,
    mutatingPolicies(dependencies),
    mutatingWebhooks(dependencies),
    validatingPolicies(dependencies),
    validatingWebhooks(dependencies),
    // Last: what is refused elsewhere must not be booked.
    resourceQuota(dependencies),
  ];
}

/** The chain as the registry calls it. */
export interface AdmissionChain {
  mutate(attributes: AdmissionAttributes): Promise<void>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

/** Runs plugins one after the other; the first that refuses ends the write. */
export function admissionChain(dependencies: AdmissionDependencies, plugins: readonly AdmissionPlugin[] = admissionPlugins(dependencies)): AdmissionChain {
  const mutating = plugins.filter((plugin) => 'mutate' in plugin);
  const validating = plugins.filter((plugin) => 'validate' in plugin);
  // Most plugins have nothing to say to most writes: only what a plugin really waits for is awaited.
  return {
    async mutate(attributes) {
      const memory = new Map<string, unknown>();
      let again = false;
      for (const isSecond of [false, true]) {
        const round = { isSecond, memory, again: () => void (again = true) };
        for (const plugin of mutating) {
          const pending = plugin.mutate?.(attributes, round);
          if (pending) await pending;
        }
        if (!again) return;
      }
    },
    async validate(attributes) {
      for (const plugin of validating) {
        const pending = plugin.validate?.(attributes);
        if (pending) await pending;
      }
    },
  };
}
