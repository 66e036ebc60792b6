import { ApiError, notFound } from '../../api/errors.js';
import type { Pod, PodResourceClaim } from '../../api/types/core-v1.js';
import type { ResourceClaim, ResourceClaimTemplate } from '../../api/types/resource-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { controllerOf, isControlledBy } from '../shared/controller-ref.js';
import { ignoring } from '../shared/ignoring.js';
import { PODS } from '../shared/resources.js';
import { CLAIM_NAME_ANNOTATION, claimFromTemplate, claimNameOf, FINALIZER, isPodDone, needsReservation, remainingConsumers } from './plan.js';

const GROUP = 'resource.k8s.io';
const CLAIMS = { group: GROUP, version: 'v1', resource: 'resourceclaims' };
const TEMPLATES = { group: GROUP, version: 'v1', resource: 'resourceclaimtemplates' };
const FIELD_MANAGER = 'ResourceClaimController';
const POD = 'pod:';
const CLAIM = 'claim:';
const BY_CLAIM = 'resource-claim';
const BY_TEMPLATE = 'resource-claim-template';
const BY_OWNER = 'pod-owner';

/** Makes the ResourceClaims that pods ask for by template, and frees claims that nobody uses any more (KEP-4381). */
export function resourceClaimController(): Controller {
  return new ResourceClaimController();
}

class ResourceClaimController implements Controller {
  readonly name = 'resourceclaim-controller';
  readonly eventSource = 'resource_claim';
  private context!: ControllerContext;
  private pods!: Informer<Pod>;
  private claims!: Informer<ResourceClaim>;
  private templates!: Informer<ResourceClaimTemplate>;

  setUp(context: ControllerContext): void {
    this.context = context;
    this.pods = context.informers.for<Pod>(PODS);
    this.claims = context.informers.for<ResourceClaim>(CLAIMS);
    this.templates = context.informers.for<ResourceClaimTemplate>(TEMPLATES);
    this.pods.addIndex(BY_CLAIM, (pod) => entriesOf(pod).flatMap((entry) => keyIn(pod, claimNameOf(pod, entry))));
    this.pods.addIndex(BY_TEMPLATE, (pod) => entriesOf(pod).flatMap((entry) => keyIn(pod, entry.resourceClaimTemplateName)));
    this.claims.addIndex(BY_OWNER, (claim) => [controllerOf(claim)?.uid ?? []].flat());
    const onPod = (pod: Pod): void => {
      if (entriesOf(pod).length === 0) return;
      context.enqueue(POD + keyOf(pod));
      if (isPodDone(pod)) this.wakeClaimsOf(pod);
    };
    this.pods.addHandler({ onAdd: onPod, onUpdate: onPod, onDelete: (pod) => this.wakeClaimsOf(pod) });
    const onClaim = (claim: ResourceClaim): void => {
      context.enqueue(CLAIM + keyOf(claim));
      for (const pod of this.pods.byIndex(BY_CLAIM, keyOf(claim))) context.enqueue(POD + keyOf(pod));
    };
    this.claims.addHandler({ onAdd: onClaim, onUpdate: onClaim, onDelete: onClaim });
    this.templates.addHandler({ onAdd: (template) => this.pods.byIndex(BY_TEMPLATE, keyOf(template)).forEach(onPod) });
  }

  reconcile(key: string): Promise<void> {
    if (key.startsWith(POD)) return this.syncPod(key.slice(POD.length));
    return this.syncClaim(key.slice(CLAIM.length));
  }

  private wakeClaimsOf(pod: Pod): void {
    for (const entry of entriesOf(pod)) for (const key of keyIn(pod, claimNameOf(pod, entry))) this.context.enqueue(CLAIM + key);
  }

  private async syncPod(key: string): Promise<void> {
    const { name, namespace } = splitKey(key);
    const pod = this.pods.get(name, namespace);
    if (!pod || pod.metadata.deletionTimestamp || isPodDone(pod)) return;
    const made: Array<{ name: string; resourceClaimName: string }> = [];
    for (const entry of entriesOf(pod)) {
      try {
        const claim = await this.claimFor(pod, entry);
        if (claim) made.push({ name: entry.name, resourceClaimName: claim.metadata.name });
      } catch (error) {
        this.context.events.record(pod, 'Warning', 'FailedResourceClaimCreation', `PodResourceClaim ${entry.name}: ${(error as Error).message}`);
        throw error;
      }
    }
    if (made.length > 0) {
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, status: { resourceClaimStatuses: made } };
      await this.context.client.resource(PODS).patch({ name, namespace, subresource: 'status' }, { type: 'apply', body, force: true }, { fieldManager: FIELD_MANAGER });
    }
    // Whoever bound the pod without reserving its claims leaves that to us.
    if (pod.spec.nodeName) for (const entry of entriesOf(pod)) await this.reserve(pod, entry);
  }

  /** The claim that the pod's status must name and does not yet; undefined where nothing is to be done. */
  private async claimFor(pod: Pod, entry: PodResourceClaim): Promise<ResourceClaim | undefined> {
    const { namespace = '', uid = '' } = pod.metadata;
    const known = claimNameOf(pod, entry);
    const template = entry.resourceClaimTemplateName;
    if (known === undefined || template === undefined) return undefined;
    const present = known === '' ? undefined : this.claims.get(known, namespace);
    if (present && isControlledBy(present, pod)) return undefined;
    // Made before, but the pod was never told.
    const orphan = this.claims.byIndex(BY_OWNER, uid).find(({ metadata }) => metadata.annotations?.[CLAIM_NAME_ANNOTATION] === entry.name);
    if (orphan) return orphan;
    const found = this.templates.get(template, namespace);
    if (!found) throw new Error(`resource claim template ${JSON.stringify(template)}: ${notFound({ group: GROUP, resource: 'resourceclaimtemplate' }, template).message}`);
    return this.context.client.resource<ResourceClaim>(CLAIMS).create(claimFromTemplate(pod, entry.name, found));
  }

  private async reserve(pod: Pod, entry: PodResourceClaim): Promise<void> {
    const { name, namespace = '', uid = '' } = pod.metadata;
    const claim = this.claims.get(claimNameOf(pod, entry) ?? '', namespace);
    if (!claim || !needsReservation(pod, claim)) return;
    const reservedFor = [...(claim.status?.reservedFor ?? []), { resource: 'pods', name, uid }];
    await this.context.client.resource<ResourceClaim>(CLAIMS).updateSubresource({ ...claim, status: { ...claim.status, reservedFor } }, 'status');
  }

  private async syncClaim(key: string): Promise<void> {
    const { name, namespace } = splitKey(key);
    const claim = this.claims.get(name, namespace);
    if (!claim) return;
    const before = claim.status?.reservedFor ?? [];
    const pods = new Map(await Promise.all(before.map(async (consumer) => [consumer.name, await this.podNow(consumer.name, namespace)] as const)));
    const remaining = remainingConsumers(claim, (pod) => pods.get(pod));
    const isProtected = claim.metadata.finalizers?.includes(FINALIZER) ?? false;
    const isFreed = remaining.length === 0 && isProtected;
    if (remaining.length < before.length) await this.free(claim, { ...claim.status, reservedFor: [...remaining] }, isFreed);
    else if (isFreed && claim.metadata.deletionTimestamp) await this.free(claim, claim.status ?? {}, true);
    if (remaining.length === 0) await this.deleteUnused(claim);
  }

  /** A pod that we have not heard of may be new: the API server knows. */
  private async podNow(name: string, namespace: string): Promise<Pod | undefined> {
    const known = this.pods.get(name, namespace);
    if (known) return known;
    try {
      return await this.context.client.resource<Pod>(PODS).get(name, namespace);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Writes the consumers that are left; with none of them the devices are given back, too. */
  private async free(claim: ResourceClaim, { allocation, ...status }: NonNullable<ResourceClaim['status']>, deallocate: boolean): Promise<void> {
    const resource = this.context.client.resource<ResourceClaim>(CLAIMS);
    const next = deallocate || allocation === undefined ? status : { ...status, allocation };
    const written = await resource.updateSubresource({ ...claim, status: next }, 'status');
    if (!deallocate) return;
    const finalizers = written.metadata.finalizers?.filter((finalizer) => finalizer !== FINALIZER);
    await resource.update({ ...written, metadata: { ...written.metadata, finalizers } });
  }

  /** A claim that was made for a pod goes with it; sooner than the garbage collector would where the pod is done but stays. */
  private async deleteUnused({ metadata, ...claim }: ResourceClaim): Promise<void> {
    const owner = controllerOf({ metadata, ...claim });
    const pod = owner?.kind === 'Pod' ? this.pods.get(owner.name, metadata.namespace) : undefined;
    if (!pod || metadata.deletionTimestamp || (pod.metadata.uid === owner?.uid && !isPodDone(pod))) return;
    await ignoring('NotFound', this.context.client.resource(CLAIMS).delete({ name: metadata.name, namespace: metadata.namespace }));
  }
}

function entriesOf({ spec }: Pod): readonly PodResourceClaim[] {
  return spec.resourceClaims ?? [];
}

function keyIn({ metadata }: Pod, name: string | undefined): string[] {
  return name ? [`${metadata.namespace}/${name}`] : [];
}
