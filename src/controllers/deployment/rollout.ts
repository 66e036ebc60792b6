import { ApiError } from '../../api/errors.js';
import type { ObjectMeta } from '../../api/object.js';
import { formatTime } from '../../api/time.js';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { ControllerContext, ReconcileResult } from '../../client/controller.js';
import { controllerRefTo, isControlledBy } from '../shared/controller-ref.js';
import { podTemplateHash } from '../shared/hash.js';
import { isNamespaceTerminating, messageOf } from '../shared/pod-control.js';
import { isPodFinished } from '../shared/pods.js';
import { DEPLOYMENTS, REPLICA_SETS } from '../shared/resources.js';
import { DESIRED_REPLICAS, newReplicaSetAnnotations, nonNegativeAnnotation, replicasAnnotations, REVISION, revisionOf, rolledBackAnnotations, ROLLBACK_TO } from './annotations.js';
import { isRollingUpdate, maxSurge, newReplicas, planNew, planOld, planProportional } from './arithmetic.js';
import { activeOf, activeOrLatest, byRevision, findNew, HASH_LABEL, replicasOf, sameTemplate, wantedOf, withoutHash } from './replica-sets.js';
import { calculateStatus, deadlineMs, hasProgressDeadline, isComplete, newCondition, progressingCondition, rolloutStatus, setCondition } from './status.js';

const NAME_MAX = 253;
const NO_LIMIT = 2 ** 31 - 1;

/** One look at one Deployment: what was observed, and the steps that follow from it. */
export class Rollout {
  constructor(
    private readonly context: ControllerContext,
    /** Grows with each write of ours. */
    private deployment: Deployment,
    private readonly replicaSets: readonly ReplicaSet[],
    private readonly podsOf: (replicaSet: ReplicaSet) => readonly Pod[],
  ) {}

  async run(): Promise<ReconcileResult | void> {
    const { deployment } = this;
    if (deployment.metadata.deletionTimestamp) return this.syncStatus(await this.syncRevision(false));
    await this.markPaused();
    if (deployment.spec.paused) return this.scaleOnly();
    const rollback = rollbackRevision(deployment);
    if (rollback !== undefined) return this.rollBack(rollback);
    const fresh = await this.syncRevision(false);
    if (this.isScaled(fresh)) return this.scaleOnly();
    return isRollingUpdate(deployment) ? this.rolling() : this.recreate(fresh);
  }

  private get old(): ReplicaSet[] {
    const fresh = findNew(this.deployment, this.replicaSets);
    return this.replicaSets.filter((replicaSet) => replicaSet !== fresh);
  }

  private get now(): string {
    return formatTime(this.context.clock.now());
  }

  private async markPaused(): Promise<void> {
    if (!hasProgressDeadline(this.deployment)) return;
    const condition = progressingCondition(this.deployment);
    if (condition?.reason === 'ProgressDeadlineExceeded') return;
    const paused = this.deployment.spec.paused === true;
    if (paused === (condition?.reason === 'DeploymentPaused')) return;
    const [reason, message] = paused ? ['DeploymentPaused', 'Deployment is paused'] : ['DeploymentResumed', 'Deployment is resumed'];
    await this.writeConditions(newCondition('Progressing', 'Unknown', reason as string, message as string, this.now));
  }

  private async writeConditions(...conditions: ReturnType<typeof newCondition>[]): Promise<void> {
    const present = this.deployment.status;
    await this.writeStatus({ ...present, conditions: conditions.reduce((list, condition) => setCondition(list, condition), present?.conditions ?? []) });
  }

  private async writeStatus(status: DeploymentStatus): Promise<void> {
    this.deployment = await this.context.client.resource<Deployment>(DEPLOYMENTS).updateSubresource({ ...this.deployment, status }, 'status');
  }

  /** The ReplicaSet of the present template with its bookkeeping in order; made if there is none and `create`. */
  private async syncRevision(create: boolean): Promise<ReplicaSet | undefined> {
    const { deployment } = this;
    const revision = this.old.reduce((max, replicaSet) => Math.max(max, revisionOf(replicaSet) ?? 0), 0) + 1;
    const existing = findNew(deployment, this.replicaSets);
    if (!existing) return create ? this.createReplicaSet(revision) : undefined;
    const annotations = newReplicaSetAnnotations(deployment, existing.metadata.annotations, revision);
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
    if (!deepEqual(annotations, existing.metadata.annotations ?? {}) || (existing.spec.minReadySeconds ?? 0) !== minReadySeconds) {
      const changed = { ...existing, metadata: { ...existing.metadata, annotations }, spec: { ...existing.spec, minReadySeconds } };
      return this.context.client.resource<ReplicaSet>(REPLICA_SETS).update(changed);
    }
    const found = hasProgressDeadline(deployment) && !progressingCondition(deployment);
    await this.setRevision(annotations[REVISION] ?? '', found ? ['FoundNewReplicaSet', `Found new replica set ${JSON.stringify(existing.metadata.name)}`] : undefined);
    return existing;
  }

  /** Writes the revision and, if given, a Progressing condition with reason and message. */
  private async setRevision(revision: string, progress: readonly [string, string] | undefined): Promise<void> {
    const { metadata, status } = this.deployment;
    if (metadata.annotations?.[REVISION] === revision && !progress) return;
    this.deployment = { ...this.deployment, metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revision } } };
    const conditions = progress ? setCondition(status?.conditions, newCondition('Progressing', 'True', progress[0], progress[1], this.now)) : status?.conditions;
    await this.writeStatus({ ...status, ...(conditions ? { conditions } : {}) });
  }

  private async createReplicaSet(revision: number): Promise<ReplicaSet> {
    const { client, events } = this.context;
    const draft = this.draftReplicaSet(revision);
    const { name, namespace } = draft.metadata;
    const resource = client.resource<ReplicaSet>(REPLICA_SETS);
    let created: ReplicaSet;
    let existed = false;
    try {
      created = await resource.create(draft);
    } catch (error) {
      if (isNamespaceTerminating(error)) throw error;
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') {
        await this.creationFailed(`Failed to create new replica set ${JSON.stringify(name)}: ${messageOf(error)}`);
        throw error;
      }
      created = await resource.get(name, namespace);
      if (!isControlledBy(created, this.deployment) || !sameTemplate(created.spec.template ?? {}, this.deployment.spec.template)) {
        // Another template has the same hash: the count makes the next try another one.
        await this.writeStatus({ ...this.deployment.status, collisionCount: (this.deployment.status?.collisionCount ?? 0) + 1 });
        throw error;
      }
      existed = true;
    }
    const size = replicasOf(draft);
    if (!existed && size > 0) events.record(this.deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`);
    await this.setRevision(String(revision), !existed && hasProgressDeadline(this.deployment) ? ['NewReplicaSetCreated', `Created new replica set ${JSON.stringify(name)}`] : undefined);
    return created;
  }

  private draftReplicaSet(revision: number): ReplicaSet {
    const { deployment } = this;
    const { spec, metadata, status } = deployment;
    const hash = podTemplateHash(spec.template, status?.collisionCount);
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
    const annotations = newReplicaSetAnnotations(deployment, undefined, revision);
    return {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${metadata.name.slice(0, NAME_MAX - 1 - hash.length)}-${hash}`,
        namespace: metadata.namespace,
        labels,
        annotations: replicasAnnotations(annotations, wantedOf(deployment), wantedOf(deployment) + maxSurge(deployment)) ?? annotations,
        ownerReferences: [controllerRefTo(deployment)],
      },
      spec: {
        replicas: newReplicas(deployment, this.replicaSets, 0),
        minReadySeconds: spec.minReadySeconds,
        selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } as ObjectMeta },
      },
    };
  }

  private async creationFailed(message: string): Promise<void> {
    const reason = 'ReplicaSetCreateError';
    this.context.events.record(this.deployment, 'Warning', reason, message);
    if (hasProgressDeadline(this.deployment)) await this.writeConditions(newCondition('Progressing', 'False', reason, message, this.now));
  }

  /** Whether the number of replicas was changed since the ReplicaSets got their sizes. */
  private isScaled(fresh: ReplicaSet | undefined): boolean {
    const wanted = wantedOf(this.deployment);
    return activeOf(fresh ? [...this.old, fresh] : this.old).some((replicaSet) => {
      const desired = nonNegativeAnnotation(replicaSet, DESIRED_REPLICAS);
      return desired !== undefined && desired !== wanted;
    });
  }

  private async scaleOnly(): Promise<void> {
    const fresh = await this.syncRevision(false);
    const old = this.old;
    const scaled = await this.scaleAll(fresh, old);
    const all = [...old, ...(fresh ? [fresh] : [])].map((replicaSet) => scaled.get(replicaSet) ?? replicaSet);
    if (this.deployment.spec.paused && rollbackRevision(this.deployment) === undefined) await this.cleanUp(old);
    await this.writeChanged(calculateStatus(this.deployment, all, fresh && (scaled.get(fresh) ?? fresh), this.now));
  }

  private async scaleAll(fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): Promise<Map<ReplicaSet, ReplicaSet>> {
    const scaled = new Map<ReplicaSet, ReplicaSet>();
    const scale = async (replicaSet: ReplicaSet, replicas: number): Promise<void> => void scaled.set(replicaSet, await this.scale(replicaSet, replicas));
    const only = activeOrLatest(fresh, old);
    if (only) {
      if (replicasOf(only) !== wantedOf(this.deployment)) await scale(only, wantedOf(this.deployment));
    } else if (fresh && this.isSaturated(fresh)) {
      for (const replicaSet of activeOf(old)) await scale(replicaSet, 0);
    } else if (isRollingUpdate(this.deployment)) {
      for (const { replicaSet, replicas } of planProportional(this.deployment, old, fresh)) await scale(replicaSet, replicas);
    }
    return scaled;
  }

  private isSaturated(fresh: ReplicaSet): boolean {
    const wanted = wantedOf(this.deployment);
    return replicasOf(fresh) === wanted && fresh.metadata.annotations?.[DESIRED_REPLICAS] === String(wanted) && (fresh.status?.availableReplicas ?? 0) === wanted;
  }

  /** Gives a ReplicaSet its size and notes what it was made for. */
  private async scale(replicaSet: ReplicaSet, replicas: number): Promise<ReplicaSet> {
    const before = replicasOf(replicaSet);
    const wanted = wantedOf(this.deployment);
    const annotations = replicasAnnotations(replicaSet.metadata.annotations, wanted, wanted + maxSurge(this.deployment));
    if (before === replicas && !annotations) return replicaSet;
    const changed = { ...replicaSet, metadata: { ...replicaSet.metadata, annotations: annotations ?? replicaSet.metadata.annotations }, spec: { ...replicaSet.spec, replicas } };
    const updated = await this.context.client.resource<ReplicaSet>(REPLICA_SETS).update(changed);
    if (before !== replicas) {
      const direction = before < replicas ? 'up' : 'down';
      this.context.events.record(this.deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`);
    }
    return updated;
  }

  private async rolling(): Promise<ReconcileResult | void> {
    const fresh = (await this.syncRevision(true)) as ReplicaSet;
    const old = this.old;
    const step = planNew(this.deployment, [...old, fresh], fresh);
    if (step) return this.syncRollout(old, await this.scale(fresh, step.replicas));
    const steps = planOld(this.deployment, old, fresh);
    if (steps.length > 0) {
      const scaled = new Map<ReplicaSet, ReplicaSet>();
      for (const { replicaSet, replicas } of steps) scaled.set(replicaSet, await this.scale(replicaSet, replicas));
      return this.syncRollout(old.map((replicaSet) => scaled.get(replicaSet) ?? replicaSet), fresh);
    }
    if (isComplete(this.deployment, this.deployment.status)) await this.cleanUp(old);
    return this.syncRollout(old, fresh);
  }

  private async recreate(found: ReplicaSet | undefined): Promise<ReconcileResult | void> {
    const old = this.old;
    const active = activeOf(old);
    if (active.length > 0) {
      const scaled = new Map<ReplicaSet, ReplicaSet>();
      for (const replicaSet of active) scaled.set(replicaSet, await this.scale(replicaSet, 0));
      return this.syncRollout(old.map((replicaSet) => scaled.get(replicaSet) ?? replicaSet), found);
    }
    if (this.oldPodsRun(found, old)) return this.syncRollout(old, found);
    const fresh = found ?? ((await this.syncRevision(true)) as ReplicaSet);
    const scaled = replicasOf(fresh) === wantedOf(this.deployment) ? fresh : await this.scale(fresh, wantedOf(this.deployment));
    if (isComplete(this.deployment, this.deployment.status)) await this.cleanUp(old);
    return this.syncRollout(old, scaled);
  }

  private oldPodsRun(fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): boolean {
    if (old.some(({ status }) => (status?.replicas ?? 0) > 0)) return true;
    return old.some((replicaSet) => replicaSet !== fresh && this.podsOf(replicaSet).some((pod) => !isPodFinished(pod)));
  }

  private async syncRollout(old: readonly ReplicaSet[], fresh: ReplicaSet | undefined): Promise<ReconcileResult | void> {
    const nowMs = this.context.clock.now();
    const status = rolloutStatus(this.deployment, fresh ? [...old, fresh] : old, fresh, nowMs, formatTime(nowMs));
    if (!deepEqual(status, this.deployment.status)) return this.writeStatus(status);
    const requeueAfterMs = deadlineMs(this.deployment, status, nowMs);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  private async writeChanged(status: DeploymentStatus): Promise<void> {
    if (!deepEqual(status, this.deployment.status)) await this.writeStatus(status);
  }

  private async syncStatus(fresh: ReplicaSet | undefined): Promise<void> {
    await this.writeChanged(calculateStatus(this.deployment, fresh ? [...this.old, fresh] : this.old, fresh, this.now));
  }

  /** Deletes the oldest ReplicaSets beyond revisionHistoryLimit. */
  private async cleanUp(old: readonly ReplicaSet[]): Promise<void> {
    const limit = this.deployment.spec.revisionHistoryLimit;
    if (limit === undefined || limit === NO_LIMIT) return;
    const alive = old.filter(({ metadata }) => !metadata.deletionTimestamp).toSorted(byRevision);
    for (const { metadata, spec, status } of alive.slice(0, Math.max(0, alive.length - limit))) {
      if ((status?.replicas ?? 0) !== 0 || spec.replicas !== 0 || (metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) continue;
      try {
        await this.context.client.resource(REPLICA_SETS).delete({ name: metadata.name, namespace: metadata.namespace });
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    }
  }

  /** The rollback of apps/v1beta1, asked for by an annotation; kubectl patches the template instead. */
  private async rollBack(asked: number): Promise<void> {
    await this.syncRevision(true);
    const { events } = this.context;
    const { deployment } = this;
    const revision = asked || lastRevision(this.replicaSets);
    const target = revision ? this.replicaSets.find((replicaSet) => revisionOf(replicaSet) === revision) : undefined;
    if (!target) {
      events.record(deployment, 'Warning', 'DeploymentRollbackRevisionNotFound', revision ? 'Unable to find the revision to rollback to.' : 'Unable to find last revision.');
      return this.writeSpec(deployment);
    }
    const template = target.spec.template ?? {};
    if (sameTemplate(template, deployment.spec.template)) {
      events.record(deployment, 'Warning', 'DeploymentRollbackTemplateUnchanged', `The rollback revision contains the same template as current deployment ${JSON.stringify(deployment.metadata.name)}`);
      return this.writeSpec(deployment);
    }
    const labels = withoutHash(template.metadata?.labels);
    const spec = { ...deployment.spec, template: { ...template, metadata: { ...template.metadata, labels } as ObjectMeta } };
    await this.writeSpec({ ...deployment, metadata: { ...deployment.metadata, annotations: rolledBackAnnotations(deployment, target) }, spec });
    events.record(deployment, 'Normal', 'DeploymentRollback', `Rolled back deployment ${JSON.stringify(deployment.metadata.name)} to revision ${revision}`);
  }

  private async writeSpec(deployment: Deployment): Promise<void> {
    const { [ROLLBACK_TO]: _done, ...annotations } = deployment.metadata.annotations ?? {};
    this.deployment = await this.context.client.resource<Deployment>(DEPLOYMENTS).update({ ...deployment, metadata: { ...deployment.metadata, annotations } });
  }
}

function rollbackRevision({ metadata }: Deployment): number | undefined {
  const text = metadata.annotations?.[ROLLBACK_TO];
  return text && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** The revision before the highest one; 0 when there is none. */
function lastRevision(list: readonly ReplicaSet[]): number {
  const revisions = list.map((replicaSet) => revisionOf(replicaSet) ?? 0).toSorted((a, b) => b - a);
  return revisions[1] ?? 0;
}
