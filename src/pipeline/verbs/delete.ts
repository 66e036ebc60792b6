import type { KubeObject } from '../../api/object.js';
import { remove } from '../../registry/delete.js';
import { deleteOptionsOf } from '../../registry/delete-options.js';
import { removeCollection } from '../../registry/delete-collection.js';
import { list as listObjects } from '../../registry/list.js';
import { Selection } from '../../registry/selection.js';
import type { DeleteOptions } from '../../registry/subresource.js';
import { decodeDeleteOptions } from '../decode-object.js';
import { deleteOptionsOfQuery, listOptions } from '../options.js';
import type { ListResponse, ObjectResponse } from '../request.js';
import { writeRequest, type Scope } from '../scope.js';

/** DELETE of one object. Answers with the object while it lives on, or where the kind says so, else with a Status. */
export async function deleteOne(scope: Scope): Promise<ObjectResponse> {
  const { info, kind, registry } = scope;
  const options = await deleteOptions(scope);
  const { entry, gone, reply } = await remove(registry, writeRequest(scope, { dryRun: options.dryRun === true, fieldManager: '' }), info.name, options);
  // 202 only for those who asked by the deprecated field that dependents go too: others would break on it.
  const code = !gone && options.orphanDependents === false ? 202 : 200;
  if (reply) return { type: 'object', code, object: reply, kind: undefined };
  if (!gone || kind.strategy.returnsDeleted) return { type: 'object', code, object: entry.object, entry, kind };
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: info.name, ...(info.group ? { group: info.group } : {}), kind: info.resource, uid: entry.object.metadata.uid },
  };
  return { type: 'object', code, object: status as unknown as KubeObject, kind: undefined };
}

/** DELETE of a collection; answers with the list as it was. */
export async function deleteMany(scope: Scope): Promise<ListResponse> {
  const { info, kind, registry, request } = scope;
  const query = listOptions(request.query);
  const selection = Selection.of(kind, query.labels, query.fields);
  const options = await deleteOptions(scope);
  const found = await listObjects(registry, kind, info.namespace, { ...query, selection, request });
  await removeCollection(registry, writeRequest(scope, { dryRun: options.dryRun === true, fieldManager: '' }), found.entries, options);
  return { type: 'list', kind, ...found };
}

async function deleteOptions(scope: Scope): Promise<DeleteOptions> {
  const body = await decodeDeleteOptions(scope);
  return body ? deleteOptionsOf(body) : deleteOptionsOfQuery(scope.request.query);
}
