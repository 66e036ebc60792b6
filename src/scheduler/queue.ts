import type { Pod } from '../api/types/core-v1.js';
import type { Clock, Timer } from '../base/clock.js';
import { priorityOf } from './framework.js';
import { Heap } from './heap.js';

export interface Waiting {
  pod: Pod;
  attempts: number;
  /** When the pod joined the queue: pods of equal priority go in that order. */
  readonly order: number;
}

interface Failed extends Waiting {
  readonly plugins: ReadonlySet<string>;
  /** Not to be tried before, whatever happens. */
  readonly notBefore: number;
}

const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 10_000;
/** Pods that could not be placed are tried again after this long even when nothing has happened. */
const FLUSH_MS = 300_000;

/**
 * Pods that wait for a node (kube-scheduler's PriorityQueue): active ones by priority, failed ones until something
 * changes that could help them. Like kube-scheduler since 1.33 it does not sit idle while a pod whose time has come waits
 * out a back-off; only pods that failed by an error wait for theirs.
 */
export class SchedulingQueue {
  private readonly active = new Heap<Waiting>(before);
  private readonly activeByUid = new Map<string, Waiting>();
  private readonly failed = new Map<string, Failed>();
  private readonly timers = new Map<string, Timer>();
  private order = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onActive: () => void,
  ) {}

  get size(): number {
    return this.activeByUid.size + this.failed.size;
  }

  add(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.activeByUid.get(uid);
    if (known) {
      known.pod = pod;
      return;
    }
    const failed = this.failed.get(uid);
    this.activate(uid, { pod, attempts: failed?.attempts ?? 0, order: failed?.order ?? this.order++ });
  }

  /** The new state of a pod that waits; one that failed stays out unless what has changed of it helps. */
  update(pod: Pod, helps: (plugin: string, pod: Pod) => boolean): void {
    const failed = this.failed.get(pod.metadata.uid ?? '');
    if (!failed) return this.add(pod);
    failed.pod = pod;
    if (failed.notBefore <= this.clock.now() && [...failed.plugins].some((plugin) => helps(plugin, pod))) this.add(pod);
  }

  delete(pod: Pod): void {
    this.drop(pod.metadata.uid ?? '');
  }

  /** The most important pod that is ready to be tried, taken out of the queue. */
  next(): Waiting | undefined {
    for (let first = this.active.pop(); first; first = this.active.pop()) {
      const uid = first.pod.metadata.uid ?? '';
      if (this.activeByUid.get(uid) !== first) continue;
      this.activeByUid.delete(uid);
      return first;
    }
    return undefined;
  }

  /** Puts a pod aside that these plugins found no node for. */
  fail({ pod, attempts, order }: Waiting, plugins: ReadonlySet<string>): void {
    this.putAside({ pod, attempts: attempts + 1, order, plugins, notBefore: 0 }, FLUSH_MS);
  }

  /** Puts a pod aside after an error, to be tried again after a wait that doubles each time. */
  failByError({ pod, attempts, order }: Waiting): void {
    const backoff = Math.min(INITIAL_BACKOFF_MS * 2 ** attempts, MAX_BACKOFF_MS);
    this.putAside({ pod, attempts: attempts + 1, order, plugins: new Set(), notBefore: this.clock.now() + backoff }, backoff);
  }

  /** Something has changed: pods that failed by plugins for which `helps` holds are tried again. */
  move(helps: (plugin: string, pod: Pod) => boolean): void {
    const now = this.clock.now();
    for (const [uid, failed] of this.failed) {
      if (failed.notBefore > now) continue;
      // No plugin is to blame where there was no node to look at: then anything may help.
      const helped = failed.plugins.size === 0 || [...failed.plugins].some((plugin) => helps(plugin, failed.pod));
      if (!helped) continue;
      this.activate(uid, failed);
    }
  }

  clear(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
    this.active.clear();
    this.activeByUid.clear();
    this.failed.clear();
  }

  private putAside(failed: Failed, retryMs: number): void {
    const uid = failed.pod.metadata.uid ?? '';
    this.drop(uid);
    this.failed.set(uid, failed);
    this.timers.set(uid, this.clock.after(retryMs, () => this.activate(uid, failed)));
  }

  private activate(uid: string, { pod, attempts, order }: Waiting): void {
    this.drop(uid);
    const waiting = { pod, attempts, order };
    this.activeByUid.set(uid, waiting);
    this.active.push(waiting);
    this.onActive();
  }

  private drop(uid: string): void {
    this.activeByUid.delete(uid);
    this.failed.delete(uid);
    this.timers.get(uid)?.cancel();
    this.timers.delete(uid);
  }
}

function before(a: Waiting, b: Waiting): boolean {
  const [left, right] = [priorityOf(a.pod), priorityOf(b.pod)];
  return left === right ? a.order < b.order : left > right;
}
