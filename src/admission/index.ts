import { defaultTolerationSeconds } from './plugins/default-toleration-seconds.js';
import { namespaceLifecycle } from './plugins/namespace-lifecycle.js';
import { priority } from './plugins/priority.js';
import { serviceAccount } from './plugins/service-account.js';
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.js';
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from './types.js';

export type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from './types.js';

/** The plugins that are on by default, in the real server's order (pkg/kubeapiserver/options/plugins.go). */
export function admissionPlugins(dependencies: AdmissionDependencies): readonly AdmissionPlugin[] {
  return [namespaceLifecycle, serviceAccount(dependencies), taintNodesByCondition, priority, defaultTolerationSeconds];
}

/** The chain as the registry calls it. */
export interface AdmissionChain {
  mutate(attributes: AdmissionAttributes): Promise<void>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

/** Runs plugins one after the other; the first that refuses ends the write. */
export function admissionChain(dependencies: AdmissionDependencies, plugins: readonly AdmissionPlugin[] = admissionPlugins(dependencies)): AdmissionChain {
  return {
    async mutate(attributes) {
      for (const plugin of plugins) await plugin.mutate?.(attributes);
    },
    async validate(attributes) {
      for (const plugin of plugins) await plugin.validate?.(attributes);
    },
  };
}
