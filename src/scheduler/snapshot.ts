import type { LabelMatcher } from '../api/label-selector.js';
import type { Node, Pod } from '../api/types/core-v1.js';
import { NodeInfo } from './node-info.js';

/** Counts of pods by selector that are kept up to date; the least used go beyond that. */
const MAX_COUNTS = 64;

interface Count {
  readonly namespace: string;
  readonly matcher: LabelMatcher;
  readonly byNode: Map<string, number>;
}

/**
 * What the scheduler knows of nodes and the pods on them, kept up to date by informers, and ahead of them by pods that
 * it has just bound (kube-scheduler's cache with assumed pods).
 */
export class Snapshot {
  private readonly infos = new Map<string, NodeInfo>();
  /** Pods on nodes that are not known (yet). */
  private readonly strays = new Map<string, Map<string, Pod>>();
  private readonly placed = new Map<string, { readonly node: string; readonly pod: Pod }>();
  private readonly withAffinity = new Map<string, Pod>();
  private readonly withRequiredAntiAffinity = new Map<string, Pod>();
  private readonly counts = new Map<string, Count>();

  nodes(): IterableIterator<NodeInfo> {
    return this.infos.values();
  }

  get size(): number {
    return this.infos.size;
  }

  node(name: string): NodeInfo | undefined {
    return this.infos.get(name);
  }

  /** Pods with any pod affinity or anti-affinity, with their nodes. */
  *affinePods(): Generator<readonly [Pod, NodeInfo]> {
    yield* this.onNodes(this.withAffinity);
  }

  /** Pods with required anti-affinity, with their nodes. */
  *repellingPods(): Generator<readonly [Pod, NodeInfo]> {
    yield* this.onNodes(this.withRequiredAntiAffinity);
  }

  /**
   * How many pods of a namespace match on each node, not counting those that are on their way out. Kept up to date from
   * then on, so that the pods of a Deployment are not counted anew for each of them.
   */
  countMatching(namespace: string, matcher: LabelMatcher): ReadonlyMap<string, number> {
    const key = `${namespace} ${matcher.toString()}`;
    let count = this.counts.get(key);
    if (count) this.counts.delete(key);
    else {
      count = { namespace, matcher, byNode: new Map() };
      for (const { node, pod } of this.placed.values()) addTo(count, pod, node, 1);
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
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
    if (podAffinity || podAntiAffinity) this.withAffinity.set(uid, pod);
    if (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length) this.withRequiredAntiAffinity.set(uid, pod);
    for (const count of this.counts.values()) addTo(count, pod, nodeName, 1);
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
    if (this.withAffinity.has(uid)) this.withAffinity.set(uid, pod);
    if (this.withRequiredAntiAffinity.has(uid)) this.withRequiredAntiAffinity.set(uid, pod);
    this.infos.get(known.node)?.pods.set(uid, pod);
    this.strays.get(known.node)?.set(uid, pod);
  }

  deletePod({ metadata }: Pod): void {
    const uid = metadata.uid ?? '';
    const known = this.placed.get(uid);
    if (!known) return;
    this.placed.delete(uid);
    this.withAffinity.delete(uid);
    this.withRequiredAntiAffinity.delete(uid);
    for (const count of this.counts.values()) addTo(count, known.pod, known.node, -1);
    this.infos.get(known.node)?.remove(known.pod);
    this.strays.get(known.node)?.delete(uid);
  }

  private *onNodes(pods: ReadonlyMap<string, Pod>): Generator<readonly [Pod, NodeInfo]> {
    for (const [uid, pod] of pods) {
      const info = this.infos.get(this.placed.get(uid)?.node ?? '');
      if (info) yield [pod, info];
    }
  }
}

/** Whether a pod counts where pods are spread. */
export function countsFor(pod: Pod, namespace: string, matcher: LabelMatcher): boolean {
  return pod.metadata.namespace === namespace && !pod.metadata.deletionTimestamp && !matcher.empty && matcher.matches(pod.metadata.labels);
}

function addTo({ namespace, matcher, byNode }: Count, pod: Pod, node: string, by: 1 | -1): void {
  if (countsFor(pod, namespace, matcher)) byNode.set(node, (byNode.get(node) ?? 0) + by);
}
