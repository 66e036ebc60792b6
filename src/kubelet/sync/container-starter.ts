import { ApiError } from '../../api/errors.js';
import type { Container, Pod, PodStatus, Secret } from '../../api/types/core-v1.js';
import { formatDuration } from '../../api/time.js';
import { containerEnvironment } from '../env/environment.js';
import { podEvent, podFacts, type KubeletContext } from '../kubelet-context.js';
import { containerFieldPath, podText, statusOf } from '../pods/pod-helpers.js';
import { latest, type PodRuntimeStatus } from '../pods/runtime-status.js';
import { RuntimeError } from '../runtime.js';
import type { PodStages } from '../stages/pod-stages.js';
import { containerConfig, CONFIG_ERROR } from './container-config.js';
import { killContainer } from './container-killer.js';
import { runHook } from './lifecycle-hook.js';
import { StartError } from './start-error.js';

/** A container that could not be run has ended, which the kubelet notes within this time. */
const RERUN_MS = 1000;

export interface StartRequest {
  readonly pod: Pod;
  readonly container: Container;
  readonly sandbox: string;
  readonly podIp: string;
  readonly runtime: PodRuntimeStatus;
  /** The pod's status as last reported. */
  readonly status: PodStatus | undefined;
  readonly pullSecrets: readonly Secret[];
  /** Called with the id of the new container. */
  readonly onCreated: (id: string) => void;
  /** Called once it runs, before its postStart hook. */
  readonly onStarted: (id: string) => void;
  readonly targetContainer?: string | undefined;
  readonly stages: PodStages;
}

/**
 * Starts one container: waits out its back-off, pulls its image, makes its configuration, creates and starts it, runs
 * its postStart hook; with the kubelet's events. Throws StartError, which becomes the container's waiting state.
 */
export async function startContainer(context: KubeletContext, request: StartRequest): Promise<void> {
  const { pod, container, runtime } = request;
  const { runtime: cri } = context;
  const fieldPath = containerFieldPath(pod, container.name);
  const report = (type: 'Normal' | 'Warning', reason: string, message: string): void => podEvent(context, pod, type, reason, message, fieldPath);
  const fail = (error: StartError, text: string): never => {
    report('Warning', 'Failed', `Error: ${text}`);
    throw error;
  };

  waitOutCrashes(context, request, report);

  const image = await context.images.ensure(pod, container, request.pullSecrets, report, () => request.stages.before('pull', container)).catch((error: unknown): never => {
    if (!(error instanceof StartError)) throw error;
    return fail(error, error.reason);
  });

  const refusal = await request.stages.before('start', container);
  if (refusal !== undefined) fail(new StartError('CreateContainerError', refusal), refusal);

  const attempt = restartCount(request);
  let id: string;
  try {
    const env = await containerEnvironment(pod, container, podFacts(context, request.podIp), context.environment);
    id = await cri.createContainer(request.sandbox, containerConfig(pod, container, image, attempt, env, request.targetContainer));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof RuntimeError) return fail(new StartError('CreateContainerError', text), text);
    if (error instanceof StartError) return fail(error, text);
    return fail(new StartError(CONFIG_ERROR, error instanceof ApiError && error.code === 404 ? notFoundText(error) : text), error instanceof ApiError && error.code === 404 ? notFoundText(error) : text);
  }
  request.onCreated(id);
  report('Normal', 'Created', 'Container created');

  try {
    await cri.startContainer(id);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return fail(new StartError('RunContainerError', error.message, context.clock.now() + RERUN_MS), error.message.replaceAll(id, container.name));
  }
  report('Normal', 'Started', 'Container started');
  request.onStarted(id);
  collectOld(context, runtime, container.name);

  const hook = container.lifecycle?.postStart;
  if (!hook) return;
  try {
    await runHook(context, pod, container, id, request.podIp, hook);
  } catch (error) {
    report('Warning', 'FailedPostStartHook', 'PostStartHook failed');
    await killContainer(context, { pod, container, id, podIp: request.podIp, message: 'FailedPostStartHook', stages: request.stages });
    throw new StartError('PostStartHookError', error instanceof Error ? error.message : String(error));
  }
}

/** `configmap "conf" not found`: Go's listers name the resource in the singular. */
function notFoundText(error: ApiError): string {
  return error.message.replace(/^(configmap|secret)s /, '$1 ');
}

function waitOutCrashes(context: KubeletContext, { pod, container, runtime }: StartRequest, report: (type: 'Warning', reason: string, message: string) => void): void {
  const { crashBackOff, clock } = context;
  const ended = runtime.containers.find((c) => c.name === container.name && c.state === 'exited');
  if (!ended) return;
  const key = `${pod.metadata.uid}_${container.name}_${container.image}`;
  const wait = crashBackOff.remainingSince(key, ended.finishedAt);
  if (wait === 0) return crashBackOff.next(key, ended.finishedAt);
  report('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${podText(pod)}`);
  throw new StartError('CrashLoopBackOff', `back-off ${formatDuration(crashBackOff.delay(key))} restarting failed container=${container.name} pod=${podText(pod)}`, clock.now() + wait);
}

function restartCount({ status, container, runtime }: StartRequest): number {
  const newest = latest(runtime, container.name);
  if (newest) return newest.attempt + 1;
  // What the runtime does not know any more (the node has been restarted) counts on from what was reported.
  return statusOf([...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])], container.name)?.restartCount ?? 0;
}

/** Keeps the newest ended container of a name (for `logs --previous`); older ones go. */
function collectOld({ runtime: cri }: KubeletContext, runtime: PodRuntimeStatus, name: string): void {
  const ended = runtime.containers.filter((c) => c.name === name && c.state === 'exited');
  for (const { id } of ended.slice(1)) void cri.removeContainer(id);
}
