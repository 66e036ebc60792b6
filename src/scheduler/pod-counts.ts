import type { Pod } from '../api/types/core-v1.js';

/** Pods of one kind on each node, counted up as they come and go. */
export class PodCounts {
  private readonly counts = new Map<string, number>();

  constructor(private readonly matches: (pod: Pod) => boolean) {}

  get byNode(): ReadonlyMap<string, number> {
    return this.counts;
  }

  add(pod: Pod, node: string, by: 1 | -1): void {
    if (!this.matches(pod)) return;
    const count = (this.counts.get(node) ?? 0) + by;
    if (count === 0) this.counts.delete(node);
    else this.counts.set(node, count);
  }
}

/** Pods that want the same of others: those of one Deployment, mostly. */
export interface AffinityGroup {
  /** One of them; what it wants holds for all. */
  readonly pod: Pod;
  readonly byNode: ReadonlyMap<string, number>;
}

/** Pods with affinity or anti-affinity, grouped by what they want, counted by node. */
export class AffinityGroups {
  private readonly groups = new Map<string, { readonly pod: Pod; readonly byNode: Map<string, number> }>();

  all(): Iterable<AffinityGroup> {
    return this.groups.values();
  }

  add(pod: Pod, node: string, by: 1 | -1): void {
    const key = affinityKey(pod);
    if (key === undefined) return;
    let group = this.groups.get(key);
    if (!group) this.groups.set(key, (group = { pod, byNode: new Map() }));
    const count = (group.byNode.get(node) ?? 0) + by;
    if (count > 0) group.byNode.set(node, count);
    else if (group.byNode.delete(node) && group.byNode.size === 0) this.groups.delete(key);
  }
}

const keys = new WeakMap<Pod, string>();

function affinityKey(pod: Pod): string | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return undefined;
  let key = keys.get(pod);
  if (key === undefined) keys.set(pod, (key = JSON.stringify([pod.metadata.namespace, podAffinity, podAntiAffinity])));
  return key;
}
