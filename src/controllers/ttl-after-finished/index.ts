import { ApiError } from '../../api/errors.js';
import { timeMs } from '../../api/time.js';
import type { Job } from '../../api/types/batch-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { trueCondition } from '../job/conditions.js';
import { JOBS } from '../shared/resources.js';

/** Milliseconds at which a finished Job's time to live is over; undefined while it has none (KEP-592). Pure. */
export function expiryMs(job: Job): number | undefined {
  const ttl = job.spec.ttlSecondsAfterFinished;
  const finished = timeMs((trueCondition(job, 'Complete') ?? trueCondition(job, 'Failed'))?.lastTransitionTime);
  return ttl === undefined || finished === undefined || job.metadata.deletionTimestamp ? undefined : finished + ttl * 1000;
}

/** Deletes Jobs with their pods some time after they have finished. */
export function ttlAfterFinishedController(): Controller {
  let context: ControllerContext;
  const wake = (job: Job): void => {
    if (expiryMs(job) !== undefined) context.enqueue(keyOf(job));
  };
  return {
    name: 'ttl-after-finished-controller',
    setUp(given) {
      context = given;
      context.informers.for<Job>(JOBS).addHandler({ onAdd: wake, onUpdate: wake });
    },
    async reconcile(key): Promise<ReconcileResult | void> {
      const { namespace, name } = splitKey(key);
      const job = context.informers.for<Job>(JOBS).get(name, namespace);
      const at = job && expiryMs(job);
      if (at === undefined) return undefined;
      const left = at - context.clock.now();
      if (left > 0) return { requeueAfterMs: left };
      try {
        // Not by the cache alone: somebody may have given it more time.
        const jobs = context.client.resource<Job>(JOBS);
        const fresh = await jobs.get(name, namespace);
        const freshAt = expiryMs(fresh);
        if (freshAt === undefined || freshAt > context.clock.now()) return undefined;
        await jobs.delete({ name, namespace }, { propagationPolicy: 'Foreground', uid: fresh.metadata.uid });
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
      return undefined;
    },
  };
}
