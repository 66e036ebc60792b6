import type { DaemonSet, DaemonSetStatus } from '../../api/types/apps-v1.js';
import type { Node, Pod } from '../../api/types/core-v1.js';
import { REVISION_HASH_LABEL } from '../shared/history.js';
import { scaledValue } from '../shared/int-or-percent.js';
import { isPodAvailable, isPodReady } from '../shared/pods.js';
import { byAge, isUpdated, nodeFit } from './pods.js';

/** Which daemons must come and go (k8s.io/kubernetes/pkg/controller/daemon). Pure. */

export interface Observed {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  /** Pods by the node they are on or meant for. */
  readonly podsByNode: ReadonlyMap<string, readonly Pod[]>;
  readonly hash: string;
  readonly nowMs: number;
}

export interface DaemonPlan {
  /** Names of nodes that need a pod. */
  readonly create: readonly string[];
  readonly delete: readonly Pod[];
  /** Pods that came to an end by themselves; some may have to wait before they are replaced. */
  readonly failed: readonly { readonly pod: Pod; readonly node: string }[];
  readonly succeeded: readonly Pod[];
}

/** One pod on each node that fits, none elsewhere. Failed and succeeded pods are told apart: events speak of them. */
export function planNodes(observed: Observed): DaemonPlan {
  const { daemonSet, nodes, podsByNode } = observed;
  const plan = { create: [] as string[], delete: [] as Pod[], failed: [] as { pod: Pod; node: string }[], succeeded: [] as Pod[] };
  const known = new Set<string>();
  for (const node of nodes) {
    const { name } = node.metadata;
    known.add(name);
    const { shouldRun, mayStay } = nodeFit(daemonSet, node);
    const pods = podsByNode.get(name);
    if (!pods || pods.length === 0) {
      if (shouldRun) plan.create.push(name);
      continue;
    }
    const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
    if (!mayStay) {
      plan.delete.push(...alive);
      continue;
    }
    const running = alive.filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded').toSorted(byAge);
    plan.failed.push(...alive.filter(({ status }) => status?.phase === 'Failed').map((pod) => ({ pod, node: name })));
    plan.succeeded.push(...alive.filter(({ status }) => status?.phase === 'Succeeded'));
    if (!surges(daemonSet)) plan.delete.push(...running.slice(1));
    else if (running.length === 0 && shouldRun) plan.create.push(name);
    else if (running.length > 1) plan.delete.push(...surplus(observed, running));
  }
  // Pods for nodes that are gone will never be bound.
  for (const [name, pods] of podsByNode) if (!known.has(name)) plan.delete.push(...pods.filter(({ spec, metadata }) => !spec.nodeName && !metadata.deletionTimestamp));
  return plan;
}

/** While it surges a node has an old and a new pod: the old one goes once the new one is available. */
function surplus({ daemonSet, hash, nowMs }: Observed, running: readonly Pod[]): Pod[] {
  const isNew = ({ metadata }: Pod): boolean => metadata.labels?.[REVISION_HASH_LABEL] === hash;
  const fresh = running.find(isNew);
  const old = running.find((pod) => !isNew(pod));
  const result = running.filter((pod) => pod !== fresh && pod !== old);
  if (fresh && old && (!isPodReady(old) || isPodAvailable(fresh, daemonSet.spec.minReadySeconds ?? 0, nowMs))) result.push(old);
  return result;
}

function surges(daemonSet: DaemonSet): boolean {
  return surgeCount(daemonSet, 1) > 0;
}

function surgeCount({ spec }: DaemonSet, total: number): number {
  return spec.updateStrategy?.type === 'RollingUpdate' ? scaledValue(spec.updateStrategy.rollingUpdate?.maxSurge, total, 'up') : 0;
}

/** The next step of a rolling update: old pods to delete, nodes that get a new pod beside the old one. */
export function planUpdate(observed: Observed): { create: string[]; delete: Pod[] } {
  const { daemonSet, nodes } = observed;
  const wanted = new Set(nodes.filter((node) => nodeFit(daemonSet, node).shouldRun).map(({ metadata }) => metadata.name));
  let maxUnavailable = scaledValue(daemonSet.spec.updateStrategy?.rollingUpdate?.maxUnavailable, wanted.size, 'up');
  const maxSurge = surgeCount(daemonSet, wanted.size);
  if (wanted.size > 0 && maxUnavailable === 0 && maxSurge === 0) maxUnavailable = 1;
  const podsByNode = new Map(observed.podsByNode);
  for (const name of wanted) if (!podsByNode.has(name)) podsByNode.set(name, []);
  return maxSurge === 0 ? planReplacing({ ...observed, podsByNode }, maxUnavailable) : planSurging({ ...observed, podsByNode }, maxSurge, wanted);
}

function planReplacing(observed: Observed, maxUnavailable: number): { create: string[]; delete: Pod[] } {
  let unavailable = 0;
  const replaceable: Pod[] = [];
  const candidates: Pod[] = [];
  for (const pods of observed.podsByNode.values()) {
    const { fresh, old, clear } = updatedPods(observed, pods);
    if (!clear || Boolean(fresh) === Boolean(old)) unavailable++;
    else if (fresh) unavailable += available(observed, fresh) ? 0 : 1;
    else if (!available(observed, old as Pod)) {
      replaceable.push(old as Pod);
      unavailable++;
    } else if (unavailable < maxUnavailable) candidates.push(old as Pod);
  }
  return { create: [], delete: [...replaceable, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

function planSurging(observed: Observed, maxSurge: number, wanted: ReadonlySet<string>): { create: string[]; delete: Pod[] } {
  const remove: Pod[] = [];
  const unwanted: Pod[] = [];
  const needed: string[] = [];
  const candidates: string[] = [];
  let surge = 0;
  let availableCount = 0;
  for (const [name, pods] of observed.podsByNode) {
    const { fresh, old, clear } = updatedPods(observed, pods);
    if (!clear) {
      surge++;
      continue;
    }
    const judged = old ?? fresh;
    if (judged && available(observed, judged)) availableCount++;
    if (!old) continue;
    if (fresh) {
      if (available(observed, fresh)) remove.push(old);
      else surge++;
    } else if (!available(observed, old)) {
      if (wanted.has(name)) needed.push(name);
      else remove.push(old);
    } else if (!wanted.has(name)) unwanted.push(old);
    else if (surge < maxSurge) candidates.push(name);
  }
  remove.push(...unwanted.slice(0, Math.max(0, availableCount - wanted.size)));
  return { create: [...needed, ...candidates.slice(0, Math.max(0, maxSurge - surge))], delete: remove };
}

function available({ daemonSet, nowMs }: Observed, pod: Pod): boolean {
  return isPodAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, nowMs);
}

/** The new and the old pod of a node; not `clear` when there are several of either. */
function updatedPods({ daemonSet, hash }: Observed, pods: readonly Pod[]): { fresh?: Pod | undefined; old?: Pod | undefined; clear: boolean } {
  const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const fresh = alive.filter((pod) => isUpdated(daemonSet, pod, hash));
  const old = alive.filter((pod) => !fresh.includes(pod));
  return fresh.length > 1 || old.length > 1 ? { clear: false } : { fresh: fresh[0], old: old[0], clear: true };
}

export function statusOf(observed: Observed, observedGeneration: number | undefined): DaemonSetStatus {
  const { daemonSet, nodes, podsByNode, hash } = observed;
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 };
  for (const node of nodes) {
    const pod = (podsByNode.get(node.metadata.name) ?? []).toSorted(byAge)[0];
    if (!nodeFit(daemonSet, node).shouldRun) {
      if (pod) count.misscheduled++;
      continue;
    }
    count.desired++;
    if (!pod) continue;
    count.current++;
    if (isPodReady(pod)) count.ready++;
    if (available(observed, pod)) count.available++;
    if (isUpdated(daemonSet, pod, hash)) count.updated++;
  }
  const unavailable = count.desired - count.available;
  const { collisionCount, conditions } = daemonSet.status ?? {};
  return {
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    desiredNumberScheduled: count.desired,
    numberReady: count.ready,
    ...(observedGeneration ? { observedGeneration } : {}),
    ...(count.updated > 0 ? { updatedNumberScheduled: count.updated } : {}),
    ...(count.available > 0 ? { numberAvailable: count.available } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions ? { conditions } : {}),
  };
}
