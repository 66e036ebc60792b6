import type { Timer } from '../../base/clock.js';
import { deepEqual } from '../../base/freeze.js';
import type { Pod, PodCondition, PodStatus } from '../../api/types/core-v1.js';
import { isConflict, isNotFound } from '../kubelet-api.js';
import { pause, type KubeletContext } from '../kubelet-context.js';
import { mergeStatus } from './pod-status.js';

/** How often one status is tried against concurrent changes before the write is put off. */
const MAX_CONFLICTS = 10;
/** Pause after a failure of the API server. */
const RETRY_MS = 1000;
/** After this time a status that somebody else has changed is set right again. */
const RECONCILE_MS = 10_000;

/**
 * Writes one pod's status: one request at a time, and what is set meanwhile replaces what waits, so that a burst of
 * changes costs few writes. The pod it is based on is the newest known.
 */
export class StatusWriter {
  private wanted: PodStatus | undefined;
  /** As the API has it by our last write: what others change since is found by comparing. */
  private written: PodStatus | undefined;
  private reconcile: Timer | undefined;
  private writing: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly context: KubeletContext,
    private pod: Pod,
    /** The API server has answered with a newer pod. */
    private readonly onWritten: (pod: Pod) => void,
  ) {}

  /** The status last set; before that the one of the API. */
  get status(): PodStatus | undefined {
    return this.wanted ?? this.written ?? this.pod.status;
  }

  /** A newer pod has been seen. */
  observe(pod: Pod): void {
    this.pod = pod;
    const { written } = this;
    if (!written || this.closed || this.writing || this.reconcile) return;
    if (sameStatus(mergeStatus(pod, written), pod.status)) return;
    this.reconcile = this.context.clock.after(RECONCILE_MS, () => {
      this.reconcile = undefined;
      if (!this.closed && this.written) this.write(this.written).catch((error: unknown) => this.context.logger.warn({ error: String(error) }, 'cannot set the pod status right'));
    });
  }

  set(status: PodStatus): void {
    if (this.closed) return;
    if (!this.wanted && !this.writing && this.written && sameStatus(mergeStatus({ ...this.pod, status: this.written }, status), this.written)) return;
    this.wanted = status;
    this.writing ??= this.drain();
  }

  /** Takes what the API says for what shall be said: somebody else has ended the pod. */
  adopt(): void {
    this.reconcile?.cancel();
    this.reconcile = undefined;
    this.wanted = undefined;
    this.written = this.pod.status;
  }

  /** Resolves when all that was set is written, or has become pointless. */
  async flush(): Promise<void> {
    await this.writing;
  }

  /** Nothing more is written: the pod has gone, or its node. */
  close(): void {
    this.closed = true;
    this.reconcile?.cancel();
  }

  private async drain(): Promise<void> {
    // Let the sync that set the status go on first: it often sets the next one at once.
    await Promise.resolve();
    while (this.wanted && !this.closed) {
      const status = this.wanted;
      try {
        await this.write(status);
        if (this.wanted === status) this.wanted = undefined;
      } catch (error) {
        if (isNotFound(error)) break;
        this.context.logger.warn({ pod: this.pod.metadata.name, error: String(error) }, 'cannot write the pod status');
        await pause(this.context, RETRY_MS);
      }
    }
    this.writing = undefined;
  }

  private async write(status: PodStatus): Promise<void> {
    const { pods } = this.context.api;
    for (let i = 0; i < MAX_CONFLICTS; i++) {
      const { pod } = this;
      const merged = mergeStatus(pod, status);
      if (sameStatus(merged, pod.status)) {
        this.written = pod.status;
        return;
      }
      try {
        const answer = await pods.updateSubresource({ ...pod, status: merged }, 'status');
        this.written = answer.status;
        this.accept(answer);
        return;
      } catch (error) {
        if (!isConflict(error) || this.closed) throw error;
        const fresh = await pods.get(pod.metadata.name, pod.metadata.namespace);
        if (fresh.metadata.uid !== pod.metadata.uid) return this.close();
        this.accept(fresh);
      }
    }
    throw new Error('the pod keeps changing');
  }

  private accept(pod: Pod): void {
    if (pod.metadata.uid !== this.pod.metadata.uid) return;
    this.pod = pod;
    this.onWritten(pod);
  }
}

/** Whether writing `ours` would change what the API has: it gives the times of conditions that nobody sets as null. */
function sameStatus(ours: PodStatus, theirs: PodStatus | undefined): boolean {
  const bare = ({ lastProbeTime, ...rest }: PodCondition): PodCondition => (lastProbeTime ? { lastProbeTime, ...rest } : rest);
  const normal = (status: PodStatus): PodStatus => ({ ...status, conditions: (status.conditions ?? []).map(bare) });
  return theirs !== undefined && deepEqual(normal(ours), normal(theirs));
}
