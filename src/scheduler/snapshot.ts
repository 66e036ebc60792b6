import type { LabelMatcher } from '../api/label-selector.js';
import type { Node, Pod } from '../api/types/core-v1.js';
import { NodeInfo } from './node-info.js';
import { type AffinityGroup, AffinityGroups, PodCounts } from './pod-counts.js';

/** Counts of pods by selector that are kept up to date; the least used go beyond that. */
const MAX_COUNTS = 64;

/**
 * What the scheduler knows of nodes and the pods on them, kept up to date by informers, and ahead of them by pods that
 * it has just bound (kube-scheduler's cache with assumed pods).
 */
export class Snapshot {
  private readonly infos = new Map<string, NodeInfo>();
  /** Pods on nodes that are not known (yet). */
  private readonly strays = new Map<string, Map<string, Pod>>();
  private readonly placed = new Map<string, { readonly node: string; readonly pod: Pod }>();
  private readonly affine = new AffinityGroups();
  private readonly counts = new Map<string, PodCounts>();

  nodes(): IterableIterator<NodeInfo> {
    return this.infos.values();
  }

  get size(): number {
    return this.infos.size;
  }

  node(name: string): NodeInfo | undefined {
    return this.infos.get(name);
  }

  /** Pods with any pod affinity or anti-affinity; some of their nodes may not be known. */
  affinityGroups(): Iterable<AffinityGroup> {
    return this.affine.all();
  }

  /**
   * How many pods of a namespace match on each node, not counting those that are on their way out. Kept up to date from
   * then on, so that the pods of a Deployment are not counted anew for each of them.
   */
  countMatching(namespace: string, matcher: LabelMatcher): ReadonlyMap<string, number> {
    return this.count(`${namespace} ${matcher.toString()}`, (pod) => countsFor(pod, namespace, matcher));
  }

  /** The same for pods of any kind; `key` stands for the kind. */
  count(key: string, matches: (pod: Pod) => boolean): ReadonlyMap<string, number> {
    let count = this.counts.get(key);
    if (count) this.counts.delete(key);
    else {
      count = new PodCounts(matches);
      for (const { node, pod } of this.placed.values()) count.add(pod, node, 1);
    }
    this.counts.set(key, count);
    const [oldest] = this.counts.keys();
    if (this.counts.size > MAX_COUNTS && oldest !== undefined) this.counts.delete(oldest);
    return count.byNode;
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
    this.placed.set(uid, { node: nodeName, pod });
    this.affine.add(pod, nodeName, 1);
    for (const count of this.counts.values()) count.add(pod, nodeName, 1);
    const info = this.infos.get(nodeName);
    if (info) info.add(pod);
    else this.strays.set(nodeName, (this.strays.get(nodeName) ?? new Map<string, Pod>()).set(uid, pod));
  }

  /** The new state of a pod of which nothing has changed that is counted. */
  refreshPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.placed.get(uid);
    if (!known) return;
    this.placed.set(uid, { node: known.node, pod });
    this.infos.get(known.node)?.pods.set(uid, pod);
    this.strays.get(known.node)?.set(uid, pod);
  }

  deletePod({ metadata }: Pod): void {
    const uid = metadata.uid ?? '';
    const known = this.placed.get(uid);
    if (!known) return;
    this.placed.delete(uid);
    this.affine.add(known.pod, known.node, -1);
    for (const count of this.counts.values()) count.add(known.pod, known.node, -1);
    this.infos.get(known.node)?.remove(known.pod);
    this.strays.get(known.node)?.delete(uid);
  }
}

/** Whether a pod counts where pods are spread. */
export function countsFor(pod: Pod, namespace: string, matcher: LabelMatcher): boolean {
  return pod.metadata.namespace === namespace && !pod.metadata.deletionTimestamp && !matcher.empty && matcher.matches(pod.metadata.labels);
}
