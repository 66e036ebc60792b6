import type { Container, ContainerStatus, Pod, PodCondition } from '../../api/types/core-v1.js';
import { isSidecar, statusOf } from '../pods/pod-helpers.js';

/** Conditions that the kubelet writes; all others belong to somebody else and are kept. */
const OWNED = new Set(['PodScheduled', 'Ready', 'Initialized', 'ContainersReady', 'PodReadyToStartContainers', 'PodResizeInProgress', 'PodResizePending', 'AllContainersRestarting']);

export function isKubeletCondition(type: string): boolean {
  return OWNED.has(type);
}

type Draft = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

function condition(type: string, status: boolean, reason?: string, message?: string): Draft {
  return { type, status: status ? 'True' : 'False', ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

/** Go prints a list of strings so. */
const list = (names: readonly string[]): string => `[${names.join(' ')}]`;

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: string;
  /** Init containers' first; undefined while nothing is known. */
  readonly statuses: readonly ContainerStatus[];
  readonly sandboxReady: boolean;
  /** Conditions of others, for readiness gates. */
  readonly foreign: readonly PodCondition[];
}

/** The kubelet's conditions of a pod, in its order, without times. */
export function podConditions(input: ConditionInput): Draft[] {
  const containersReady = containersReadyCondition(input);
  return [
    condition('PodReadyToStartContainers', input.sandboxReady),
    initialized(input),
    ready(input, containersReady),
    containersReady,
    condition('PodScheduled', true),
  ];
}

function containersReadyCondition({ pod, phase, statuses }: ConditionInput): Draft {
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
    const status = statusOf(statuses, name);
    if (!status) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return condition('ContainersReady', false, 'PodCompleted');
  if (phase === 'Failed') return condition('ContainersReady', false, 'PodFailed');
  const message = messageOf([['containers with unknown status', unknown], ['containers with unready status', unready]]);
  return message ? condition('ContainersReady', false, 'ContainersNotReady', message) : condition('ContainersReady', true);
}

function ready({ pod, foreign }: ConditionInput, containersReady: Draft): Draft {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const closed = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = foreign.find((c) => c.type === conditionType);
    if (!gate) return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`];
    return gate.status === 'True' ? [] : [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${gate.status}`];
  });
  return closed.length > 0 ? condition('Ready', false, 'ReadinessGatesNotReady', closed.join(', ')) : condition('Ready', true);
}

function initialized({ pod, phase, statuses }: ConditionInput): Draft {
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const status = statusOf(statuses, container.name);
    if (!status) unknown.push(container.name);
    else if (!isInitialized(container, status)) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return condition('Initialized', true, 'PodCompleted');
  if (hasStarted(pod, statuses)) return condition('Initialized', true);
  const message = messageOf([['containers with unknown status', unknown], ['containers with incomplete status', incomplete]]);
  return message ? condition('Initialized', false, 'ContainersNotInitialized', message) : condition('Initialized', true);
}

function isInitialized(container: Container, status: ContainerStatus): boolean {
  return isSidecar(container) ? status.started === true : status.ready;
}

/** Whether some regular container runs or has run: init containers must have done their work then. */
function hasStarted(pod: Pod, statuses: readonly ContainerStatus[]): boolean {
  return pod.spec.containers.some(({ name }) => {
    const status = statusOf(statuses, name);
    return status?.state?.running || status?.state?.terminated || status?.lastState?.terminated;
  });
}

function messageOf(parts: ReadonlyArray<readonly [string, readonly string[]]>): string {
  return parts.filter(([, names]) => names.length > 0).map(([text, names]) => `${text}: ${list(names)}`).join(', ');
}
