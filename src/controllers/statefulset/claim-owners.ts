import type { KubeObject, OwnerReference } from '../../api/object.js';
import type { StatefulSet } from '../../api/types/apps-v1.js';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.js';
import { controllerRefTo } from '../shared/controller-ref.js';
import { isInRange } from './identity.js';

/**
 * Who owns a claim follows from the set's retention policy, so that the garbage collector deletes it in time
 * (KEP-1847). Pure.
 */

type Policy = 'Retain' | 'Delete';

function policyOf({ spec }: StatefulSet): { whenDeleted: Policy; whenScaled: Policy } {
  const { whenDeleted, whenScaled } = spec.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenDeleted: whenDeleted === 'Delete' ? 'Delete' : 'Retain', whenScaled: whenScaled === 'Delete' ? 'Delete' : 'Retain' };
}

function names(reference: OwnerReference, owner: KubeObject): boolean {
  return reference.apiVersion === owner.apiVersion && reference.kind === owner.kind && reference.name === owner.metadata.name;
}

/** The claim belongs to a pod or set of the same name that is gone: it will be collected. */
function isStale(claim: PersistentVolumeClaim, owner: KubeObject): boolean {
  const reference = claim.metadata.ownerReferences?.find((each) => names(each, owner));
  return reference !== undefined && reference.uid !== owner.metadata.uid;
}

/** Whether a new pod would get a claim that is about to be collected. */
export function isStaleClaim(set: StatefulSet, claim: PersistentVolumeClaim, pod: Pod): boolean {
  return policyOf(set).whenScaled === 'Delete' && isStale(claim, pod);
}

export function hasUnexpectedController(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false;
  return (claim.metadata.ownerReferences ?? []).some((reference) => {
    for (const owner of [set, pod]) if (names(reference, owner)) return reference.uid !== owner.metadata.uid;
    return reference.controller === true;
  });
}

/** The references that the claim should have; undefined when they are right. */
export function wantedOwners(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): OwnerReference[] | undefined {
  if (isStale(claim, set) || isStale(claim, pod)) return undefined;
  const present = claim.metadata.ownerReferences ?? [];
  const ours = present.filter(({ uid }) => uid === set.metadata.uid || uid === pod.metadata.uid);
  const others = present.filter((reference) => !names(reference, set) && !names(reference, pod));
  if (hasUnexpectedController(claim, set, pod)) return ours.length > 0 ? others : undefined;
  const owner = ownerFor(set, pod);
  const right = ours.length === (owner ? 1 : 0) && ours.every(({ uid, controller }) => uid === owner?.metadata.uid && controller);
  if (right) return undefined;
  return owner ? [...others, controllerRefTo(owner)] : others;
}

function ownerFor(set: StatefulSet, pod: Pod): KubeObject | undefined {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenScaled === 'Delete' && !isInRange(set, pod)) return pod;
  return whenDeleted === 'Delete' ? set : undefined;
}
