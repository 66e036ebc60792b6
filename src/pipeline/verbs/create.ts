import { create as createObject } from '../../registry/create.js';
import { decodeObject } from '../decode-object.js';
import { writeOptions } from '../options.js';
import type { ObjectResponse } from '../request.js';
import { writeRequest, type Scope } from '../scope.js';

export async function create(scope: Scope): Promise<ObjectResponse> {
  const options = writeOptions('CreateOptions', scope.request.query);
  const object = await decodeObject(scope, scope.kind.gvk, scope.kind.definition, options.fieldValidation, scope.kind.custom?.prune);
  scope.kind.strategy.defaults?.(object);
  const entry = await createObject(scope.registry, writeRequest(scope, options), object);
  return { type: 'object', code: 201, object: entry.object, entry, kind: scope.kind };
}
