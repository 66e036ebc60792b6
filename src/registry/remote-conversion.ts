import { ApiError } from '../api/errors.js';
import { encodeJson } from '../base/json.js';
import type { KubeObject } from '../api/object.js';
import type { Kind, RemoteConversion } from './kind.js';

/**
 * Thrown where an object is needed in another version that only a webhook can make. Whoever awaits the webhook (`settled`)
 * does the work again, and then finds the object.
 */
class PendingConversion extends Error {
  constructor(
    readonly remote: RemoteConversion,
    readonly object: KubeObject,
    readonly apiVersion: string,
  ) {
    super('an object must be converted first');
  }
}

/** What is converted in one piece of work at most: an object in each version that one of its managers knows. */
const ROUNDS = 200;

/** What webhooks have made for work that is being done, by what they made it of. */
type Converted = Map<string, KubeObject | ApiError>;
let converted: Converted | undefined;

/** Does work that does not wait and needs objects in other versions, as often as there are objects to be converted. */
export async function settled<T>(kind: Kind, work: () => T | Promise<T>): Promise<T> {
  if (!kind.storage.remote) return work();
  const known: Converted = new Map();
  for (let round = 0; ; round++) {
    try {
      const before = converted;
      converted = known;
      let result: T | Promise<T>;
      try {
        result = work();
      } finally {
        converted = before;
      }
      return await result;
    } catch (error) {
      if (!(error instanceof PendingConversion) || round === ROUNDS) throw error;
      const { remote, object, apiVersion } = error;
      known.set(keyOf(object, apiVersion), await remote.convert(object, apiVersion).catch(asApiError));
    }
  }
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  throw error;
}

/** An object in another version, within `settled`. Throws ApiError 500 where the webhook did not make it. */
export function convertRemotely(remote: RemoteConversion, object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return object;
  const known = converted?.get(keyOf(object, apiVersion));
  if (!known) throw new PendingConversion(remote, object, apiVersion);
  if (known instanceof ApiError) throw known;
  return known;
}

const keyOf = (object: KubeObject, apiVersion: string): string => `${apiVersion}\n${encodeJson(object)}`;

/** An object after it has been stored and read, without storing it: what a dry run shows. */
export async function asStored(kind: Kind, object: KubeObject): Promise<KubeObject> {
  const { remote } = kind.storage;
  return remote ? remote.fromStorage(await storedForm(kind, object)) : object;
}

/** An object as it is stored; a promise where a webhook has to make it. */
export function storedForm({ storage: { remote, gvk, toStorage } }: Kind, object: KubeObject): KubeObject | Promise<KubeObject> {
  if (!remote) return toStorage?.(object) ?? object;
  const apiVersion = `${gvk.group}/${gvk.version}`;
  return object.apiVersion === apiVersion ? object : remote.convert(object, apiVersion);
}
