import { formatTime } from '../../api/time.js';
import type { Container, ContainerState, ContainerStatus, Pod, ResourceRequirements, VolumeMountStatus } from '../../api/types/core-v1.js';
import { ephemeralContainers, isSidecar, shouldRestart, statusOf } from '../pods/pod-helpers.js';
import { latest, type PodRuntimeStatus } from '../pods/runtime-status.js';
import type { RuntimeContainerStatus } from '../runtime.js';

/** Why a container could not be started at the last attempt. */
export interface StartFailure {
  /** `ErrImagePull`, `CrashLoopBackOff`, `CreateContainerConfigError`, … */
  readonly reason: string;
  readonly message: string;
}

/** What the probes found, by container id. */
export interface ProbeResults {
  /** Whether the container counts as started: its startup probe has succeeded, or it has none. */
  started(container: Container, status: RuntimeContainerStatus): boolean;
  ready(container: Container, status: RuntimeContainerStatus): boolean;
}

export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly runtime: PodRuntimeStatus;
  /** Scheme of container ids. */
  readonly runtimeName: string;
  readonly failures: ReadonlyMap<string, StartFailure>;
  readonly probes: ProbeResults;
  /** Text a container left in its termination log, by id. */
  readonly terminationMessages: ReadonlyMap<string, string>;
  /** Resources that a container was started with or changed to, where they are not what is allocated. */
  readonly actualResources?: (id: string) => ResourceRequirements | undefined;
  /** The pod stops: nothing is restarted. */
  readonly stopping: boolean;
}

/** Go's zero Unix time, where a time is not known. */
export const EPOCH = '1970-01-01T00:00:00Z';

export interface ContainerStatuses {
  readonly containers: ContainerStatus[];
  readonly init: ContainerStatus[];
  readonly ephemeral: ContainerStatus[];
}

/** Statuses of all containers of a pod as the API shows them; `old` are the ones shown before. */
export function containerStatuses(input: ContainerStatusInput, old: Pod['status']): ContainerStatuses {
  const { spec } = input.pod;
  return {
    containers: spec.containers.map((c) => statusFor(input, c, statusOf(old?.containerStatuses, c.name), false)).sort(byName),
    init: (spec.initContainers ?? []).map((c) => statusFor(input, c, statusOf(old?.initContainerStatuses, c.name), true)),
    ephemeral: ephemeralContainers(input.pod).map((c) => withoutProbes(statusFor(input, c, statusOf(old?.ephemeralContainerStatuses, c.name), false))).sort(byName),
  };
}

/** Ephemeral containers are never probed: the API says neither that they started nor that they are ready. */
function withoutProbes(status: ContainerStatus): ContainerStatus {
  const { started: _started, ...rest } = status;
  return { ...rest, ready: false };
}

const byName = (a: ContainerStatus, b: ContainerStatus): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function statusFor(input: ContainerStatusInput, container: Container, old: ContainerStatus | undefined, init: boolean): ContainerStatus {
  const { pod, runtime, probes } = input;
  const newest = latest(runtime, container.name);
  const status = newest ? fromRuntime(input, container, newest) : neverSeen(pod, container, old);
  if (newest) {
    const before = runtime.containers.find((c) => c.name === container.name && c.id !== newest.id);
    if (before) status.lastState = stateOf(input, before);
    else if (old?.lastState && old.containerID === status.containerID) status.lastState = old.lastState;
    else if (old?.state?.terminated && old.containerID !== status.containerID) status.lastState = { terminated: old.state.terminated };
  }
  applyFailure(input, container, status, newest, init);
  const running = newest?.state === 'running' && status.state?.running !== undefined;
  status.started = running && probes.started(container, newest);
  status.ready = status.started && running && probes.ready(container, newest);
  // An init container is ready when it has done its work.
  if (init && !isSidecar(container)) status.ready = status.state?.terminated?.exitCode === 0;
  return status;
}

function neverSeen(pod: Pod, container: Container, old: ContainerStatus | undefined): ContainerStatus {
  if (old?.state?.terminated) return { ...old };
  const lastState = old?.lastState ?? {};
  const reason = (pod.spec.initContainers?.length ?? 0) > 0 ? 'PodInitializing' : 'ContainerCreating';
  const status: ContainerStatus = {
    name: container.name, image: container.image ?? '', imageID: '', ready: false, restartCount: old?.restartCount ?? 0, started: false, state: { waiting: { reason } }, lastState,
    ...mountsOf(container),
  };
  if (old?.state?.running && !lastState.terminated) {
    // It ran, but the runtime has lost it: a restart of the node, say.
    status.lastState = {
      terminated: {
        exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was deleted.  The container used to be Running', startedAt: EPOCH, finishedAt: EPOCH,
      },
    };
    if (!pod.metadata.deletionTimestamp) status.restartCount++;
  }
  return status;
}

function fromRuntime(input: ContainerStatusInput, container: Container, found: RuntimeContainerStatus): ContainerStatus {
  const allocated = container.resources ?? {};
  const resources = input.actualResources?.(found.id) ?? allocated;
  return {
    // In Go's order of fields, which saves sorting them.
    name: container.name,
    state: stateOf(input, found),
    lastState: {},
    ready: false,
    restartCount: found.attempt,
    image: found.image,
    imageID: found.imageId,
    containerID: `${input.runtimeName}://${found.id}`,
    started: false,
    ...(allocated.requests ? { allocatedResources: allocated.requests } : {}),
    resources: { ...(resources.limits ? { limits: resources.limits } : {}), ...(resources.requests ? { requests: resources.requests } : {}) },
    ...mountsOf(container),
    user: { linux: { uid: found.user.uid, gid: found.user.gid, supplementalGroups: [...found.user.groups] } },
  };
}

function stateOf(input: ContainerStatusInput, found: RuntimeContainerStatus): ContainerState {
  switch (found.state) {
    case 'created':
      return { waiting: {} };
    case 'running':
      return { running: { startedAt: formatTime(found.startedAt) } };
    case 'exited': {
      const message = input.terminationMessages.get(found.id) || found.message;
      return {
        terminated: {
          exitCode: found.exitCode,
          reason: found.reason,
          ...(message ? { message } : {}),
          startedAt: formatTime(found.startedAt),
          finishedAt: formatTime(found.finishedAt),
          containerID: `${input.runtimeName}://${found.id}`,
        },
      };
    }
  }
}

/** A container that should run but could not be started is waiting, with the reason of the failure. */
function applyFailure(input: ContainerStatusInput, container: Container, status: ContainerStatus, newest: RuntimeContainerStatus | undefined, init: boolean): void {
  if (init && newest?.state === 'exited' && newest.exitCode === 0 && !isSidecar(container)) return;
  if (!isDue(input, container, newest)) return;
  const failure = input.failures.get(container.name);
  if (!failure) return;
  if (status.state?.terminated) status.lastState = { terminated: status.state.terminated };
  status.state = { waiting: { reason: failure.reason, ...(failure.message ? { message: failure.message } : {}) } };
}

/** Whether the container is to be started by the next sync. */
function isDue({ pod, stopping }: ContainerStatusInput, container: Container, newest: RuntimeContainerStatus | undefined): boolean {
  if (stopping || pod.metadata.deletionTimestamp) return false;
  if (!newest || newest.state === 'created') return true;
  if (newest.state === 'running') return false;
  if (ephemeralContainers(pod).some((c) => c.name === container.name)) return false;
  return shouldRestart(container, pod.spec, newest.exitCode);
}

function mountsOf(container: Container): { volumeMounts?: VolumeMountStatus[] } {
  if (!container.volumeMounts?.length) return {};
  return {
    volumeMounts: container.volumeMounts.map(({ name, mountPath, readOnly }) => ({ name, mountPath, ...(readOnly ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}) })),
  };
}
