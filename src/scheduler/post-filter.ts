import type { Pod } from '../api/types/core-v1.js';
import type { NoFit, World } from './cycle.js';

export interface PostFilterOutcome {
  /** What comes before what preemption has to say. */
  readonly message: string;
  /** Said instead of everything else. */
  readonly instead?: string | undefined;
  readonly act?: (() => Promise<void>) | undefined;
}

/** What plugins can do for a pod that found no node, and say of it; undefined where none of them has to do with that. */
export function postFilter(pod: Pod, { failures, before, plugins: failed }: NoFit, { plugins, snapshot }: Pick<World, 'plugins' | 'snapshot'>): PostFilterOutcome | undefined {
  const nodes = [...failures.keys()].flatMap((name) => snapshot.node(name)?.node ?? []);
  for (const plugin of plugins) {
    const result = plugin.postFilter?.(pod, nodes);
    if (!result) continue;
    // A pod that was turned away before the plugin heard of it: it has nothing to go by, and says so.
    return before !== undefined && !failed.has(plugin.name) ? { message: '', instead: 'not found' } : result;
  }
  return undefined;
}
