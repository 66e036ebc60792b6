import { badRequest } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import { dedupOwnerReferences, ensureNamespace } from '../../registry/metadata.js';
import { update as updateObject } from '../../registry/update.js';
import { track } from '../../registry/track.js';
import type { ObjectSubresource } from '../../registry/subresource.js';
import { definitionOf } from '../../schema/catalogue.js';
import { decodeObject } from '../decode-object.js';
import { writeOptions } from '../options.js';
import type { ObjectResponse } from '../request.js';
import { writeRequest, type Scope } from '../scope.js';
import { trackView, writeView } from './view.js';

/** PUT of an object or of a view of it. */
export async function update(scope: Scope, subresource: ObjectSubresource | undefined): Promise<ObjectResponse> {
  const { kind, info, registry, request } = scope;
  const options = writeOptions('UpdateOptions', request.query);
  const write = writeRequest(scope, options);
  const projection = subresource?.projection;
  const gvk = projection?.gvk ?? kind.gvk;
  const read = async (): Promise<KubeObject> => {
    const object = await decodeObject(scope, gvk, projection ? definitionOf(gvk) : kind.definition, options.fieldValidation, projection ? undefined : kind.custom?.prune);
    ensureNamespace(object, kind.facts.namespaced, info.namespace);
    checkName(object, info.name);
    dedupOwnerReferences(object, (text) => write.warn(text), false);
    if (!projection) kind.strategy.defaults?.(object);
    else projection.validate?.(object);
    return object;
  };
  const sent = await read();
  const strategy = subresource?.strategy ?? kind.strategy;
  let isUsed = false;
  const result = await updateObject(
    registry,
    write,
    info.name,
    async (live) => {
      if (projection) return writeView(scope, projection, live as KubeObject, sent, trackView(scope, write, projection, live as KubeObject, sent));
      // The update works on the object itself: whoever has to try again reads the body again.
      const object = isUsed ? await read() : sent;
      isUsed = true;
      track(registry, write, strategy, live, object);
      return object;
    },
    { strategy, uid: sent.metadata.uid },
  );
  const code = result.created ? 201 : 200;
  if (projection) return { type: 'object', code, object: projection.read(result.entry.object), kind: undefined };
  return { type: 'object', code, object: result.entry.object, entry: result.entry, kind };
}

/** Throws 400 when the object names itself otherwise than the URL. */
export function checkName(object: KubeObject, name: string): void {
  const own = object.metadata.name;
  if (!own) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
}
