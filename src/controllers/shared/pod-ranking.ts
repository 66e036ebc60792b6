import type { Pod } from '../../api/types/core-v1.js';
import { timeMs } from '../../api/time.js';
import { isPodActive, isPodReady, podCondition } from './pods.js';

const PHASES: ReadonlyMap<string | undefined, number> = new Map([['Pending', 0], ['Unknown', 1], ['Running', 2]]);
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * Which pods go when some must: those whose loss hurts least come first (ActivePodsWithRanks in
 * k8s.io/kubernetes/pkg/controller). `related`: all pods of the same owner's owner, to even out nodes.
 */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, nowMs: number): Pod[] {
  if (count >= pods.length) return [...pods];
  const onNode = new Map<string, number>();
  for (const pod of related) {
    if (!isPodActive(pod)) continue;
    const node = pod.spec.nodeName ?? '';
    onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  return pods.toSorted((a, b) => compare(a, b, onNode, nowMs)).slice(0, count);
}

function compare(a: Pod, b: Pod, onNode: ReadonlyMap<string, number>, nowMs: number): number {
  const order = byReadiness(a, b) || deletionCost(a) - deletionCost(b);
  if (order !== 0) return order;
  const colocated = (onNode.get(b.spec.nodeName ?? '') ?? 0) - (onNode.get(a.spec.nodeName ?? '') ?? 0);
  if (colocated !== 0) return colocated;
  if (isPodReady(a) && isPodReady(b)) {
    const byReadyTime = youngerFirst(readySince(a), readySince(b), a, b, nowMs);
    if (byReadyTime !== 0) return byReadyTime;
  }
  return byRestarts(a, b) || youngerFirst(a.metadata.creationTimestamp, b.metadata.creationTimestamp, a, b, nowMs);
}

/** Those whose loss hurts least first, without costs and ranks and by exact times (ActivePods in the same package, as Jobs have it). */
export function inDeletionOrder(pods: readonly Pod[]): Pod[] {
  return pods.toSorted((a, b) => byReadiness(a, b) || (isPodReady(a) && isPodReady(b) ? laterFirst(readySince(a), readySince(b)) : 0) || byRestarts(a, b) || laterFirst(a.metadata.creationTimestamp, b.metadata.creationTimestamp));
}

function byReadiness(a: Pod, b: Pod): number {
  const [nodeA, nodeB] = [a.spec.nodeName ?? '', b.spec.nodeName ?? ''];
  if (nodeA !== nodeB && (nodeA === '' || nodeB === '')) return nodeA === '' ? -1 : 1;
  return (PHASES.get(a.status?.phase) ?? 0) - (PHASES.get(b.status?.phase) ?? 0) || Number(isPodReady(a)) - Number(isPodReady(b));
}

function readySince(pod: Pod): string | undefined {
  return podCondition(pod, 'Ready')?.lastTransitionTime;
}

/** No time at all comes before every other. */
function laterFirst(a: string | undefined, b: string | undefined): number {
  const [atA, atB] = [timeMs(a) ?? Infinity, timeMs(b) ?? Infinity];
  return atA === atB ? 0 : atB - atA;
}

function deletionCost({ metadata }: Pod): number {
  const text = metadata.annotations?.[DELETION_COST];
  // As strconv.ParseInt with 32 bits takes it, without leading plus or zeros; anything else counts as 0.
  if (text === undefined || !/^(0|-?[1-9]\d*)$/.test(text)) return 0;
  const cost = Number(text);
  return Math.abs(cost) < 2 ** 31 ? cost : 0;
}

/** Younger pods go first, but only the magnitude of the age counts (KEP-2185): within one, the uid decides. */
function youngerFirst(timeA: string | undefined, timeB: string | undefined, a: Pod, b: Pod, nowMs: number): number {
  const [atA, atB] = [timeMs(timeA), timeMs(timeB)];
  if (atA === atB) return 0;
  if (atA === undefined) return -1;
  if (atB === undefined) return 1;
  const rank = magnitude(nowMs - atA) - magnitude(nowMs - atB);
  if (rank !== 0) return rank;
  return (a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1;
}

function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.trunc(Math.log2(ageMs * 1e6)) : -1;
}

/** By the container that was restarted most; sidecars count only between equals. */
function byRestarts(a: Pod, b: Pod): number {
  const [ofA, ofB] = [restarts(a), restarts(b)];
  return ofB.regular - ofA.regular || ofB.sidecar - ofA.sidecar;
}

function restarts({ spec, status }: Pod): { regular: number; sidecar: number } {
  const sidecars = new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
  return {
    regular: Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
    sidecar: Math.max(0, ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)).map(({ restartCount }) => restartCount)),
  };
}
