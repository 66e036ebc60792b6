import type { Timer } from '../../base/clock.js';
import type { Container, Pod, PodStatus, Secret } from '../../api/types/core-v1.js';
import { isNotFound } from '../kubelet-api.js';
import { podEvent, type KubeletContext } from '../kubelet-context.js';
import { readPullSecrets } from '../images/pull-secrets.js';
import { PodProbes } from '../probes/pod-probes.js';
import { PodStages } from '../stages/pod-stages.js';
import { podStatus, type Verdict } from '../status/pod-status.js';
import type { StartFailure } from '../status/container-statuses.js';
import { StatusWriter } from '../status/status-writer.js';
import { killContainer } from '../sync/container-killer.js';
import { startContainer } from '../sync/container-starter.js';
import { killPod } from '../sync/pod-killer.js';
import { planPod, type PodActions } from '../sync/plan.js';
import { StartError } from '../sync/start-error.js';
import { RuntimeError } from '../runtime.js';
import { VolumeManager } from '../volumes/volume-manager.js';
import type { Refusal } from './admission.js';
import { PodAllocation } from './allocation.js';
import { containerSpec, isTerminalPhase } from './pod-helpers.js';
import { asksForWork, gatesChanged } from './pod-changes.js';
import { PodRuntime } from './pod-runtime.js';
import { sandboxConfig } from './sandbox-config.js';
import { timeMs } from '../../api/time.js';

/** Pause before a pod is tried again after an error that names no time of its own. */
const ERROR_PAUSE_MS = 10_000;

/** A step that takes longer than this shows how far it is. */
const PROGRESS_MS = 1000;

/** Why a pod is ended by its node. */
export interface Eviction {
  readonly reason: string;
  readonly message: string;
  /** What its condition DisruptionTarget says; the message when absent. */
  readonly disruption?: string;
  /** Overrides the pod's grace period. */
  readonly graceSeconds?: number;
}

/** How far a pod's life on this node has come; it never goes back. */
type Stage = 'running' | 'stopped' | 'gone';

/**
 * Brings one pod to what its object asks for, and says how it is. All work for a pod is done one step after the other;
 * what happens meanwhile (a newer object, a container's end, a probe's verdict) leads to one more step.
 */
export class PodWorker {
  private stage: Stage = 'running';
  private dirty = false;
  private busy: Promise<void> | undefined;
  private timer: Timer | undefined;
  private wakeAt = Number.POSITIVE_INFINITY;
  private reported = false;
  /** From then on the current step shows its progress. */
  private slowAt = 0;
  private verdict: Verdict | undefined;
  private stopping = false;
  private graceSeconds: number | undefined;
  /** The object has gone from the API. */
  private removed = false;
  /** The object as it was when it last led to work. */
  private acted: Pod | undefined;
  private abandoned = false;
  private readonly failures = new Map<string, StartFailure>();
  private readonly volumes: VolumeManager;
  private readonly writer: StatusWriter;
  readonly runtime: PodRuntime;
  readonly probes: PodProbes;
  readonly stages: PodStages;
  private readonly allocation: PodAllocation;

  constructor(
    private readonly context: KubeletContext,
    private current: Pod,
    /** The pod needs nothing of this node any more. */
    private readonly onGone: () => void,
  ) {
    this.volumes = new VolumeManager(context, () => this.pod, (type, reason, message) => podEvent(context, this.pod, type, reason, message));
    this.runtime = new PodRuntime(context.runtime, current.metadata.uid ?? '');
    this.probes = new PodProbes(context, () => this.pod, (critical) => (critical ? this.wake() : this.report()));
    this.stages = new PodStages(context, this);
    this.allocation = new PodAllocation(context, current);
    this.writer = new StatusWriter(context, current, (pod) => this.observe(pod));
  }

  /** The newest known object. */
  get pod(): Pod {
    return this.current;
  }

  /** The status as this kubelet last computed it. */
  get status(): PodStatus | undefined {
    return this.writer.status;
  }

  /** The pod with the resources that this node has allocated to it. */
  get allocatedPod(): Pod {
    return this.allocation.apply(this.current);
  }

  /** Whether a resize waits for room on the node. */
  get waitsForRoom(): boolean {
    return this.stage === 'running' && this.allocation.waiting;
  }

  /** Whether the pod takes room on the node. */
  get active(): boolean {
    return this.stage === 'running' && !isTerminalPhase(this.status?.phase);
  }

  /** A newer object from the API. */
  update(pod: Pod): void {
    const before = this.acted;
    this.acted = pod;
    this.observe(pod);
    if (before && before.metadata.annotations !== pod.metadata.annotations) this.stages.changed();
    if (pod.metadata.deletionTimestamp) {
      this.stages.hurry();
      const grace = pod.metadata.deletionGracePeriodSeconds;
      // A second deletion may shorten the time that is left, never lengthen it.
      const shorter = this.stopping && grace !== undefined && this.graceSeconds !== undefined && grace < this.graceSeconds;
      if (this.graceSeconds === undefined || shorter) this.graceSeconds = grace;
      if (shorter) for (const c of this.runtime.running()) void this.context.runtime.stopContainer(c.id, Math.max(2, grace));
    }
    // Most news of a pod are this kubelet's own reports.
    if (!before || asksForWork(before, pod)) this.wake();
    else if (gatesChanged(before, pod)) this.report();
  }

  /** The object is gone: what still runs is stopped, then everything is forgotten. */
  remove(pod: Pod): void {
    this.observe(pod);
    this.removed = true;
    this.stages.hurry();
    this.writer.close();
    this.graceSeconds = pod.metadata.deletionGracePeriodSeconds ?? this.graceSeconds;
    if (this.stopping) for (const c of this.runtime.running()) void this.context.runtime.stopContainer(c.id, Math.max(2, this.graceSeconds ?? 2));
    this.wake();
  }

  /** The node does not take the pod. */
  reject({ reason, message }: Refusal): void {
    podEvent(this.context, this.pod, 'Warning', reason, message);
    this.verdict = { phase: 'Failed', reason, message: `Pod was rejected: ${message}` };
    this.stage = 'stopped';
    const { qosClass } = this.pod.status ?? {};
    const rejected: PodStatus = { observedGeneration: this.pod.metadata.generation, phase: 'Failed', reason, message: this.verdict.message, startTime: undefined, ...(qosClass ? { qosClass } : {}) };
    this.reported = true;
    this.writer.set(rejected);
    this.wake();
  }

  /** Ends the pod with a failure, e.g. because the node is short of memory. */
  evict({ reason, message, disruption = message, graceSeconds }: Eviction): void {
    if (this.verdict || !this.active) return;
    podEvent(this.context, this.pod, 'Warning', reason, message);
    this.verdict = { phase: 'Failed', reason, message, disruption: { reason: 'TerminationByKubelet', message: disruption } };
    this.stages.hurry();
    this.graceSeconds = graceSeconds ?? this.graceSeconds;
    this.wake();
  }

  /** Does one more step of work as soon as the current one is done. */
  wake(): void {
    if (this.abandoned) return;
    this.dirty = true;
    this.busy ??= this.loop();
  }

  /** A change that only shows in the status. */
  report(): void {
    if (this.stage === 'running' && !this.stopping && !this.abandoned && this.reported) this.setStatus(false);
  }

  /** Drops everything without a word to the API: the node itself has gone. */
  async abandon(): Promise<void> {
    this.abandoned = true;
    this.stages.stop();
    this.writer.close();
    this.timer?.cancel();
    this.probes.stop();
    await this.busy;
  }

  /** Resolves when nothing is going on right now. */
  async settled(): Promise<void> {
    await this.busy;
    await this.writer.flush();
  }

  private observe(pod: Pod): void {
    if (pod.metadata.uid !== this.current.metadata.uid) return;
    if (Number(pod.metadata.resourceVersion ?? 0) < Number(this.current.metadata.resourceVersion ?? 0)) return;
    this.current = pod;
    this.writer.observe(pod);
  }

  private async loop(): Promise<void> {
    // The step must not run inside the caller's: it may be the runtime telling of a change it is making.
    await Promise.resolve();
    while (this.dirty && !this.abandoned && this.stage !== 'gone') {
      this.dirty = false;
      this.timer?.cancel();
      this.wakeAt = Number.POSITIVE_INFINITY;
      try {
        await this.step();
      } catch (error) {
        this.context.logger.error({ pod: this.pod.metadata.name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'cannot sync the pod');
        this.wakeIn(ERROR_PAUSE_MS);
      }
    }
    this.busy = undefined;
  }

  private async step(): Promise<void> {
    if (this.stage === 'stopped') return this.finish();
    // It ended before this kubelet started: nothing of it is here, its status stays as it is.
    if (isTerminalPhase(this.pod.status?.phase) && !this.runtime.sandbox) {
      this.stage = 'stopped';
      return this.finish();
    }
    if (this.pod.metadata.deletionTimestamp || this.removed || this.verdict || isTerminalPhase(this.pod.status?.phase)) return this.terminate();
    if (this.deadlinePassed()) {
      this.verdict = { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
      podEvent(this.context, this.pod, 'Normal', 'DeadlineExceeded', this.verdict.message);
      return this.terminate();
    }
    await this.sync();
  }

  private async sync(): Promise<void> {
    const { context } = this;
    this.allocation.resize(this.pod, context.fits);
    const pod = this.allocatedPod;
    await this.runtime.readTerminationMessages((name) => containerSpec(this.pod, name));
    this.probes.prune();
    this.stages.prune();
    const status = this.setStatus(false);
    if (isTerminalPhase(status.phase)) return this.terminate();
    const retry = await this.volumes.ensure(this.runtime.ip);
    if (this.interrupted()) return;
    if (retry !== undefined) return this.wakeIn(retry);
    const actions = planPod({
      pod,
      runtime: this.runtime.status(),
      probes: this.probes,
      resized: (container, found) => this.allocation.actuation(container, found.id) === 'restart',
      changed: (container, found) => this.runtime.imageOf(found.id) !== undefined && this.runtime.imageOf(found.id) !== container.image,
    });
    // What takes long (a slow pull, a hook) shows as it goes on; a fast start makes one write of it all.
    this.slowAt = context.clock.now() + PROGRESS_MS;
    const progress = context.clock.after(PROGRESS_MS, () => void (this.interrupted() || this.setStatus(false)));
    try {
      this.resizeInPlace(pod);
      await this.perform(actions, pod);
    } finally {
      progress.cancel();
    }
    if (this.stage !== 'running' || this.interrupted()) return;
    this.allocation.settle(pod, this.runtime.running());
    const after = this.setStatus(false);
    if (isTerminalPhase(after.phase)) this.dirty = true;
    const deadline = this.deadline();
    if (deadline !== undefined) this.wakeIn(deadline - context.clock.now());
  }

  /** Gives running containers what is allocated, where they need no restart for it. */
  private resizeInPlace(pod: Pod): void {
    const running = this.runtime.running();
    this.allocation.prune(running);
    for (const { id, name } of running) {
      const container = containerSpec(pod, name);
      if (container && this.allocation.actuation(container, id) === 'update') this.allocation.update(pod, container, id);
    }
  }

  private async perform(actions: PodActions, pod: Pod): Promise<void> {
    const { context } = this;
    if (actions.killPod && !actions.createSandbox) return;
    for (const { container, id, message, reason } of actions.kill) {
      await killContainer(context, { pod, container, id, message, reason, podIp: this.runtime.ip, stages: this.stages });
      this.probes.forget(id);
    }
    if (actions.createSandbox && !(await this.createSandbox())) return;
    if (actions.startEphemeral.length + actions.startInit.length + actions.start.length === 0) return;
    const pullSecrets = await readPullSecrets(context, pod);
    for (const container of actions.startEphemeral) await this.start(container, pullSecrets);
    for (const container of actions.startInit) {
      if (this.interrupted()) return;
      const started = await this.start(container, pullSecrets);
      if (!started && container.restartPolicy !== 'Always') return;
    }
    for (const container of actions.start) {
      if (this.interrupted()) return;
      await this.start(container, pullSecrets);
    }
  }

  private async createSandbox(): Promise<boolean> {
    const { context, pod } = this;
    if (this.runtime.sandbox) {
      podEvent(context, pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
      await killPod(context, pod, this.runtime.status(), this.stages);
    }
    try {
      await this.runtime.createSandbox(sandboxConfig(context, pod));
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      podEvent(context, pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error.message}`);
      this.wakeIn(ERROR_PAUSE_MS);
      return false;
    }
    return true;
  }

  /** Starts a container; a failure is noted for its status and tried again later. */
  private async start(container: Container, pullSecrets: readonly Secret[]): Promise<boolean> {
    const { context } = this;
    const pod = this.allocatedPod;
    const ephemeral = pod.spec.ephemeralContainers?.find((c) => c.name === container.name);
    try {
      await startContainer(context, {
        pod,
        container,
        sandbox: this.runtime.sandbox?.id ?? '',
        podIp: this.runtime.ip,
        runtime: this.runtime.status(),
        status: this.status,
        pullSecrets,
        targetContainer: ephemeral?.targetContainerName,
        stages: this.stages,
        onCreated: (id) => this.runtime.add(id, container.image ?? ''),
        onStarted: (id) => {
          this.failures.delete(container.name);
          this.allocation.started(id, container.name);
          this.probes.add(container, id);
          this.stages.started(container, id);
          if (context.clock.now() >= this.slowAt) this.setStatus(false);
        },
      });
      this.failures.delete(container.name);
      return true;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.failures.set(container.name, { reason: error.reason, message: error.message });
      this.wakeIn(error.retryAt === undefined ? ERROR_PAUSE_MS : error.retryAt - context.clock.now());
      return false;
    }
  }

  private async terminate(): Promise<void> {
    const { context } = this;
    this.stopping = true;
    // Whoever has put the pod into a terminal phase by hand has the last word on its status.
    const endedByOthers = isTerminalPhase(this.pod.status?.phase) && !isTerminalPhase(this.writer.status?.phase);
    if (endedByOthers) this.writer.adopt();
    else if (!this.removed) this.setStatus(false);
    this.probes.stopLivenessAndStartup();
    const runtime = this.runtime.status();
    await killPod(context, this.pod, runtime, this.stages, this.graceSeconds);
    this.probes.stop();
    this.stages.stop();
    await this.runtime.readTerminationMessages((name) => containerSpec(this.pod, name));
    if (!endedByOthers) this.setStatus(true);
    this.stage = 'stopped';
    await this.volumes.release();
    await this.finish();
  }

  /** The containers are stopped: once the object is to go, or has gone, so does the rest. */
  private async finish(): Promise<void> {
    const { context, pod } = this;
    if (!this.removed) {
      await this.writer.flush();
      if (!this.pod.metadata.deletionTimestamp) return;
      try {
        await context.api.pods.delete({ name: pod.metadata.name, namespace: pod.metadata.namespace }, { gracePeriodSeconds: 0, uid: pod.metadata.uid });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      // A finalizer may keep the object; the containers' logs stay until it goes.
      if (!this.removed) return;
    }
    this.stage = 'gone';
    this.timer?.cancel();
    this.writer.close();
    await this.runtime.remove();
    context.crashBackOff.forget(`${pod.metadata.uid}_`);
    context.images.forget(pod.metadata.uid ?? '');
    this.onGone();
  }

  private setStatus(terminal: boolean): PodStatus {
    const { context } = this;
    const status = podStatus({
      pod: this.allocatedPod,
      actualResources: (id) => this.allocation.actualOf(id),
      resizeConditions: this.allocation.conditions(),
      runtime: this.runtime.status(),
      runtimeName: context.runtime.name,
      failures: this.failures,
      probes: { started: (c, found) => this.probes.started(c, found), ready: (c, found) => this.stages.ready(found.id) ?? this.probes.ready(c, found) },
      terminationMessages: this.runtime.messages,
      stopping: terminal || this.stopping,
      old: this.writer.status,
      hostIp: context.nodeIp,
      now: context.clock.now(),
      terminal,
      // A verdict shows once the containers have stopped.
      verdict: terminal ? this.verdict : undefined,
      qosClass: 'BestEffort',
    });
    this.reported = true;
    this.writer.set(status);
    if (this.probes.waiting) void this.writer.flush().then(() => this.probes.begin());
    return status;
  }

  /** Whether the rest of a step has become pointless. */
  private interrupted(): boolean {
    return this.abandoned || this.removed || this.verdict !== undefined || this.pod.metadata.deletionTimestamp !== undefined;
  }

  private deadline(): number | undefined {
    const { activeDeadlineSeconds } = this.pod.spec;
    const start = timeMs(this.status?.startTime);
    return activeDeadlineSeconds === undefined || start === undefined ? undefined : start + activeDeadlineSeconds * 1000;
  }

  private deadlinePassed(): boolean {
    const deadline = this.deadline();
    return deadline !== undefined && this.context.clock.now() >= deadline;
  }

  private wakeIn(ms: number): void {
    const at = this.context.clock.now() + Math.max(0, ms);
    if (at >= this.wakeAt) return;
    this.timer?.cancel();
    this.wakeAt = at;
    this.timer = this.context.clock.after(Math.max(0, ms), () => this.wake());
  }
}
