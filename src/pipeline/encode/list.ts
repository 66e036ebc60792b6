import { apiVersionOf } from '../../api/gvk.js';
import type { Kind } from '../../registry/kind.js';
import type { ListResponse } from '../request.js';
import { listMeta } from './partial.js';

const SEPARATOR = Buffer.from(',{');
const FIRST = Buffer.from('{');
const END = Buffer.from(']}\n');

/** The list as an object, for encodings that cannot be put together from the items' bytes. */
export function listObject(response: ListResponse): object {
  return {
    kind: `${response.kind.gvk.kind}List`,
    apiVersion: apiVersionOf(response.kind.gvk),
    metadata: listMeta(response),
    items: response.entries.map(({ object }) => {
      // Items of a typed list carry neither kind nor apiVersion, as Go leaves the embedded TypeMeta empty.
      const { kind: _kind, apiVersion: _apiVersion, ...item } = object;
      return item;
    }),
  };
}

/** A list as JSON, put together from the items' stored bytes: nothing is encoded again. */
export function listBytes(response: ListResponse): readonly Buffer[] {
  const { kind } = response;
  const head = `{"kind":${JSON.stringify(`${kind.gvk.kind}List`)},"apiVersion":${JSON.stringify(apiVersionOf(kind.gvk))},"metadata":${JSON.stringify(listMeta(response))},"items":[`;
  const skip = typeMetaLength(kind);
  const parts: Buffer[] = [Buffer.from(head)];
  let first = true;
  for (const entry of response.entries) {
    parts.push(first ? FIRST : SEPARATOR, entry.json.subarray(skip));
    first = false;
  }
  parts.push(END);
  return parts;
}

const lengths = new WeakMap<Kind, number>();

/** Stored objects start with `{"kind":"Pod","apiVersion":"v1",`: how many bytes that takes for the kind. */
function typeMetaLength(kind: Kind): number {
  const known = lengths.get(kind);
  if (known !== undefined) return known;
  const length = Buffer.byteLength(`{"kind":${JSON.stringify(kind.gvk.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind.gvk))},`);
  lengths.set(kind, length);
  return length;
}
