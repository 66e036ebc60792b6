import { conflict } from '../../api/errors.js';
import { apiVersionOf } from '../../api/gvk.js';
import type { KubeObject, ManagedFieldsEntry } from '../../api/object.js';
import { formatTime } from '../../api/time.js';
import { managedFieldsOfParent, managedFieldsOfScale, trackUpdate } from '../../apply/index.js';
import { deepClone } from '../../base/freeze.js';
import type { WriteRequest } from '../../registry/dependencies.js';
import type { Projection } from '../../registry/subresource.js';
import { schemaFor } from '../../schema/catalogue.js';
import type { Scope } from '../scope.js';

/** Where the replicas of a scalable kind stand, by apiVersion. */
function replicasPaths(scope: Scope, { replicasPath = ['spec', 'replicas'] }: Projection): Readonly<Record<string, readonly string[]>> {
  return { [apiVersionOf(scope.kind.gvk)]: replicasPath };
}

/** The view of an object that a projection shows, with the managers of what it shows. */
export function readView(scope: Scope, projection: Projection, live: KubeObject): KubeObject {
  const view = projection.read(live);
  const managedFields = managedFieldsOfScale(live.metadata.managedFields, replicasPaths(scope, projection));
  return managedFields.length > 0 ? { ...view, metadata: { ...view.metadata, managedFields } } : view;
}

/** Notes in the view who changed what in it. */
export function trackView(scope: Scope, write: WriteRequest, projection: Projection, live: KubeObject, view: KubeObject): ManagedFieldsEntry[] {
  return trackUpdate({
    live: readView(scope, projection, live),
    updated: view,
    schema: schemaFor(projection.gvk),
    manager: write.fieldManager,
    apiVersion: apiVersionOf(projection.gvk),
    subresource: write.subresource,
    now: formatTime(scope.registry.clock.now()),
  });
}

/**
 * A copy of the live object with a view's changes. The view's resourceVersion and uid stay preconditions; its managers
 * (`entries`) are carried over to the object.
 */
export function writeView(scope: Scope, projection: Projection, live: KubeObject, view: KubeObject, entries: readonly ManagedFieldsEntry[]): KubeObject {
  const { uid } = view.metadata;
  if (uid && uid !== live.metadata.uid) {
    const resource = { group: scope.info.group, resource: `${scope.info.resource}/${scope.info.subresource}` };
    throw conflict(resource, scope.info.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`);
  }
  const draft = deepClone(live);
  projection.write(draft, view);
  if (view.metadata.resourceVersion) draft.metadata.resourceVersion = view.metadata.resourceVersion;
  else delete draft.metadata.resourceVersion;
  const managedFields = managedFieldsOfParent(live.metadata.managedFields, entries, { paths: replicasPaths(scope, projection), apiVersion: apiVersionOf(scope.kind.gvk) });
  if (managedFields.length > 0) draft.metadata.managedFields = managedFields;
  else delete draft.metadata.managedFields;
  return draft;
}
