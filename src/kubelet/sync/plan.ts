import type { Container, Pod } from '../../api/types/core-v1.js';
import { ephemeralContainers, isSidecar, shouldRestart } from '../pods/pod-helpers.js';
import { latest, type PodRuntimeStatus } from '../pods/runtime-status.js';
import type { RuntimeContainerStatus } from '../runtime.js';

/** Why a running container is killed; a probe may shorten its grace period. */
export type KillReason = 'liveness' | 'startup' | undefined;

export interface ContainerToKill {
  readonly container: Container;
  readonly id: string;
  /** Text of the Killing event. */
  readonly message: string;
  readonly reason: KillReason;
}

/** What a sync of a pod has to do, in this order. */
export interface PodActions {
  /** Stop the whole pod: nothing is left to run. */
  readonly killPod: boolean;
  readonly createSandbox: boolean;
  readonly kill: readonly ContainerToKill[];
  readonly startEphemeral: readonly Container[];
  readonly startInit: readonly Container[];
  readonly start: readonly Container[];
}

/** Verdicts of the probes that end containers, by container id. */
export interface ProbeVerdicts {
  /** 'unknown' before the first result. */
  liveness(id: string): 'success' | 'failure' | 'unknown';
  startup(id: string): 'success' | 'failure' | 'unknown';
}

const NOTHING: PodActions = { killPod: false, createSandbox: false, kill: [], startEphemeral: [], startInit: [], start: [] };

export interface Observed {
  readonly pod: Pod;
  readonly runtime: PodRuntimeStatus;
  readonly probes: ProbeVerdicts;
  /** Containers that are given other resources by a restart. */
  readonly resized?: (container: Container, status: RuntimeContainerStatus) => boolean;
  /** Containers whose image in the spec is no longer the one they run. */
  readonly changed: (container: Container, status: RuntimeContainerStatus) => boolean;
}

/** Decides what to do for a pod that shall run. Pure: the worker performs it. */
export function planPod(observed: Observed): PodActions {
  const { pod, runtime } = observed;
  if (runtime.sandbox?.state !== 'ready') return planSandbox(observed);
  const startEphemeral = ephemeralContainers(pod).filter((c) => !latest(runtime, c.name));
  const init = planInit(observed);
  if (init.failed) return { ...NOTHING, killPod: true, startEphemeral };
  const base = { ...NOTHING, startEphemeral, kill: init.kill, startInit: init.start };
  if (!init.done) return base;
  const regular = planRegular(observed);
  if (regular.keep === 0 && regular.start.length === 0) return { ...base, killPod: true, kill: [...init.kill, ...regular.kill], startInit: [] };
  return { ...base, kill: [...init.kill, ...regular.kill], start: regular.start };
}

function planSandbox({ pod, runtime }: Observed): PodActions {
  const ran = runtime.containers.length > 0;
  const restartable = pod.spec.containers.filter((c) => {
    const status = latest(runtime, c.name);
    return !status || status.state !== 'exited' || shouldRestart(c, pod.spec, status.exitCode);
  });
  if (ran && restartable.length === 0) return { ...NOTHING, killPod: true };
  const [first] = pod.spec.initContainers ?? [];
  return { ...NOTHING, killPod: runtime.sandbox !== undefined, createSandbox: true, startInit: first ? [first] : [], start: first ? [] : restartable };
}

interface InitPlan {
  readonly done: boolean;
  readonly failed: boolean;
  readonly start: Container[];
  readonly kill: ContainerToKill[];
}

/**
 * Init containers run one after the other; sidecars among them count as done once started, and are kept running.
 * Looked at from the last to the first, because those that are done may have been removed already.
 */
function planInit({ pod, runtime, probes, changed, resized }: Observed): InitPlan {
  const containers = pod.spec.initContainers ?? [];
  const start: Container[] = [];
  const kill: ContainerToKill[] = [];
  if (containers.length === 0) return { done: true, failed: false, start, kill };
  const sandbox = runtime.sandbox?.id;
  const find = (name: string): RuntimeContainerStatus | undefined => runtime.containers.find((c) => c.name === name && c.sandbox === sandbox);
  let done = pod.spec.containers.some((c) => find(c.name)?.state === 'running' || find(c.name)?.state === 'created')
    || pod.spec.containers.some((c) => find(c.name) !== undefined);
  let previous = done;
  for (let i = containers.length - 1; i >= 0; i--) {
    const container = containers[i] as Container;
    const status = find(container.name);
    const sidecar = isSidecar(container);
    if (!status) {
      if (previous && sidecar) start.unshift(container);
      continue;
    }
    if (previous && !sidecar) continue;
    const finished = (): void => {
      const next = containers[i + 1];
      if (!next) done = true;
      else if (!previous) start.unshift(next);
    };
    if (status.state === 'created') start.unshift(container);
    else if (status.state === 'exited') {
      if (sidecar) start.unshift(container);
      else if (status.exitCode === 0) finished();
      else if (shouldRestart(container, pod.spec, status.exitCode)) start.unshift(container);
      else return { done: false, failed: true, start: [], kill: [] };
    } else if (sidecar) {
      const startup = container.startupProbe ? probes.startup(status.id) : 'success';
      const message = startup === 'failure' ? 'failed startup probe' : changed(container, status) ? 'definition changed' : probes.liveness(status.id) === 'failure' ? 'failed liveness probe' : undefined;
      if (startup === 'success') finished();
      if (message === undefined && resized?.(container, status)) {
        kill.push({ container, id: status.id, message: `Container ${container.name} resize requires restart`, reason: undefined });
        start.unshift(container);
      }
      if (message !== undefined) {
        kill.push({ container, id: status.id, message: `Init container ${container.name} ${message}`, reason: startup === 'failure' ? 'startup' : message.includes('liveness') ? 'liveness' : undefined });
        start.unshift(container);
      }
    }
    previous = true;
  }
  if (!previous) start.unshift(containers[0] as Container);
  return { done, failed: false, start: inOrder(containers, start), kill };
}

/** In the order of the spec, each once. */
function inOrder(all: readonly Container[], some: readonly Container[]): Container[] {
  return all.filter((container) => some.includes(container));
}

function planRegular({ pod, runtime, probes, changed, resized }: Observed): { keep: number; start: Container[]; kill: ContainerToKill[] } {
  const start: Container[] = [];
  const kill: ContainerToKill[] = [];
  let keep = 0;
  for (const container of pod.spec.containers) {
    const status = latest(runtime, container.name);
    if (status?.state !== 'running') {
      if (!status || status.state === 'created' || shouldRestart(container, pod.spec, status.exitCode)) start.push(container);
      continue;
    }
    const { name } = container;
    let restart = (container.restartPolicy ?? pod.spec.restartPolicy) !== 'Never';
    let reason: KillReason;
    let message: string;
    if (changed(container, status)) {
      message = `Container ${name} definition changed`;
      restart = true;
    } else if (resized?.(container, status)) {
      start.push(container);
      kill.push({ container, id: status.id, message: `Container ${name} resize requires restart`, reason: undefined });
      continue;
    } else if (probes.liveness(status.id) === 'failure') {
      message = `Container ${name} failed liveness probe`;
      reason = 'liveness';
    } else if (probes.startup(status.id) === 'failure') {
      message = `Container ${name} failed startup probe`;
      reason = 'startup';
    } else {
      keep++;
      continue;
    }
    if (restart) start.push(container);
    kill.push({ container, id: status.id, message: restart ? `${message}, will be restarted` : message, reason });
  }
  return { keep, start, kill };
}
