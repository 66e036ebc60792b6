import type { KubeObject, OwnerReference } from '../../api/object.js';

/** The one owner that manages the object; undefined for an orphan. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller);
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** A reference that makes `owner` the controller of an object, and holds its foreground deletion until the object is gone. */
export function controllerRefTo(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid as string, controller: true, blockOwnerDeletion: true };
}

/** Index values by which objects are found by controller, and orphans by namespace. */
export const CONTROLLER_INDEX = 'controller';

export function controllerIndex(object: KubeObject): string[] {
  return [controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace)];
}

/** The index value of objects of a namespace that have no controller. */
export function orphansOf(namespace: string | undefined): string {
  return `orphans of ${namespace ?? ''}`;
}
