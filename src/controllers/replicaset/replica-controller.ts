import type { GroupVersionResource } from '../../api/gvk.js';
import { labelMatcherOf, type LabelMatcher } from '../../api/label-selector.js';
import { formatTime } from '../../api/time.js';
import type { ReplicaSet } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { LabelSelector } from '../../api/object.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { Expectations } from '../../client/expectations.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { claim } from '../shared/claim.js';
import { CONTROLLER_INDEX, controllerIndex, controllerOf, isControlledBy, orphansOf } from '../shared/controller-ref.js';
import { isNamespaceTerminating, messageOf, PodControl, podFromTemplate } from '../shared/pod-control.js';
import { podOwnerEvents } from '../shared/pod-owner-events.js';
import { isPodActive, isPodTerminating, nextAvailabilityMs } from '../shared/pods.js';
import { PODS } from '../shared/resources.js';
import { slowStart } from '../shared/slow-start.js';
import { updateStatus } from '../shared/update-status.js';
import { planReplicas, sameStatus, statusOf } from './plan.js';

/** What differs between ReplicaSets and ReplicationControllers. */
export interface ReplicaKind {
  readonly name: string;
  /** What its events name as their source. */
  readonly eventSource: string;
  readonly kind: string;
  readonly resource: GroupVersionResource;
  readonly selectorOf: (object: ReplicaSet) => LabelSelector | undefined;
  /** Whether the status counts pods that are on their way out. */
  readonly countsTerminating: boolean;
}

const PODS_PER_MS = 10;
const BATCH_MAX_MS = 100;

/** Keeps as many pods of a template as wanted (https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/). */
export class ReplicaController implements Controller {
  readonly name: string;
  readonly eventSource: string;
  private context!: ControllerContext;
  private expectations!: Expectations;
  private owners!: Informer<ReplicaSet>;
  private pods!: Informer<Pod>;
  private control!: PodControl;
  /** Pods at the last look: each look costs by their number, so changes of many pods wait for each other a moment. */
  private readonly sizes = new Map<string, number>();
  /** Parsed once per object version: every pod event asks. */
  private readonly matchers = new WeakMap<ReplicaSet, LabelMatcher>();

  constructor(private readonly kind: ReplicaKind) {
    this.name = kind.name;
    this.eventSource = kind.eventSource;
  }

  setUp(context: ControllerContext): void {
    this.context = context;
    this.expectations = new Expectations(context.clock);
    this.control = new PodControl(context);
    this.owners = context.informers.for<ReplicaSet>(this.kind.resource);
    this.pods = context.informers.for<Pod>(PODS);
    this.pods.addIndex(CONTROLLER_INDEX, controllerIndex);
    this.owners.addIndex(CONTROLLER_INDEX, controllerIndex);
    const wake = (owner: ReplicaSet): void => context.enqueue(keyOf(owner));
    this.owners.addHandler({
      onAdd: wake,
      onUpdate: wake,
      onDelete: (owner) => {
        this.expectations.forget(keyOf(owner));
        this.sizes.delete(keyOf(owner));
        wake(owner);
      },
    });
    this.pods.addHandler(
      podOwnerEvents({
        kind: this.kind.kind,
        owners: this.owners,
        selects: (owner, pod) => this.matcher(owner).matches(pod.metadata.labels),
        enqueue: (key) => context.enqueueAfter(key, Math.min(Math.floor((this.sizes.get(key) ?? 0) / PODS_PER_MS), BATCH_MAX_MS)),
        onCreated: (key) => this.expectations.creationObserved(key),
        onDeleted: (key, pod) => this.expectations.deletionObserved(key, pod.metadata.uid as string),
      }),
    );
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { namespace, name } = splitKey(key);
    const owner = this.owners.get(name, namespace);
    if (!owner) return this.expectations.forget(key);
    const settled = this.expectations.satisfied(key);
    const all = [...this.pods.byIndex(CONTROLLER_INDEX, owner.metadata.uid as string), ...this.pods.byIndex(CONTROLLER_INDEX, orphansOf(namespace))];
    const active = await this.claim(owner, all.filter(isPodActive));
    this.sizes.set(key, all.length);
    const terminating = all.filter((pod) => isPodTerminating(pod) && isControlledBy(pod, owner) && this.matcher(owner).matches(pod.metadata.labels));
    const failure = settled && !owner.metadata.deletionTimestamp ? await this.manage(key, owner, active) : undefined;
    const nowMs = this.context.clock.now();
    const status = statusOf({
      replicaSet: owner,
      active,
      terminating: this.kind.countsTerminating ? terminating.length : undefined,
      failure: failure === undefined ? undefined : messageOf(failure),
      nowMs,
      now: formatTime(nowMs),
    });
    if (!sameStatus(owner.status, status)) await updateStatus(this.context.client.resource<ReplicaSet>(this.kind.resource), owner, status);
    if (failure !== undefined) throw failure as Error;
    const requeueAfterMs = nextAvailabilityMs(active, owner.spec.minReadySeconds ?? 0, nowMs);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  private matcher(owner: ReplicaSet): LabelMatcher {
    let matcher = this.matchers.get(owner);
    if (!matcher) this.matchers.set(owner, (matcher = labelMatcherOf(this.kind.selectorOf(owner))));
    return matcher;
  }

  private claim(owner: ReplicaSet, pods: readonly Pod[]): Promise<Pod[]> {
    const { client } = this.context;
    const { name, namespace } = owner.metadata;
    return claim({
      owner,
      objects: pods,
      matches: (pod) => this.matcher(owner).matches(pod.metadata.labels),
      resource: client.resource<Pod>(PODS),
      freshOwner: () => client.resource(this.kind.resource).get(name, namespace),
    });
  }

  /** Creates or deletes pods; resolves with what went wrong. */
  private async manage(key: string, owner: ReplicaSet, active: readonly Pod[]): Promise<unknown> {
    const plan = planReplicas(owner.spec.replicas ?? 1, active, () => this.related(owner), this.context.clock.now());
    if (plan.create > 0) return this.create(key, owner, plan.create);
    if (plan.delete.length > 0) return this.delete(key, owner, plan.delete);
    return undefined;
  }

  private async create(key: string, owner: ReplicaSet, count: number): Promise<unknown> {
    this.expectations.expectCreations(key, count);
    const pod = podFromTemplate(owner.spec.template ?? {}, owner);
    const { succeeded, error } = await slowStart(count, async () => {
      try {
        await this.control.create(owner, pod);
      } catch (failure) {
        // Nothing can be created any more, and everything will be gone soon.
        if (!isNamespaceTerminating(failure)) throw failure;
      }
    });
    for (let skipped = count - succeeded; skipped > 0; skipped--) this.expectations.creationObserved(key);
    return error;
  }

  private async delete(key: string, owner: ReplicaSet, pods: readonly Pod[]): Promise<unknown> {
    this.expectations.expectDeletions(key, pods.map(({ metadata }) => metadata.uid as string));
    let error: unknown;
    await Promise.all(
      pods.map(async (pod) => {
        try {
          if (!(await this.control.delete(owner, pod))) this.expectations.deletionObserved(key, pod.metadata.uid as string);
        } catch (failure) {
          this.expectations.deletionObserved(key, pod.metadata.uid as string);
          error ??= failure;
        }
      }),
    );
    return error;
  }

  /** Pods of all ReplicaSets of the same owner, to even out what stays on a node. */
  private related(owner: ReplicaSet): Pod[] {
    const controller = controllerOf(owner);
    if (!controller) return [];
    const siblings = this.owners.byIndex(CONTROLLER_INDEX, controller.uid);
    return siblings.flatMap(({ metadata }) => this.pods.byIndex(CONTROLLER_INDEX, metadata.uid as string));
  }
}
