import type { KubeObject } from '../api/object.js';
import { encodeJson } from '../base/json.js';
import { deepFreeze } from '../base/freeze.js';
import { revision, type Entry } from '../storage/types.js';

/** The outcome of a dry run: looks like a stored object, but nothing was written. */
export function unsavedEntry(key: string, object: KubeObject): Entry {
  let json: Buffer | undefined;
  return {
    key,
    revision: revision(Number(object.metadata.resourceVersion ?? 0)),
    createRevision: revision(0),
    object: deepFreeze(object),
    expires: undefined,
    cache: new Map(),
    get json() {
      return (json ??= Buffer.from(encodeJson(object)));
    },
  };
}
