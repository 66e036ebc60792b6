import type { Node, Pod } from '../api/types/core-v1.js';
import { NodeInfo } from './node-info.js';

/**
 * What the scheduler knows of nodes and the pods on them, kept up to date by informers, and ahead of them by pods that
 * it has just bound (kube-scheduler's cache with assumed pods).
 */
export class Snapshot {
  private readonly infos = new Map<string, NodeInfo>();
  /** Pods on nodes that are not known (yet). */
  private readonly strays = new Map<string, Map<string, Pod>>();
  private readonly placed = new Map<string, string>();

  nodes(): IterableIterator<NodeInfo> {
    return this.infos.values();
  }

  get size(): number {
    return this.infos.size;
  }

  node(name: string): NodeInfo | undefined {
    return this.infos.get(name);
  }

  setNode(node: Node): void {
    const { name } = node.metadata;
    const known = this.infos.get(name);
    const info = known ? known.withNode(node) : new NodeInfo(node);
    for (const pod of this.strays.get(name)?.values() ?? []) info.add(pod);
    this.strays.delete(name);
    this.infos.set(name, info);
  }

  deleteNode(name: string): void {
    const known = this.infos.get(name);
    if (!known) return;
    this.infos.delete(name);
    if (known.pods.size > 0) this.strays.set(name, new Map(known.pods));
  }

  /** A pod that is on a node, or has just been given one. */
  setPod(pod: Pod, nodeName: string): void {
    this.deletePod(pod);
    const uid = pod.metadata.uid ?? '';
    this.placed.set(uid, nodeName);
    const info = this.infos.get(nodeName);
    if (info) info.add(pod);
    else this.strays.set(nodeName, (this.strays.get(nodeName) ?? new Map<string, Pod>()).set(uid, pod));
  }

  deletePod(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const nodeName = this.placed.get(uid);
    if (nodeName === undefined) return;
    this.placed.delete(uid);
    this.infos.get(nodeName)?.remove(pod);
    this.strays.get(nodeName)?.delete(uid);
  }
}
