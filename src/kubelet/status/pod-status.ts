import { deepClone } from '../../base/freeze.js';
import { formatTime } from '../../api/time.js';
import type { Pod, PodCondition, PodStatus } from '../../api/types/core-v1.js';
import { isTerminalPhase } from '../pods/pod-helpers.js';
import { podLevelResources, podRequests } from '../pods/resources.js';
import { isKubeletCondition, podConditions } from './conditions.js';
import { containerStatuses, EPOCH, type ContainerStatuses, type ContainerStatusInput } from './container-statuses.js';
import { podPhase } from './phase.js';

/** How a pod is said to have ended. */
export interface Verdict {
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  /** Its condition DisruptionTarget, where it was taken away. */
  readonly disruption?: { readonly reason: string; readonly message: string };
}

export interface PodStatusInput extends ContainerStatusInput {
  /** The status this kubelet computed last; the API's where it has none. */
  readonly old: PodStatus | undefined;
  readonly hostIp: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The containers are stopped and will not run again. */
  readonly terminal: boolean;
  /** Overrides the phase: eviction, an active deadline, a refusal. */
  readonly verdict?: Verdict | undefined;
  /** PodResizePending and PodResizeInProgress. */
  readonly resizeConditions?: readonly PodCondition[];
  readonly qosClass: string;
}

/** A pod's status from what the runtime and the probes know. Pure: the same input gives the same status. */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, runtime, old, now, verdict } = input;
  const statuses = containerStatuses(input, old);
  if (input.terminal) markLost(pod, statuses);
  const all = [...statuses.init, ...statuses.containers];
  const started = runtime.containers.some((c) => pod.spec.containers.some((spec) => spec.name === c.name) && c.state !== 'created');
  const computed = verdict?.phase ?? podPhase(pod, all, { terminal: input.terminal, started });
  // A pod never leaves a terminal phase.
  const ended = input.terminal && !isTerminalPhase(computed) ? 'Failed' : computed;
  const phase = !isTerminalPhase(ended) ? ([old?.phase, pod.status?.phase].find(isTerminalPhase) ?? ended) : (isTerminalPhase(pod.status?.phase) ? (pod.status?.phase as string) : ended);
  const keptReason = phase === old?.phase ? { reason: old.reason || pod.status?.reason, message: old.message || pod.status?.message } : {};
  const { reason, message } = verdict ?? keptReason;
  const foreign = (pod.status?.conditions ?? []).filter((c) => !isKubeletCondition(c.type));
  const conditions = podConditions({ pod, phase, statuses: all, sandboxReady: runtime.sandbox?.state === 'ready', foreign });
  if (verdict?.disruption !== undefined) conditions.unshift({ type: DISRUPTION_TARGET, status: 'True', ...verdict.disruption });
  const ip = pod.spec.hostNetwork ? input.hostIp : runtime.sandbox?.state === 'ready' ? runtime.sandbox.ip : undefined;
  const podIp = ip ?? (input.terminal || isTerminalPhase(phase) ? old?.podIP : undefined);
  const allocated = podRequests(pod);
  return {
    observedGeneration: pod.metadata.generation,
    phase,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    conditions: [...foreign.filter((c) => !conditions.some(({ type }) => type === c.type)), ...(input.resizeConditions ?? []), ...conditions.map((draft) => dated(draft, old?.conditions ?? pod.status?.conditions, pod.metadata.generation, now))],
    hostIP: input.hostIp,
    hostIPs: [{ ip: input.hostIp }],
    ...(podIp ? { podIP: podIp, podIPs: [{ ip: podIp }] } : {}),
    startTime: old?.startTime ?? pod.status?.startTime ?? formatTime(now),
    ...(statuses.init.length > 0 ? { initContainerStatuses: statuses.init } : {}),
    containerStatuses: statuses.containers,
    ...(statuses.ephemeral.length > 0 ? { ephemeralContainerStatuses: statuses.ephemeral } : {}),
    qosClass: pod.status?.qosClass ?? input.qosClass,
    ...(Object.keys(allocated).length > 0 ? { allocatedResources: allocated } : {}),
    resources: podLevelResources(pod, pod.status?.phase === 'Running'),
  };
}

/** Containers of a stopped pod of which nothing is known have failed: they may have run. */
function markLost(pod: Pod, { containers, init }: ContainerStatuses): void {
  const initialized = (pod.spec.initContainers?.length ?? 0) === 0 || containers.some((c) => c.state?.terminated || c.lastState?.terminated);
  const lastStarted = init.findLastIndex((c) => c.state?.running || c.state?.terminated || c.lastState?.terminated);
  for (const status of [...(initialized ? containers : []), ...init.slice(0, lastStarted + 1)]) {
    if (status.state?.terminated) continue;
    status.state = { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was terminated', startedAt: EPOCH, finishedAt: EPOCH } };
  }
}

function dated(draft: PodCondition, old: readonly PodCondition[] | undefined, generation: number | undefined, now: number): PodCondition {
  const before = old?.find((c) => c.type === draft.type);
  const since = before?.status === draft.status && before.lastTransitionTime ? before.lastTransitionTime : formatTime(now);
  // In Go's order of fields, which saves sorting them.
  const condition: Partial<PodCondition> = { type: draft.type };
  if (generation !== undefined) condition.observedGeneration = generation;
  condition.status = draft.status;
  condition.lastTransitionTime = since;
  if (draft.reason !== undefined) condition.reason = draft.reason;
  if (draft.message !== undefined) condition.message = draft.message;
  return condition as PodCondition;
}

/** Of a pod that is taken away; others than the kubelet set it too. */
const DISRUPTION_TARGET = 'DisruptionTarget';

/** The status to write: what the kubelet computed, over what others have put into the API since. */
export function mergeStatus(current: Pod, computed: PodStatus): PodStatus {
  const ours = (computed.conditions ?? []).filter((c) => isKubeletCondition(c.type) || (c.type === DISRUPTION_TARGET && c.reason === 'TerminationByKubelet'));
  const theirs = (current.status?.conditions ?? []).filter((c) => !isKubeletCondition(c.type) && !ours.some(({ type }) => type === c.type));
  const known = current.status;
  return {
    ...deepClone(computed),
    conditions: deepClone([...theirs, ...ours]),
    ...(known?.nominatedNodeName ? { nominatedNodeName: known.nominatedNodeName } : {}),
    ...(known?.resourceClaimStatuses ? { resourceClaimStatuses: deepClone(known.resourceClaimStatuses) } : {}),
    ...(known?.extendedResourceClaimStatus ? { extendedResourceClaimStatus: deepClone(known.extendedResourceClaimStatus) } : {}),
    ...(known?.qosClass ? { qosClass: known.qosClass } : {}),
  };
}
