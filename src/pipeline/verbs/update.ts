import { badRequest } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import { deepClone } from '../../base/freeze.js';
import { update as updateObject } from '../../registry/update.js';
import { track } from '../../registry/track.js';
import type { ObjectSubresource } from '../../registry/subresource.js';
import { definitionOf } from '../../schema/catalogue.js';
import { decodeObject } from '../decode-object.js';
import { writeOptions } from '../options.js';
import type { ObjectResponse } from '../request.js';
import { writeRequest, type Scope } from '../scope.js';

/** PUT of an object or of a view of it. */
export async function update(scope: Scope, subresource: ObjectSubresource | undefined): Promise<ObjectResponse> {
  const { kind, info, registry, request } = scope;
  const options = writeOptions('UpdateOptions', request.query);
  const projection = subresource?.projection;
  const gvk = projection?.gvk ?? kind.gvk;
  const sent = await decodeObject(scope, gvk, projection ? definitionOf(gvk) : kind.definition, options.fieldValidation);
  checkName(sent, info.name);
  const write = writeRequest(scope, options);
  const strategy = subresource?.strategy ?? kind.strategy;
  if (!projection) strategy.defaults?.(sent);
  else projection.validate?.(sent);
  const result = await updateObject(
    registry,
    write,
    info.name,
    (live) => {
      const object = projection ? projected(live, (draft) => projection.write(draft, sent), sent) : deepClone(sent);
      track(registry, write, strategy, live, object);
      return object;
    },
    { strategy },
  );
  const code = result.created ? 201 : 200;
  if (projection) return { type: 'object', code, object: projection.read(result.entry.object), kind: undefined };
  return { type: 'object', code, object: result.entry.object, entry: result.entry, kind };
}

/** A copy of the live object with the view's changes; the view's resourceVersion and uid are preconditions. */
export function projected(live: KubeObject | undefined, write: (draft: KubeObject) => void, view: KubeObject): KubeObject {
  const draft = deepClone(live as KubeObject);
  write(draft);
  if (view.metadata.resourceVersion) draft.metadata.resourceVersion = view.metadata.resourceVersion;
  else delete draft.metadata.resourceVersion;
  if (view.metadata.uid) draft.metadata.uid = view.metadata.uid;
  return draft;
}

/** Throws 400 when the object names itself otherwise than the URL. */
export function checkName(object: KubeObject, name: string): void {
  const own = object.metadata.name;
  if (!own) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
}
