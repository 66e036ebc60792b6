import type { KubeObject, ObjectMeta } from '../../api/object.js';

const OF_USERS = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

/** For routes that take nothing of metadata (metav1.ResetObjectMetaForStatus). */
export function keepMetadata(object: KubeObject, old: KubeObject): void {
  keepMetadataFields(object, old, ['deletionTimestamp', ...OF_USERS]);
}

/** Puts fields of metadata back to what they were; those that users write unless said otherwise. */
export function keepMetadataFields(object: KubeObject, old: KubeObject, fields: ReadonlyArray<keyof ObjectMeta> = OF_USERS): void {
  for (const name of fields) {
    if (old.metadata[name] === undefined) delete object.metadata[name];
    else Object.assign(object.metadata, { [name]: old.metadata[name] });
  }
}

/** Puts all of metadata back to what it was, but for who manages which fields. */
export function keepAllButManagers(object: KubeObject, old: KubeObject): void {
  const { managedFields } = object.metadata;
  object.metadata = { ...old.metadata };
  if (managedFields) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
}
