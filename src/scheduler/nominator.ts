import type { Pod } from '../api/types/core-v1.js';
import { priorityOf } from './framework.js';

/** Pods that wait for a node on which room is being made for them: that room is not to be given to lesser ones. */
export class Nominator {
  private readonly byNode = new Map<string, Map<string, Pod>>();
  private readonly nodeOf = new Map<string, string>();

  set(pod: Pod, node: string): void {
    this.delete(pod);
    const uid = pod.metadata.uid ?? '';
    this.nodeOf.set(uid, node);
    this.byNode.set(node, (this.byNode.get(node) ?? new Map<string, Pod>()).set(uid, pod));
  }

  get({ metadata }: Pod): string | undefined {
    return this.nodeOf.get(metadata.uid ?? '');
  }

  delete({ metadata }: Pod): void {
    const uid = metadata.uid ?? '';
    const node = this.nodeOf.get(uid);
    if (node === undefined) return;
    this.nodeOf.delete(uid);
    const pods = this.byNode.get(node);
    pods?.delete(uid);
    if (pods?.size === 0) this.byNode.delete(node);
  }

  /** Others that were promised the node and are at least as important as this pod. */
  rivals(node: string, pod: Pod): Pod[] {
    const pods = this.byNode.get(node);
    if (!pods) return [];
    return [...pods.values()].filter((other) => other.metadata.uid !== pod.metadata.uid && priorityOf(other) >= priorityOf(pod));
  }

  /** Those that were promised the node and are less important. */
  lesser(node: string, pod: Pod): Pod[] {
    return [...(this.byNode.get(node)?.values() ?? [])].filter((other) => priorityOf(other) < priorityOf(pod));
  }
}
