import { ApiError } from '../../api/errors.js';
import type { Job } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { ControllerContext } from '../../client/controller.js';
import type { Expectations } from '../../client/expectations.js';
import { isNamespaceTerminating, type PodControl } from '../shared/pod-control.js';
import { isPodReady } from '../shared/pods.js';
import { PODS } from '../shared/resources.js';
import { slowStart } from '../shared/slow-start.js';
import type { NewPod } from './index-progress.js';
import { isTracked, podOf, TRACKING_FINALIZER } from './pods.js';

/** What became of pods that were to be deleted. A pod that was gone before counts as deleted. */
export interface Deletion {
  readonly deleted: number;
  readonly ready: number;
  readonly error?: unknown;
}

/** Creates, deletes and releases the pods of one Job, and keeps its expectations. */
export class PodKeeper {
  constructor(
    private readonly client: ControllerContext['client'],
    private readonly control: PodControl,
    private readonly expectations: Expectations,
    /** Pods whose finalizer is gone although the cache still shows it. */
    private readonly released: Set<string>,
    private readonly key: string,
  ) {}

  /** Resolves with how many there are now, and the first thing that went wrong. */
  async create(job: Job, pods: readonly NewPod[]): Promise<{ created: number; error?: unknown }> {
    if (pods.length === 0) return { created: 0 };
    this.expectations.expectCreations(this.key, pods.length);
    const { succeeded, error } = await slowStart(pods.length, async (i) => {
      const { index, failures } = pods[i] as NewPod;
      try {
        await this.control.create(job, podOf(job, index, failures));
      } catch (failure) {
        if (!isNamespaceTerminating(failure)) throw failure;
      }
    });
    for (let skipped = pods.length - succeeded; skipped > 0; skipped--) this.expectations.creationObserved(this.key);
    return { created: succeeded, error };
  }

  /** Deletes pods that are not to be counted. */
  async remove(job: Job, pods: readonly Pod[]): Promise<Deletion> {
    if (pods.length === 0) return { deleted: 0, ready: 0 };
    this.expectations.expectDeletions(this.key, pods.map(({ metadata }) => metadata.uid as string));
    // A pod that goes with its finalizer would be counted as failed.
    const releases = await Promise.allSettled(pods.map(async (pod) => isTracked(pod) && this.release(pod)));
    const released = pods.filter((_, i) => releases[i]?.status === 'fulfilled');
    const { gone, ...deletion } = await this.deletePods(job, released);
    for (const { metadata } of [...gone, ...pods.filter((pod) => !released.includes(pod))]) this.expectations.deletionObserved(this.key, metadata.uid as string);
    return { ...deletion, error: deletion.error ?? failureOf(releases) };
  }

  /** Deletes pods of a Job that is through; their finalizer keeps them until they are counted. */
  async end(job: Job, pods: readonly Pod[]): Promise<Deletion> {
    return this.deletePods(job, pods);
  }

  private async deletePods(job: Job, pods: readonly Pod[]): Promise<Deletion & { gone: Pod[] }> {
    // Those of which no deletion will be observed.
    const gone: Pod[] = [];
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        try {
          if (!(await this.control.delete(job, pod))) gone.push(pod);
        } catch (error) {
          gone.push(pod);
          throw error;
        }
      }),
    );
    const deleted = results.filter(({ status }) => status === 'fulfilled').length;
    return { deleted, ready: pods.filter(isPodReady).length, gone, error: failureOf(results) };
  }

  /** Takes the finalizer off; a pod that has gone already has none. Rejects with what the server says otherwise. */
  async release(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    this.released.add(uid as string);
    try {
      await releaseFinalizer(this.client, pod);
    } catch (error) {
      this.released.delete(uid as string);
      throw error;
    }
  }
}

/** Takes the tracking finalizer off a pod, if the pod is still there. */
export async function releaseFinalizer(client: ControllerContext['client'], { metadata: { name, namespace, uid } }: Pod): Promise<void> {
  const body = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } };
  try {
    await client.resource<Pod>(PODS).patch({ name, namespace }, { type: 'strategic', body });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
}

function failureOf(results: ReadonlyArray<PromiseSettledResult<unknown>>): unknown {
  return results.find((result) => result.status === 'rejected')?.reason;
}
