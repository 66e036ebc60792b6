import { ApiError } from '../../api/errors.js';
import { parseApiVersion, type GroupVersionResource } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import type { ResourceDirectory, ServedResource } from '../../api/served-resource.js';
import { deepEqual } from '../../base/freeze.js';
import type { Client, DeleteRequest } from '../../client/types.js';
import type { Identity } from './graph.js';

/** No resource serves the kind (yet): a CRD may come that does. */
export class UnknownKindError extends Error {}

/** A cluster-scoped object names a namespaced owner: nothing will ever make that right. */
export class NamespacedOwnerError extends Error {}

/** What the collector asks of the API, by identities instead of resources. */
export class ApiAccess {
  constructor(
    private readonly client: Client,
    private readonly directory: ResourceDirectory,
  ) {}

  /** Throws UnknownKindError. */
  resourceOf({ apiVersion, kind }: Pick<Identity, 'apiVersion' | 'kind'>): ServedResource {
    const { group, version } = parseApiVersion(apiVersion);
    const found = this.directory.resources().find((r) => r.kind === kind && r.group === group && r.version === version && r.verbs.includes('get'));
    if (!found) throw new UnknownKindError(`no resource serves ${apiVersion} ${kind}`);
    return found;
  }

  /** The object of that name, whatever its uid; undefined when there is none. Throws the errors above. */
  async get(identity: Identity): Promise<KubeObject | undefined> {
    const resource = this.resourceOf(identity);
    if (resource.namespaced && !identity.namespace) throw new NamespacedOwnerError();
    return ignoreNotFound(this.client.resource(resource).get(identity.name, namespaceIn(resource, identity)));
  }

  /** Deletes the object as it was looked at; false when it is gone already. */
  async delete(live: KubeObject, identity: Identity, propagationPolicy: DeleteRequest['propagationPolicy']): Promise<boolean> {
    const resource = this.resourceOf(identity);
    const client = this.client.resource(resource);
    const target = { name: identity.name, namespace: namespaceIn(resource, identity) };
    const { uid } = identity;
    try {
      await client.delete(target, { propagationPolicy, uid, resourceVersion: live.metadata.resourceVersion });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 404) return false;
      if (error.code !== 409) throw error;
      const now = await ignoreNotFound(client.get(target.name, target.namespace));
      if (!now) return false;
      if (now.metadata.uid !== uid || !deepEqual(now.metadata.ownerReferences ?? [], live.metadata.ownerReferences ?? [])) throw error;
      // Something else about it changes all the time: that must not keep it alive.
      await client.delete(target, { propagationPolicy, uid });
      return true;
    }
  }

  /** Takes owners out of an object's references. Custom resources know no strategic merge: their list is written anew. */
  async removeOwners(identity: Identity, owners: ReadonlySet<string>): Promise<void> {
    await this.changeOwners(identity, (list) => list.filter(({ uid }) => !owners.has(uid)), [...owners].map((uid) => ({ $patch: 'delete', uid })));
  }

  /** Makes the object's references block no owner's deletion. */
  async unblockOwners(identity: Identity, owners: NonNullable<KubeObject['metadata']['ownerReferences']>): Promise<void> {
    const unblock = <T extends { blockOwnerDeletion?: boolean | undefined }>(list: readonly T[]): T[] => list.map((owner) => (owner.blockOwnerDeletion ? { ...owner, blockOwnerDeletion: false } : owner));
    await this.changeOwners(identity, unblock, unblock(owners).filter(({ blockOwnerDeletion }) => blockOwnerDeletion === false));
  }

  async removeFinalizer(identity: Identity, finalizer: string): Promise<void> {
    const resource = this.resourceOf(identity);
    const live = await this.get(identity);
    const finalizers = live?.metadata.finalizers;
    if (!live || live.metadata.uid !== identity.uid || !finalizers?.includes(finalizer)) return;
    const rest = finalizers.filter((name) => name !== finalizer);
    const metadata = { resourceVersion: live.metadata.resourceVersion, finalizers: rest.length > 0 ? rest : null };
    await this.client.resource(resource).patch({ name: identity.name, namespace: namespaceIn(resource, identity) }, { type: 'merge', body: { metadata } });
  }

  private async changeOwners(identity: Identity, change: (owners: NonNullable<KubeObject['metadata']['ownerReferences']>) => unknown[], strategic: unknown[]): Promise<void> {
    const resource = this.resourceOf(identity);
    const client = this.client.resource(resource);
    const target = { name: identity.name, namespace: namespaceIn(resource, identity) };
    try {
      await client.patch(target, { type: 'strategic', body: { metadata: { uid: identity.uid, ownerReferences: strategic } } });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 415) throw error;
      const live = await client.get(target.name, target.namespace);
      if (live.metadata.uid !== identity.uid) return;
      const body = { metadata: { resourceVersion: live.metadata.resourceVersion, ownerReferences: change(live.metadata.ownerReferences ?? []) } };
      await client.patch(target, { type: 'merge', body });
    }
  }
}

export function namespaceIn(resource: GroupVersionResource & { readonly namespaced: boolean }, { namespace }: Pick<Identity, 'namespace'>): string | undefined {
  return resource.namespaced ? namespace : undefined;
}

export async function ignoreNotFound<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  }
}
