import type { Pod } from '../api/types/core-v1.js';
import type { Clock, Timer } from '../base/clock.js';

interface Waiting {
  pod: Pod;
  attempts: number;
  /** When the pod joined the queue: pods of equal priority go in that order. */
  readonly order: number;
}

const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 10_000;
/** Pods that could not be placed are tried again after this long even when nothing has happened. */
const FLUSH_MS = 300_000;

/**
 * Pods that wait for a node (kube-scheduler's PriorityQueue): active ones by priority, failed ones until something
 * changes that could help, and then not before their back-off is over.
 */
export class SchedulingQueue {
  private readonly active = new Map<string, Waiting>();
  private readonly failed = new Map<string, Waiting & { readonly until: number; readonly at: number }>();
  private readonly timers = new Map<string, Timer>();
  private order = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onActive: () => void,
  ) {}

  get size(): number {
    return this.active.size + this.failed.size;
  }

  add(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.active.get(uid);
    if (known) {
      known.pod = pod;
      return;
    }
    const failed = this.failed.get(uid);
    this.drop(uid);
    this.active.set(uid, { pod, attempts: failed?.attempts ?? 0, order: failed?.order ?? this.order++ });
    this.onActive();
  }

  /** The new state of a pod that waits; what failed stays out unless its spec has changed (`retry`). */
  update(pod: Pod, retry: boolean): void {
    const failed = this.failed.get(pod.metadata.uid ?? '');
    if (!failed || retry) return this.add(pod);
    failed.pod = pod;
  }

  delete(pod: Pod): void {
    this.drop(pod.metadata.uid ?? '');
  }

  /** The most important pod that is ready to be tried, taken out of the queue. */
  next(): { pod: Pod; attempts: number; order: number } | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.active.values()) if (!first || before(waiting, first)) first = waiting;
    if (first) this.active.delete(first.pod.metadata.uid ?? '');
    return first;
  }

  /** Puts a pod that found no node aside. */
  fail(pod: Pod, attempts: number, order: number): void {
    const uid = pod.metadata.uid ?? '';
    const backoff = Math.min(INITIAL_BACKOFF_MS * 2 ** attempts, MAX_BACKOFF_MS);
    const now = this.clock.now();
    this.failed.set(uid, { pod, attempts: attempts + 1, order, until: now + backoff, at: now });
    this.timers.get(uid)?.cancel();
    this.timers.set(uid, this.clock.after(FLUSH_MS, () => this.retry(uid)));
  }

  /** Something has changed that may help: failed pods are tried again, each after its back-off. */
  moveAll(): void {
    const now = this.clock.now();
    for (const [uid, { until }] of this.failed) {
      if (until <= now) this.retry(uid);
      else {
        this.timers.get(uid)?.cancel();
        this.timers.set(uid, this.clock.after(until - now, () => this.retry(uid)));
      }
    }
  }

  clear(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
    this.active.clear();
    this.failed.clear();
  }

  private retry(uid: string): void {
    const failed = this.failed.get(uid);
    if (!failed) return;
    this.drop(uid);
    this.active.set(uid, failed);
    this.onActive();
  }

  private drop(uid: string): void {
    this.active.delete(uid);
    this.failed.delete(uid);
    this.timers.get(uid)?.cancel();
    this.timers.delete(uid);
  }
}

function before(a: Waiting, b: Waiting): boolean {
  const [left, right] = [a.pod.spec.priority ?? 0, b.pod.spec.priority ?? 0];
  return left === right ? a.order < b.order : left > right;
}
