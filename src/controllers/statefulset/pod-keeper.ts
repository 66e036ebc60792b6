import { ApiError } from '../../api/errors.js';
import type { StatefulSet } from '../../api/types/apps-v1.js';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.js';
import type { ControllerContext } from '../../client/controller.js';
import type { Lister } from '../../client/informer.js';
import { messageOf } from '../shared/pod-control.js';
import { CLAIMS, PODS } from '../shared/resources.js';
import { hasUnexpectedController, isStaleClaim, wantedOwners } from './claim-owners.js';
import { claimsOf, identityMatches, ordinalOf, repaired, storageMatches } from './identity.js';

/** Makes, mends and deletes pods of StatefulSets together with their claims (Kubernetes' StatefulPodControl). */
export class PodKeeper {
  constructor(
    private readonly context: Pick<ControllerContext, 'client' | 'events'>,
    private readonly claims: Lister<PersistentVolumeClaim>,
  ) {}

  async create(set: StatefulSet, pod: Pod): Promise<Pod> {
    try {
      await this.createClaims(set, pod);
    } catch (error) {
      this.podEvent('create', set, pod, error);
      throw error;
    }
    let created: Pod;
    try {
      created = await this.context.client.resource<Pod>(PODS).create(pod);
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') this.podEvent('create', set, pod, error);
      throw error;
    }
    await this.keepClaimOwners(set, created);
    this.podEvent('create', set, created, undefined);
    return created;
  }

  /** Puts identity, volumes and claims of a pod in order. */
  async mend(set: StatefulSet, pod: Pod): Promise<void> {
    const claimsRight = this.claimOwnersRight(set, pod);
    const right = identityMatches(set, pod) && storageMatches(set, pod);
    if (right && claimsRight) return;
    if (!storageMatches(set, pod)) await this.createMissingClaims(set, pod);
    if (!claimsRight) await this.keepClaimOwners(set, pod);
    if (right) return;
    try {
      await this.context.client.resource<Pod>(PODS).update(repaired(set, pod));
      this.podEvent('update', set, pod, undefined);
    } catch (error) {
      this.podEvent('update', set, pod, error);
      throw error;
    }
  }

  async delete(set: StatefulSet, pod: Pod): Promise<void> {
    const { name, namespace } = pod.metadata;
    try {
      await this.context.client.resource<Pod>(PODS).delete({ name, namespace });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) {
        this.podEvent('delete', set, pod, error);
        throw error;
      }
    }
    this.podEvent('delete', set, pod, undefined);
  }

  /** Whether the pod's claim is about to be collected: a new pod must wait for that. */
  awaitsClaims(set: StatefulSet, pod: Pod): boolean {
    return this.present(set, pod).some((claim) => isStaleClaim(set, claim, pod));
  }

  async createMissingClaims(set: StatefulSet, pod: Pod): Promise<void> {
    await this.createClaims(set, pod);
    await this.keepClaimOwners(set, pod);
  }

  claimOwnersRight(set: StatefulSet, pod: Pod): boolean {
    return this.present(set, pod).every((claim) => wantedOwners(claim, set, pod) === undefined);
  }

  async keepClaimOwners(set: StatefulSet, pod: Pod): Promise<void> {
    for (const claim of this.present(set, pod)) {
      const { name } = claim.metadata;
      if (hasUnexpectedController(claim, set, pod)) {
        const message = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`;
        this.context.events.record(set, 'Warning', 'ConflictingController', message);
      }
      const ownerReferences = wantedOwners(claim, set, pod);
      if (ownerReferences) await this.context.client.resource<PersistentVolumeClaim>(CLAIMS).update({ ...claim, metadata: { ...claim.metadata, ownerReferences } });
    }
  }

  private present(set: StatefulSet, pod: Pod): PersistentVolumeClaim[] {
    return [...claimsOf(set, ordinalOf(pod)).values()].flatMap(({ metadata }) => this.claims.get(metadata.name, metadata.namespace) ?? []);
  }

  private async createClaims(set: StatefulSet, pod: Pod): Promise<void> {
    const failures: string[] = [];
    for (const claim of claimsOf(set, ordinalOf(pod)).values()) {
      const { name, namespace } = claim.metadata;
      const present = this.claims.get(name, namespace);
      if (present?.metadata.deletionTimestamp) failures.push(`pvc ${name} is being deleted`);
      if (present) continue;
      try {
        await this.context.client.resource<PersistentVolumeClaim>(CLAIMS).create(claim);
        this.context.events.record(set, 'Normal', 'SuccessfulCreate', `Create Claim ${name} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} success`);
      } catch (error) {
        // Not in our cache yet.
        if (error instanceof ApiError && error.reason === 'AlreadyExists') continue;
        failures.push(`failed to create PVC ${name}: ${messageOf(error)}`);
        const message = `Create Claim ${name} for Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`;
        this.context.events.record(set, 'Warning', 'FailedCreate', message);
      }
    }
    if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`);
  }

  private podEvent(verb: 'create' | 'update' | 'delete', set: StatefulSet, pod: Pod, error: unknown): void {
    const title = verb[0]?.toUpperCase() + verb.slice(1);
    const subject = `${title} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
    if (error === undefined) this.context.events.record(set, 'Normal', `Successful${title}`, `${subject} successful`);
    else this.context.events.record(set, 'Warning', `Failed${title}`, `${subject} failed error: ${messageOf(error)}`);
  }
}
