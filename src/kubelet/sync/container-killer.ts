import type { Container, Pod } from '../../api/types/core-v1.js';
import { pause, podEvent, type KubeletContext } from '../kubelet-context.js';
import { containerFieldPath } from '../pods/pod-helpers.js';
import type { PodStages } from '../stages/pod-stages.js';
import { runHook } from './lifecycle-hook.js';
import type { KillReason } from './plan.js';

/** Every container gets at least this long between the stop signal and SIGKILL. */
const MIN_GRACE_SECONDS = 2;
const DEFAULT_GRACE_SECONDS = 30;

export interface KillRequest {
  readonly pod: Pod;
  readonly container: Container;
  readonly id: string;
  readonly podIp: string;
  /** Text of the Killing event; `Stopping container NAME` when absent. */
  readonly message?: string | undefined;
  readonly reason?: KillReason;
  /** Overrides the pod's grace period. */
  readonly graceSeconds?: number | undefined;
  /** Resolves when it is this container's turn (sidecars go last). */
  readonly turn?: Promise<void> | undefined;
  readonly stages: PodStages;
}

/** Stops a container: preStop hook, stop signal, SIGKILL once the grace period is over. Resolves when it has ended. */
export async function killContainer(context: KubeletContext, request: KillRequest): Promise<void> {
  const { pod, container, id, podIp } = request;
  const { clock, runtime } = context;
  const fieldPath = containerFieldPath(pod, container.name);
  podEvent(context, pod, 'Normal', 'Killing', request.message ?? `Stopping container ${container.name}`, fieldPath);
  const deadline = clock.now() + (request.graceSeconds ?? gracePeriod(pod, container, request.reason)) * 1000;
  const left = (): number => Math.max(0, deadline - clock.now());
  const hook = container.lifecycle?.preStop;
  if (hook && left() > 0) {
    const ran = runHook(context, pod, container, id, podIp, hook).catch(() => podEvent(context, pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', fieldPath));
    await atMost(context, left(), ran);
  }
  if (request.turn && left() > 0) await atMost(context, left(), request.turn);
  if (left() > 0) await atMost(context, left(), request.stages.before('stop', container).then(() => {}));
  await runtime.stopContainer(id, Math.max(MIN_GRACE_SECONDS, Math.ceil(left() / 1000)), !pod.metadata.deletionTimestamp);
}

/** Seconds a container has to end, by the deletion's, the probe's or the pod's own setting. */
export function gracePeriod(pod: Pod, container: Container, reason: KillReason): number {
  if (pod.metadata.deletionGracePeriodSeconds !== undefined && pod.metadata.deletionTimestamp) return pod.metadata.deletionGracePeriodSeconds;
  const probe = reason === 'liveness' ? container.livenessProbe : reason === 'startup' ? container.startupProbe : undefined;
  return probe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}

async function atMost(context: KubeletContext, ms: number, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  const signal = AbortSignal.any([context.signal, done.signal]);
  await Promise.race([work.finally(() => done.abort()), pause({ ...context, signal }, ms)]);
}
