import type { Container, Pod } from '../../api/types/core-v1.js';
import type { Timer } from '../../base/clock.js';
import { pause, podEvent, type KubeletContext } from '../kubelet-context.js';
import { containerSpec } from '../pods/pod-helpers.js';
import type { ContainerEnd } from '../runtime.js';
import { annotatedStages, sameStages } from './annotations.js';
import type { Moment, PodStage } from './stage.js';

const OUT_OF_MEMORY: ContainerEnd = { exitCode: 137, reason: 'OOMKilled' };

/** What the worker of a pod does for its stages. */
export interface StageActor {
  readonly pod: Pod;
  /** Something that shows in the status has changed. */
  report(): void;
  evict(why: { readonly reason: string; readonly message: string }): void;
}

interface Running {
  readonly container: string;
  readonly startedAt: number;
  /** Stages that have been set going for this run of the container, with what cancels them. */
  readonly armed: Map<PodStage, Timer | undefined>;
  ready: boolean | undefined;
  readonly usage: Map<string, { readonly cpuCores: number | undefined; readonly memoryBytes: number | undefined }>;
}

/** Made once: every pod's end aborts, and a reason of its own would cost a stack trace each. */
const ENDING = new Error('the pod is to end');

/** Lets stages step into the life of one pod. Free of cost where no stage matches. */
export class PodStages {
  private readonly running = new Map<string, Running>();
  /** How often a stage has happened to a container, by both names. */
  private readonly counts = new Map<string, number>();
  private readonly waits = new AbortController();
  private annotated: readonly PodStage[] = [];
  private seen: Pod | undefined;

  constructor(
    private readonly context: KubeletContext,
    private readonly actor: StageActor,
  ) {}

  /** Waits out the delays of a moment. Resolves with why the pull or the start fails, undefined when it does not. */
  async before(on: Moment, container: Container): Promise<string | undefined> {
    for (const stage of this.matching(on, container.name)) {
      this.count(stage, container.name);
      const delay = this.context.stages.delayOf(stage);
      // A pod that ends does not wait for its start any more; its stop takes its time.
      if (delay > 0) await pause(on === 'stop' ? this.context : { clock: this.context.clock, signal: AbortSignal.any([this.context.signal, this.waits.signal]) }, delay);
      if (stage.deed?.fail !== undefined) return stage.deed.fail;
    }
    return undefined;
  }

  /** Ends what is waited for before a pull or a start: the pod is to end. */
  hurry(): void {
    this.waits.abort(ENDING);
  }

  /** A container has started. */
  started(container: Container, id: string): void {
    const run: Running = { container: container.name, startedAt: this.context.clock.now(), armed: new Map(), ready: undefined, usage: new Map() };
    this.running.set(id, run);
    this.arm(id, run);
  }

  /** Stages or the pod's annotations may have changed. */
  changed(): void {
    for (const [id, run] of this.running) {
      const now = new Set(this.matching('running', run.container, run.armed));
      for (const [stage, timer] of run.armed) {
        if (now.has(stage)) continue;
        timer?.cancel();
        run.armed.delete(stage);
        this.undo(id, run, stage);
      }
      this.arm(id, run);
    }
  }

  /** What a stage says of a container's readiness; undefined where none does. */
  ready(id: string): boolean | undefined {
    return this.running.get(id)?.ready;
  }

  /** What stages say that a container uses. */
  usage(id: string): { readonly cpuCores?: number; readonly memoryBytes?: number } {
    const said: { cpuCores?: number; memoryBytes?: number } = {};
    for (const { cpuCores, memoryBytes } of this.running.get(id)?.usage.values() ?? []) {
      if (cpuCores !== undefined) said.cpuCores = cpuCores;
      if (memoryBytes !== undefined) said.memoryBytes = memoryBytes;
    }
    return said;
  }

  /** Forgets containers that no longer run. */
  prune(): void {
    for (const id of this.running.keys()) if (this.context.runtime.containerStatus(id)?.state !== 'running') this.forget(id);
  }

  stop(): void {
    this.hurry();
    for (const id of this.running.keys()) this.forget(id);
  }

  private forget(id: string): void {
    for (const timer of this.running.get(id)?.armed.values() ?? []) timer?.cancel();
    this.running.delete(id);
  }

  private matching(on: Moment, name: string, armed?: ReadonlyMap<PodStage, unknown>): PodStage[] {
    const { pod } = this.actor;
    this.readAnnotations(pod);
    const all = [...this.context.stages.podStages, ...this.annotated];
    if (all.length === 0) return all;
    const container = containerSpec(pod, name) ?? { name };
    return all.filter((stage) => stage.on === on && (armed?.has(stage) || (this.counts.get(countKey(stage, name)) ?? 0) < stage.times) && stage.matches(pod, container));
  }

  private readAnnotations(pod: Pod): void {
    const { seen } = this;
    if (seen === pod) return;
    this.seen = pod;
    if (seen && sameStages(seen, pod)) return;
    const known = new Map(this.annotated.map((stage) => [stage.name, stage]));
    this.annotated = annotatedStages(pod, (problem) => podEvent(this.context, pod, 'Warning', 'InvalidStage', problem)).map((stage) => known.get(stage.name) ?? stage);
  }

  private arm(id: string, run: Running): void {
    const { clock, stages } = this.context;
    for (const stage of this.matching('running', run.container)) {
      if (run.armed.has(stage)) continue;
      // Counted from the start of the container, or from now when that is over already.
      const wait = run.startedAt + stages.delayOf(stage) - clock.now();
      const delay = wait >= 0 || run.startedAt === clock.now() ? Math.max(0, wait) : stages.delayOf(stage);
      if (delay > 0) run.armed.set(stage, clock.after(delay, () => this.happen(id, run, stage)));
      else {
        run.armed.set(stage, undefined);
        this.happen(id, run, stage);
      }
    }
  }

  private happen(id: string, run: Running, stage: PodStage): void {
    const { clock, runtime } = this.context;
    const { deed } = stage;
    this.count(stage, run.container);
    if (!deed) return;
    if (deed.ready !== undefined) run.ready = deed.ready;
    if (deed.usage) run.usage.set(stage.name, deed.usage);
    const limit = runtime.stats(id)?.memoryLimitBytes;
    const tooMuch = limit !== undefined && (deed.usage?.memoryBytes ?? 0) > limit;
    if (stage.forMs !== undefined) run.armed.set(stage, clock.after(stage.forMs, () => this.undo(id, run, stage)));
    if (deed.evict !== undefined) this.actor.evict({ reason: 'Evicted', message: deed.evict });
    else if (deed.oomKill || tooMuch) runtime.endContainer(id, OUT_OF_MEMORY);
    else if (deed.exit !== undefined) runtime.endContainer(id, { exitCode: deed.exit });
    else this.actor.report();
  }

  private undo(id: string, run: Running, stage: PodStage): void {
    if (this.running.get(id) !== run || !stage.deed) return;
    run.usage.delete(stage.name);
    if (stage.deed.ready === undefined) return;
    run.ready = undefined;
    this.actor.report();
  }

  private count(stage: PodStage, container: string): void {
    if (stage.times === Number.POSITIVE_INFINITY) return;
    const key = countKey(stage, container);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}

function countKey(stage: PodStage, container: string): string {
  return `${stage.name}\n${container}`;
}
