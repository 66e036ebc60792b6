import { labelMatcherOf } from '../../api/label-selector.js';
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '../../api/types/apps-v1.js';
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { claim } from '../shared/claim.js';
import { CONTROLLER_INDEX, controllerIndex, orphansOf } from '../shared/controller-ref.js';
import { templateOf } from '../shared/history.js';
import { podOwnerEvents } from '../shared/pod-owner-events.js';
import { nextAvailabilityMs } from '../shared/pods.js';
import { CLAIMS, CONTROLLER_REVISIONS, PODS, STATEFUL_SETS } from '../shared/resources.js';
import { slowStart } from '../shared/slow-start.js';
import { updateStatus } from '../shared/update-status.js';
import { identityMatches, isMemberOf, newPod, startOrdinal, storageMatches } from './identity.js';
import { isInconsistent, isOrdered, isRunningAndReady, isTerminating, isUnavailable, membersOf, nextToUpdate, statusOf, usesCurrent, type Members, type Revisions } from './plan.js';
import { PodKeeper } from './pod-keeper.js';
import { ownRevisions, syncRevisions, truncateHistory } from './revisions.js';

/** Pods with an identity that lasts (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/). */
export function statefulSetController(): Controller {
  return new StatefulSetController();
}

/** Pods as a round has left them: what it made counts before the cache shows it. */
interface Round {
  readonly set: StatefulSet;
  readonly revisions: Revisions;
  readonly replicas: Array<Pod | undefined>;
  readonly condemned: readonly Pod[];
  readonly nowMs: number;
  /** Pods of the current revision that this round deleted. */
  deletedCurrent: number;
}

class StatefulSetController implements Controller {
  readonly name = 'statefulset-controller';
  private context!: ControllerContext;
  private keeper!: PodKeeper;
  private sets!: Informer<StatefulSet>;
  private pods!: Informer<Pod>;
  private revisions!: Informer<ControllerRevision>;

  setUp(context: ControllerContext): void {
    const { informers } = context;
    this.context = context;
    this.sets = informers.for<StatefulSet>(STATEFUL_SETS);
    this.pods = informers.for<Pod>(PODS);
    this.revisions = informers.for<ControllerRevision>(CONTROLLER_REVISIONS);
    this.keeper = new PodKeeper(context, informers.for<PersistentVolumeClaim>(CLAIMS));
    this.pods.addIndex(CONTROLLER_INDEX, controllerIndex);
    this.revisions.addIndex(CONTROLLER_INDEX, controllerIndex);
    const wake = (set: StatefulSet): void => context.enqueue(keyOf(set));
    this.sets.addHandler({ onAdd: wake, onUpdate: wake });
    this.pods.addHandler(
      podOwnerEvents({
        kind: 'StatefulSet',
        owners: this.sets,
        selects: (owner, pod) => labelMatcherOf(owner.spec.selector).matches(pod.metadata.labels),
        enqueue: context.enqueue,
      }),
    );
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { namespace, name } = splitKey(key);
    const set = this.sets.get(name, namespace);
    if (!set) return undefined;
    const owned = await ownRevisions(this.context, set, this.revisions);
    const pods = await this.claim(set);
    const revisions = await syncRevisions(this.context, set, owned);
    const { replicas, condemned } = membersOf(set, pods);
    const round: Round = { set, revisions, replicas: [...replicas], condemned, nowMs: this.context.clock.now(), deletedCurrent: 0 };
    let failure: unknown;
    try {
      if (!set.metadata.deletionTimestamp) await this.move(round);
    } catch (error) {
      failure = error;
    }
    await this.writeStatus(round);
    await truncateHistory(this.context, set, owned, pods, revisions);
    if (failure !== undefined) throw failure as Error;
    const requeueAfterMs = nextAvailabilityMs(pods, set.spec.minReadySeconds ?? 0, round.nowMs);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  private claim(set: StatefulSet): Promise<Pod[]> {
    const { name, namespace, uid } = set.metadata;
    const matcher = labelMatcherOf(set.spec.selector);
    return claim({
      owner: set,
      objects: [...this.pods.byIndex(CONTROLLER_INDEX, uid as string), ...this.pods.byIndex(CONTROLLER_INDEX, orphansOf(namespace))],
      matches: (pod) => matcher.matches(pod.metadata.labels) && isMemberOf(set, pod),
      resource: this.context.client.resource<Pod>(PODS),
      freshOwner: () => this.context.client.resource(STATEFUL_SETS).get(name, namespace),
    });
  }

  private async move(round: Round): Promise<void> {
    const { set, replicas, condemned, revisions, nowMs } = round;
    if (await this.forAll(set, replicas.length, (i) => this.processReplica(round, i))) return;
    if (await this.forAll(set, condemned.length, (i) => this.keepClaims(set, condemned[i] as Pod))) return;
    const unhealthy = firstUnavailable(round);
    if (await this.forAll(set, condemned.length, (i) => this.processCondemned(round, condemned[i] as Pod, unhealthy))) return;
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const target = nextToUpdate(set, replicas, revisions.update.metadata.name, nowMs);
    if (!target || target === 'wait') return;
    await this.keeper.delete(set, target);
    round.deletedCurrent++;
  }

  /** One after the other until one says stop, or all at once. Resolves with whether to stop here. */
  private async forAll(set: StatefulSet, count: number, fn: (i: number) => Promise<boolean>): Promise<boolean> {
    if (isOrdered(set)) {
      for (let i = 0; i < count; i++) if (await fn(i)) return true;
      return false;
    }
    const { error } = await slowStart(count, async (i) => void (await fn(i)));
    if (error !== undefined) throw error as Error;
    return false;
  }

  private async processReplica(round: Round, i: number): Promise<boolean> {
    const { set, replicas, nowMs } = round;
    const ordered = isOrdered(set);
    const pod = replicas[i];
    if (pod?.status?.phase === 'Failed' || pod?.status?.phase === 'Succeeded') {
      if (!isTerminating(pod)) await this.keeper.delete(set, pod);
      return true;
    }
    if (!pod) {
      const draft = this.draft(round, startOrdinal(set) + i);
      if (this.keeper.awaitsClaims(set, draft)) return true;
      replicas[i] = await this.keeper.create(set, draft);
      return ordered;
    }
    if (pod.status?.phase === 'Pending') await this.keeper.createMissingClaims(set, pod);
    if (ordered && (isTerminating(pod) || !isRunningAndReady(pod) || isUnavailable(set, pod, nowMs))) return true;
    if (!identityMatches(set, pod) || !storageMatches(set, pod) || !this.keeper.claimOwnersRight(set, pod)) await this.keeper.mend(set, pod);
    return false;
  }

  private draft({ set, revisions }: Round, ordinal: number): Pod {
    const revision = usesCurrent(set, ordinal) ? revisions.current : revisions.update;
    const template: PodTemplateSpec = revision === revisions.update ? set.spec.template : templateOf(revision);
    return newPod(set, template, revision.metadata.name, ordinal);
  }

  private async keepClaims(set: StatefulSet, pod: Pod): Promise<boolean> {
    if (!this.keeper.claimOwnersRight(set, pod)) await this.keeper.keepClaimOwners(set, pod);
    return false;
  }

  private async processCondemned({ set, nowMs }: Round, pod: Pod, unhealthy: Pod | undefined): Promise<boolean> {
    const ordered = isOrdered(set);
    if (isTerminating(pod)) return ordered;
    if (ordered && pod !== unhealthy && (!isRunningAndReady(pod) || isUnavailable(set, pod, nowMs))) return true;
    await this.keeper.delete(set, pod);
    return true;
  }

  private async writeStatus(round: Round): Promise<void> {
    const { set, replicas, condemned, revisions, nowMs, deletedCurrent } = round;
    const counted = statusOf(set, [...replicas.filter((pod) => pod !== undefined), ...condemned], revisions, nowMs);
    const status: StatefulSetStatus = { ...counted, currentReplicas: (counted.currentReplicas ?? 0) - deletedCurrent };
    if (isInconsistent(set, status)) await updateStatus(this.context.client.resource<StatefulSet>(STATEFUL_SETS), set, withoutZeros(status));
  }
}

/** The lowest pod that is not available: an ordered set that shrinks may delete it, and it alone, as it is. */
function firstUnavailable({ set, replicas, condemned, nowMs }: Pick<Round, 'set' | 'nowMs'> & Members): Pod | undefined {
  return [...replicas, ...condemned.toReversed()].find((pod) => pod && isUnavailable(set, pod, nowMs));
}

/** Zeros stand in no stored status, but for those that always do. */
function withoutZeros(status: StatefulSetStatus): StatefulSetStatus {
  const always = new Set(['replicas', 'availableReplicas', 'collisionCount']);
  return Object.fromEntries(Object.entries(status).filter(([key, value]) => value !== 0 || always.has(key))) as unknown as StatefulSetStatus;
}
