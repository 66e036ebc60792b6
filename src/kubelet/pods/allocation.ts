import type { Container, Pod, PodCondition, ResourceRequirements } from '../../api/types/core-v1.js';
import { formatTime } from '../../api/time.js';
import { deepEqual } from '../../base/freeze.js';
import { podEvent, type KubeletContext } from '../kubelet-context.js';
import { limitsOf } from '../sync/container-config.js';
import type { Refusal } from './admission.js';
import { isSidecar } from './pod-helpers.js';
import { wholeValue } from './resources.js';

/** What becomes of a running container whose resources are to change. */
export type Actuation = 'none' | 'update' | 'restart';

/**
 * Resources of one pod's containers: what its spec asks for, what the node has allocated, and what running containers
 * have (in-place resize, KEP-1287). A resize that does not fit is put off, one that fits is in progress until every
 * container has it.
 */
export class PodAllocation {
  private readonly allocated = new Map<string, ResourceRequirements>();
  /** What running containers were started with or changed to, by id. */
  private readonly actual = new Map<string, ResourceRequirements>();
  private pending: { readonly reason: string; readonly message: string; readonly generation: number | undefined; readonly since: string } | undefined;
  private progress: { readonly generation: number | undefined; readonly since: string; readonly error?: string } | undefined;

  constructor(
    private readonly context: KubeletContext,
    pod: Pod,
  ) {
    for (const container of resizable(pod)) this.allocated.set(container.name, container.resources ?? {});
  }

  /** Whether a resize waits for room on the node. */
  get waiting(): boolean {
    return this.pending !== undefined;
  }

  /** The pod with the resources that it has been allocated. */
  apply(pod: Pod): Pod {
    const own = (container: Container): Container => {
      const resources = this.allocated.get(container.name);
      return resources === undefined || deepEqual(resources, container.resources ?? {}) ? container : { ...container, resources };
    };
    const containers = pod.spec.containers.map(own);
    const initContainers = pod.spec.initContainers?.map((container) => (isSidecar(container) ? own(container) : container));
    const same = containers.every((c, i) => c === pod.spec.containers[i]) && (initContainers ?? []).every((c, i) => c === pod.spec.initContainers?.[i]);
    return same ? pod : { ...pod, spec: { ...pod.spec, containers, ...(initContainers ? { initContainers } : {}) } };
  }

  /** Allocates what the spec asks for, where `refuses` has nothing against it. */
  resize(pod: Pod, refuses: (pod: Pod) => Refusal | undefined): void {
    const { generation } = pod.metadata;
    if (this.apply(pod) === pod) {
      this.pending = undefined;
      return;
    }
    const now = formatTime(this.context.clock.now());
    const refusal = refuses(pod);
    if (!refusal) {
      for (const container of resizable(pod)) this.allocated.set(container.name, container.resources ?? {});
      this.pending = undefined;
      this.progress = { generation, since: now };
      podEvent(this.context, pod, 'Normal', 'ResizeStarted', `Pod resize started: ${summary(pod)}`);
      return;
    }
    const before = this.pending;
    this.pending = { reason: 'Deferred', message: refusal.message, generation, since: before?.since ?? now };
    if (!before || before.generation !== generation) podEvent(this.context, pod, 'Warning', 'ResizeDeferred', `Pod resize ${refusal.reason}: ${summary(pod, refusal.message)}`);
  }

  /** A container has been started with what is allocated. */
  started(id: string, name: string): void {
    this.actual.set(id, this.allocated.get(name) ?? {});
  }

  /** Forgets containers that no longer run. */
  prune(running: ReadonlyArray<{ readonly id: string }>): void {
    for (const id of this.actual.keys()) if (!running.some((container) => container.id === id)) this.actual.delete(id);
  }

  /** What a running container has; undefined where nothing is known of it. */
  actualOf(id: string): ResourceRequirements | undefined {
    return this.actual.get(id);
  }

  /** What is to be done so that a running container has what is allocated. */
  actuation(container: Container, id: string): Actuation {
    const actual = this.actual.get(id);
    const wanted = this.allocated.get(container.name);
    if (!actual || !wanted || deepEqual(actual, wanted)) return 'none';
    const changed = (name: string): boolean => (['limits', 'requests'] as const).some((kind) => (actual[kind]?.[name] ?? '') !== (wanted[kind]?.[name] ?? ''));
    return (container.resizePolicy ?? []).some(({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && changed(resourceName)) ? 'restart' : 'update';
  }

  /** Changes a running container in place; a memory limit below what it uses is not possible. */
  update(pod: Pod, container: Container, id: string): void {
    const { runtime } = this.context;
    const wanted = this.allocated.get(container.name) ?? {};
    const limit = wholeValue(wanted.limits?.['memory']);
    const before = wholeValue(this.actual.get(id)?.limits?.['memory']);
    const used = BigInt(runtime.stats(id)?.memoryWorkingSetBytes ?? 0);
    if (limit > 0n && (before === 0n || limit < before) && used >= limit) {
      const message = `cannot decrease memory limits: attempting to set container ${JSON.stringify(container.name)} memory limit (${limit}) below current usage (${used})`;
      if (this.progress && this.progress.error === undefined) podEvent(this.context, pod, 'Warning', 'ResizeError', `Pod resize error: ${summary(pod, message)}`);
      this.progress = { generation: pod.metadata.generation, since: formatTime(this.context.clock.now()), ...this.progress, error: message };
      return;
    }
    runtime.updateContainer(id, limitsOf(wanted));
    this.actual.set(id, wanted);
  }

  /** Ends a resize once every running container has what is allocated. */
  settle(pod: Pod, running: ReadonlyArray<{ readonly id: string; readonly name: string }>): void {
    if (!this.progress) return;
    const done = running.every(({ id, name }) => !this.actual.has(id) || deepEqual(this.actual.get(id), this.allocated.get(name) ?? this.actual.get(id)));
    if (!done) return;
    podEvent(this.context, pod, 'Normal', 'ResizeCompleted', `Pod resize completed: ${summary(pod, undefined, this.progress.generation)}`);
    this.progress = undefined;
  }

  /** PodResizePending and PodResizeInProgress, while they are true. */
  conditions(): PodCondition[] {
    const { pending, progress } = this;
    const make = (type: string, since: string, generation: number | undefined, reason?: string, message?: string): PodCondition => ({
      type, status: 'True', lastTransitionTime: since, ...(generation === undefined ? {} : { observedGeneration: generation }), ...(reason ? { reason } : {}), ...(message ? { message } : {}),
    });
    return [
      ...(pending ? [make('PodResizePending', pending.since, pending.generation, pending.reason, pending.message)] : []),
      ...(progress ? [make('PodResizeInProgress', progress.since, progress.generation, progress.error === undefined ? undefined : 'Error', progress.error)] : []),
    ];
  }
}

/** Containers whose resources may change while they run. */
function resizable({ spec }: Pod): Container[] {
  return [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];
}

/** What events say of a resize: the resources of all containers. */
function summary(pod: Pod, error?: string, generation = pod.metadata.generation): string {
  const of = (containers: readonly Container[] | undefined) => containers?.map(({ name, resources = {} }) => ({ name, resources: { ...(resources.limits ? { limits: resources.limits } : {}), ...(resources.requests ? { requests: resources.requests } : {}) } }));
  const { containers, initContainers } = pod.spec;
  return JSON.stringify({ ...(initContainers?.length ? { initContainers: of(initContainers) } : {}), containers: of(containers), generation: generation ?? 0, ...(error === undefined ? {} : { error }) });
}
