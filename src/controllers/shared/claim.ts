import { ApiError } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import type { ResourceClient } from '../../client/types.js';
import { controllerOf, controllerRefTo } from './controller-ref.js';

/** What to do with an object that an owner might control. */
export type Claim = 'mine' | 'adopt' | 'release' | 'none';

/** Decides by controllerRef and selector alone (Kubernetes' BaseControllerRefManager.ClaimObject). Pure. */
export function claimOf(owner: KubeObject, object: KubeObject, matches: boolean): Claim {
  const controller = controllerOf(object);
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  if (controller) {
    if (controller.uid !== owner.metadata.uid) return 'none';
    if (matches) return 'mine';
    return leaving ? 'none' : 'release';
  }
  if (leaving || !matches || object.metadata.deletionTimestamp) return 'none';
  return owner.metadata.namespace === object.metadata.namespace ? 'adopt' : 'none';
}

export interface Claiming<T extends KubeObject> {
  readonly owner: KubeObject;
  readonly objects: readonly T[];
  readonly matches: (object: T) => boolean;
  readonly resource: ResourceClient<T>;
  /** The owner as the server knows it now: no orphan is adopted for one that has been deleted meanwhile. */
  readonly freshOwner: () => Promise<KubeObject>;
  /** Finalizers that adopted objects get and released ones lose. */
  readonly finalizers?: readonly string[] | undefined;
}

/**
 * The objects that the owner controls after orphans that match were adopted and controlled ones that match no more were
 * released. Rejects with the first error after all objects were tried.
 */
export async function claim<T extends KubeObject>(claiming: Claiming<T>): Promise<T[]> {
  const { owner, objects, matches } = claiming;
  const claimed: T[] = [];
  let failure: unknown;
  let mayAdopt: Promise<void> | undefined;
  for (const object of objects) {
    const verdict = claimOf(owner, object, matches(object));
    if (verdict === 'mine') claimed.push(object);
    if (verdict !== 'adopt' && verdict !== 'release') continue;
    try {
      if (verdict === 'release') await release(claiming, object);
      else {
        await (mayAdopt ??= recheck(claiming));
        claimed.push(await adopt(claiming, object));
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) failure ??= error;
    }
  }
  if (failure !== undefined) throw failure as Error;
  return claimed;
}

async function recheck({ owner, freshOwner }: Pick<Claiming<KubeObject>, 'owner' | 'freshOwner'>): Promise<void> {
  const { uid, namespace, name } = owner.metadata;
  const fresh = await freshOwner();
  if (fresh.metadata.uid !== uid) throw new Error(`original ${owner.kind} ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`);
  if (fresh.metadata.deletionTimestamp) throw new Error(`${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
}

function adopt<T extends KubeObject>({ owner, resource, finalizers }: Claiming<T>, object: T): Promise<T> {
  const { name, namespace, uid } = object.metadata;
  const body = { metadata: { uid, ownerReferences: [controllerRefTo(owner)], ...(finalizers ? { finalizers } : {}) } };
  return resource.patch({ name, namespace }, { type: 'strategic', body });
}

async function release<T extends KubeObject>({ owner, resource, finalizers }: Claiming<T>, object: T): Promise<void> {
  const { name, namespace, uid } = object.metadata;
  const metadata = {
    uid,
    ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }],
    ...(finalizers ? { '$deleteFromPrimitiveList/finalizers': finalizers } : {}),
  };
  try {
    await resource.patch({ name, namespace }, { type: 'strategic', body: { metadata } });
  } catch (error) {
    // 422: the name belongs to another object by now.
    if (!(error instanceof ApiError) || error.code !== 422) throw error;
  }
}
