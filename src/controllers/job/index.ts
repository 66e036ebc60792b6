import { ApiError } from '../../api/errors.js';
import { labelMatcherOf } from '../../api/label-selector.js';
import type { Job } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { Expectations } from '../../client/expectations.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { claim } from '../shared/claim.js';
import { CONTROLLER_INDEX, controllerIndex, controllerOf, orphansOf } from '../shared/controller-ref.js';
import { PodControl } from '../shared/pod-control.js';
import { podOwnerEvents } from '../shared/pod-owner-events.js';
import { JOBS, PODS } from '../shared/resources.js';
import { NO_FAILURES, type FailureRecord } from './backoff.js';
import { isFinished } from './conditions.js';
import { PodKeeper, releaseFinalizer } from './pod-keeper.js';
import { isTracked, TRACKING_FINALIZER } from './pods.js';
import { JobSync } from './sync.js';

const ORPHAN = 'orphan ';
/** Pods of a Job often change together: one look for many changes. */
const BATCH_MS = 20;
const OWN_MANAGER = 'kubernetes.io/job-controller';

/** Runs pods to completion (https://kubernetes.io/docs/concepts/workloads/controllers/job/). */
export function jobController(): Controller {
  return new JobController();
}

class JobController implements Controller {
  readonly name = 'job-controller';
  private context!: ControllerContext;
  private expectations!: Expectations;
  private control!: PodControl;
  private jobs!: Informer<Job>;
  private pods!: Informer<Pod>;
  private readonly backoffs = new Map<string, FailureRecord>();
  private readonly released = new Set<string>();

  setUp(context: ControllerContext): void {
    this.context = context;
    this.expectations = new Expectations(context.clock);
    this.control = new PodControl(context);
    this.jobs = context.informers.for<Job>(JOBS);
    this.pods = context.informers.for<Pod>(PODS);
    this.pods.addIndex(CONTROLLER_INDEX, controllerIndex);
    this.jobs.addHandler({
      onAdd: (job) => context.enqueue(keyOf(job)),
      onUpdate: (job) => {
        context.enqueue(keyOf(job));
        // A pod that came too late to be counted is held by nobody else's finalizer.
        if (isFinished(job)) for (const pod of this.pods.byIndex(CONTROLLER_INDEX, job.metadata.uid as string)) this.checkOrphan(pod);
      },
      onDelete: (job) => {
        this.forget(keyOf(job));
        for (const pod of this.pods.byIndex(CONTROLLER_INDEX, job.metadata.uid as string)) this.checkOrphan(pod);
      },
    });
    this.pods.addHandler({
      onAdd: (pod) => this.checkOrphan(pod),
      onUpdate: (pod) => {
        if (!isTracked(pod)) this.released.delete(pod.metadata.uid as string);
        this.checkOrphan(pod);
      },
      onDelete: ({ metadata }) => this.released.delete(metadata.uid as string),
    });
    this.pods.addHandler(
      podOwnerEvents({
        kind: 'Job',
        owners: this.jobs,
        selects: (job, pod) => labelMatcherOf(job.spec.selector).matches(pod.metadata.labels),
        enqueue: (key) => context.enqueueAfter(key, BATCH_MS),
        onCreated: (key) => this.expectations.creationObserved(key),
        onDeleted: (key, pod) => this.expectations.deletionObserved(key, pod.metadata.uid as string),
      }),
    );
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    if (key.startsWith(ORPHAN)) return this.releaseOrphan(key.slice(ORPHAN.length));
    const { namespace, name } = splitKey(key);
    const job = this.jobs.get(name, namespace);
    if (!job) return this.forget(key);
    if (isManagedElsewhere(job)) return undefined;
    if (isFinished(job)) {
      this.backoffs.delete(key);
      return undefined;
    }
    // Before the pods are read: one that comes in between may only delay us.
    const settled = this.expectations.satisfied(key);
    const pods = await this.claim(job);
    const sync = new JobSync(
      this.context,
      new PodKeeper(this.context.client, this.control, this.expectations, this.released, key),
      { job, pods, released: this.released, settled, backoff: this.backoffs.get(key) ?? NO_FAILURES, nowMs: this.context.clock.now() },
      (record) => void this.backoffs.set(key, record),
    );
    const requeueAfterMs = await sync.run();
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  private claim(job: Job): Promise<Pod[]> {
    const { name, namespace, uid } = job.metadata;
    const matcher = labelMatcherOf(job.spec.selector);
    return claim({
      owner: job,
      objects: [...this.pods.byIndex(CONTROLLER_INDEX, uid as string), ...this.pods.byIndex(CONTROLLER_INDEX, orphansOf(namespace))],
      matches: (pod) => matcher.matches(pod.metadata.labels),
      resource: this.context.client.resource<Pod>(PODS),
      freshOwner: () => this.context.client.resource(JOBS).get(name, namespace),
      finalizers: [TRACKING_FINALIZER],
    });
  }

  private forget(key: string): void {
    this.expectations.forget(key);
    this.backoffs.delete(key);
  }

  /** A pod that is tracked by nobody must not be held back by our finalizer. */
  private checkOrphan(pod: Pod): void {
    if (isTracked(pod) && this.isOrphan(pod)) this.context.enqueue(ORPHAN + keyOf(pod));
  }

  private isOrphan(pod: Pod): boolean {
    const reference = controllerOf(pod);
    if (reference === undefined) return true;
    if (reference.kind !== 'Job' || reference.apiVersion !== 'batch/v1') return false;
    const job = this.jobs.get(reference.name, pod.metadata.namespace);
    return !job || job.metadata.uid !== reference.uid || leavesPods(job);
  }

  private async releaseOrphan(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const pod = this.pods.get(name, namespace);
    if (!pod || !isTracked(pod) || !this.isOrphan(pod)) return;
    const reference = controllerOf(pod);
    if (reference) {
      // Our cache may be behind: the Job may be there, and count this pod.
      const job = await this.context.client.resource<Job>(JOBS).get(reference.name, namespace).catch((error: unknown) => {
        if (error instanceof ApiError && error.code === 404) return undefined;
        throw error;
      });
      if (job && job.metadata.uid === reference.uid && !leavesPods(job)) return;
    }
    await releaseFinalizer(this.context.client, pod);
  }
}

/** Whether another controller looks after the Job (KEP-4368). */
function isManagedElsewhere({ spec }: Job): boolean {
  return spec.managedBy !== undefined && spec.managedBy !== OWN_MANAGER;
}

/** Whether pods of the Job that are still held are held by nobody. Another controller releases its own. */
function leavesPods(job: Job): boolean {
  return isFinished(job) && !isManagedElsewhere(job);
}
