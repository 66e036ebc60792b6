import { apiVersionOf } from '../../api/gvk.js';
import { encodeJson } from '../../base/json.js';
import type { Kind } from '../../registry/kind.js';
import type { Entry } from '../../storage/types.js';
import type { ListResponse, Pieces } from '../request.js';
import { ByteWriter } from './byte-writer.js';
import { metadataEnds, metadataStart } from './metadata-bytes.js';
import { listMeta, partialList, partialObject } from './partial.js';
import { columnDefinitions, hasNilRows, type TableOptions } from './table.js';

/** The list as an object, for encodings that cannot be put together from the items' bytes. */
export function listObject(response: ListResponse): object {
  const { custom } = response.kind;
  if (custom) return { apiVersion: apiVersionOf(response.kind.gvk), items: response.entries.map(({ object }) => object), kind: custom.listKind, metadata: customListMeta(response) };
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

const OPEN = Buffer.from('{');
const NEXT = Buffer.from(',{');
const END = Buffer.from(']}\n');

/**
 * A list as JSON, put together from the items' stored bytes as the client takes them: nothing is encoded again, and a
 * client that stops reading a long list holds one piece of it, beside the objects that it is about.
 */
export function listBytes(response: ListResponse): readonly Buffer[] | Pieces {
  const { kind, entries } = response;
  if (kind.custom) return customListBytes(response, kind.custom.listKind);
  const head = Buffer.from(`{"kind":${JSON.stringify(`${kind.gvk.kind}List`)},"apiVersion":${JSON.stringify(apiVersionOf(kind.gvk))},"metadata":${JSON.stringify(listMeta(response))},"items":[`);
  const known = askedBefore.get(entries);
  if (Array.isArray(known)) return [head, ...(known as readonly Buffer[])];
  const skip = typeMetaLength(kind);
  let size = END.length;
  for (const { json } of entries) size += json.length - skip + NEXT.length;
  // Of two items one separator is shorter than the other.
  if (entries.length > 0) size -= NEXT.length - OPEN.length;
  if (known === 'once' && size <= KEEP_BYTES) {
    const pieces = [...itemsOf(entries, skip, new ByteWriter(size))];
    askedBefore.set(entries, pieces);
    return [head, ...pieces];
  }
  askedBefore.set(entries, 'once');
  const total = head.length + size;
  return pieces(function* () {
    const writer = new ByteWriter(total);
    writer.bytes(head);
    yield* itemsOf(entries, skip, writer);
  }, total);
}

/** Lists of custom resources are maps to the real server: in the order of their keys, each item with its kind. */
function customListBytes(response: ListResponse, listKind: string): readonly Buffer[] {
  const writer = new ByteWriter();
  writer.text(`{"apiVersion":${JSON.stringify(apiVersionOf(response.kind.gvk))},"items":[`);
  for (const [i, { json }] of response.entries.entries()) {
    if (i > 0) writer.text(',');
    writer.bytes(json);
  }
  writer.text(`],"kind":${JSON.stringify(listKind)},"metadata":${JSON.stringify(customListMeta(response))}}\n`);
  return writer.finish();
}

function customListMeta({ resourceVersion, continue: token = '', remainingItemCount }: ListResponse): object {
  return { continue: token, ...(remainingItemCount ? { remainingItemCount } : {}), resourceVersion };
}

/** The reader gives one array for all lists between two changes: from the second list on its items are ready to send. */
const askedBefore = new WeakMap<readonly Entry[], readonly Buffer[] | 'once'>();
/** Larger lists would weigh too much beside the objects themselves. */
const KEEP_BYTES = 32 * 1024 * 1024;

function* itemsOf(entries: readonly Entry[], skip: number, writer: ByteWriter): Generator<Buffer, void, undefined> {
  let separator = OPEN;
  for (const { json } of entries) {
    writer.bytes(separator);
    writer.bytes(json.subarray(skip));
    separator = NEXT;
    if (writer.hasFull) yield* writer.full();
  }
  writer.bytes(END);
  yield* writer.finish();
}

function pieces(make: () => Iterator<Buffer>, size?: number): Pieces {
  return { size, [Symbol.iterator]: make };
}

/** A PartialObjectMetadataList: of the stored bytes only the metadata. */
export function partialListBytes(response: ListResponse, version: string): readonly Buffer[] | Pieces {
  if (response.entries.length === 0) return [Buffer.from(`${encodeJson(partialList(response, version))}\n`)];
  return pieces(function* () {
    const writer = new ByteWriter();
    writer.text(`{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(listMeta(response))},"items":[`);
    const partial = new PartialWriter(response, version, writer);
    for (const [i, entry] of response.entries.entries()) {
      if (i > 0) writer.text(',');
      partial.write(entry, i);
      if (writer.hasFull) yield* writer.full();
    }
    writer.bytes(END);
    yield* writer.finish();
  });
}

/** A Table of a list: the cells are computed, the objects come from the stored bytes. */
export function tableBytes(response: ListResponse, { version, include, nowMs }: TableOptions): Pieces {
  const { kind } = response;
  return pieces(function* () {
    const writer = new ByteWriter();
    const columns = encodeJson(columnDefinitions(kind));
    const head = `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(listMeta(response))},"columnDefinitions":${columns},"rows":`;
    if (response.entries.length === 0 && hasNilRows(kind)) {
      writer.text(`${head}null}\n`);
      return yield* writer.finish();
    }
    writer.text(`${head}[`);
    const partial = new PartialWriter(response, version, writer);
    for (const [i, entry] of response.entries.entries()) {
      writer.text(`${i > 0 ? ',' : ''}{"cells":${encodeJson(kind.printer.cells(entry.object, nowMs))},"object":`);
      if (include === 'Metadata') partial.write(entry, i);
      else if (include === 'Object') writer.bytes(entry.json);
      else writer.text('null');
      writer.text('}');
      if (writer.hasFull) yield* writer.full();
    }
    writer.bytes(END);
    yield* writer.finish();
  });
}

/** Writes PartialObjectMetadata of a list's entries. */
class PartialWriter {
  private readonly head: Buffer;
  private readonly start: number;
  private readonly ends: Uint32Array;

  constructor(
    { kind, entries }: ListResponse,
    private readonly version: string,
    private readonly writer: ByteWriter,
  ) {
    this.head = Buffer.from(`{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`);
    const offset = typeMetaLength(kind);
    this.start = metadataStart(offset);
    this.ends = metadataEnds(entries, offset);
  }

  write(entry: Entry, index: number): void {
    const end = this.ends[index] ?? 0;
    if (end === 0) return this.writer.text(encodeJson(partialObject(entry.object, this.version)));
    this.writer.bytes(this.head);
    this.writer.bytes(entry.json.subarray(this.start, end));
    this.writer.text('}');
  }
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
