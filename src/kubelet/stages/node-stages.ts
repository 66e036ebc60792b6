import type { Clock, Timer } from '../../base/clock.js';
import type { Logger } from '../../base/logger.js';
import type { Kubelet } from '../kubelet.js';
import type { NodeStage } from './stage.js';
import type { StageBook } from './stage-book.js';

/** Lets stages step into the lives of nodes, from when each is set (or the cluster started) on. */
export class NodeStages {
  private readonly armed = new Map<NodeStage, Set<Timer>>();
  /** Nodes that a stage holds in its grip now. */
  private readonly gripped = new Map<NodeStage, Set<Kubelet>>();
  private unsubscribe: () => void = () => {};

  constructor(
    private readonly book: StageBook,
    private readonly nodes: () => Iterable<Kubelet>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.unsubscribe = this.book.onChange(() => this.changed());
    this.changed();
  }

  stop(): void {
    this.unsubscribe();
    for (const stage of this.armed.keys()) this.disarm(stage);
  }

  private changed(): void {
    const now = new Set(this.book.nodeStages);
    for (const stage of this.armed.keys()) {
      if (now.has(stage)) continue;
      this.disarm(stage);
      for (const kubelet of this.gripped.get(stage) ?? []) this.grip(stage, kubelet, false);
    }
    for (const stage of now) {
      if (this.armed.has(stage)) continue;
      const timers = new Set<Timer>();
      this.armed.set(stage, timers);
      for (const kubelet of this.nodes()) if (stage.matches({ name: kubelet.name, labels: kubelet.labels })) this.arm(stage, kubelet, timers);
    }
  }

  private arm(stage: NodeStage, kubelet: Kubelet, timers: Set<Timer>): void {
    const after = (ms: number, work: () => void): void => {
      const timer = this.clock.after(ms, () => {
        timers.delete(timer);
        work();
      });
      timers.add(timer);
    };
    after(this.book.delayOf(stage), () => {
      this.grip(stage, kubelet, true);
      if (stage.forMs !== undefined) after(stage.forMs, () => this.grip(stage, kubelet, false));
    });
  }

  private disarm(stage: NodeStage): void {
    for (const timer of this.armed.get(stage) ?? []) timer.cancel();
    this.armed.delete(stage);
  }

  private grip(stage: NodeStage, kubelet: Kubelet, on: boolean): void {
    const held = this.gripped.get(stage) ?? new Set();
    if (on) held.add(kubelet);
    else held.delete(kubelet);
    if (held.size > 0) this.gripped.set(stage, held);
    else this.gripped.delete(stage);
    happen(stage, kubelet, on).catch((error: unknown) => this.logger.warn({ error: String(error) }, 'a stage of a node failed'));
  }
}

/** Does what a stage says, or undoes it. */
async function happen({ deed }: NodeStage, kubelet: Kubelet, on: boolean): Promise<void> {
  if (deed.network) await (on ? kubelet.partition() : kubelet.heal());
  if (deed.kubelet) await (on ? kubelet.stop() : kubelet.start());
  if (deed.pressure) await kubelet.setPressure({ [deed.pressure]: on });
}
