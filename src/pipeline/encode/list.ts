import { apiVersionOf } from '../../api/gvk.js';
import { encodeJson } from '../../base/json.js';
import type { Kind } from '../../registry/kind.js';
import type { Entry } from '../../storage/types.js';
import type { ListResponse } from '../request.js';
import { ByteWriter } from './byte-writer.js';
import { metadataEnds, metadataStart } from './metadata-bytes.js';
import { listMeta, partialList, partialObject } from './partial.js';
import { columnDefinitions, type TableOptions } from './table.js';

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

const OPEN = Buffer.from('{');
const NEXT = Buffer.from(',{');
const END = Buffer.from(']}\n');

/** A list as JSON, put together from the items' stored bytes: nothing is encoded again. */
export function listBytes(response: ListResponse): readonly Buffer[] {
  const { kind } = response;
  const head = `{"kind":${JSON.stringify(`${kind.gvk.kind}List`)},"apiVersion":${JSON.stringify(apiVersionOf(kind.gvk))},"metadata":${JSON.stringify(listMeta(response))},"items":[`;
  return [Buffer.from(head), ...itemsOf(response)];
}

/** The reader gives one array for all lists between two changes: from the second list on its items are ready to send. */
const askedBefore = new WeakMap<readonly Entry[], readonly Buffer[] | 'once'>();
/** Larger lists would weigh too much beside the objects themselves. */
const KEEP_BYTES = 32 * 1024 * 1024;

function itemsOf({ kind, entries }: ListResponse): readonly Buffer[] {
  const known = askedBefore.get(entries);
  if (Array.isArray(known)) return known as readonly Buffer[];
  const skip = typeMetaLength(kind);
  let size = END.length;
  for (const { json } of entries) size += json.length - skip + NEXT.length;
  const writer = new ByteWriter(size);
  let separator = OPEN;
  for (const { json } of entries) {
    writer.bytes(separator);
    writer.bytes(json.subarray(skip));
    separator = NEXT;
  }
  writer.bytes(END);
  const pieces = writer.finish();
  askedBefore.set(entries, known === 'once' && size <= KEEP_BYTES ? pieces : 'once');
  return pieces;
}

/** A PartialObjectMetadataList: of the stored bytes only the metadata. */
export function partialListBytes(response: ListResponse, version: string): readonly Buffer[] {
  if (response.entries.length === 0) return [Buffer.from(`${encodeJson(partialList(response, version))}\n`)];
  const writer = new ByteWriter();
  writer.text(`{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(listMeta(response))},"items":[`);
  const partial = new PartialWriter(response, version, writer);
  response.entries.forEach((entry, i) => {
    if (i > 0) writer.text(',');
    partial.write(entry, i);
  });
  writer.bytes(END);
  return writer.finish();
}

/** A Table of a list: the cells are computed, the objects come from the stored bytes. */
export function tableBytes(response: ListResponse, { version, include, nowMs }: TableOptions): readonly Buffer[] {
  const { kind } = response;
  const writer = new ByteWriter();
  const columns = encodeJson(columnDefinitions(kind));
  writer.text(`{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(listMeta(response))},"columnDefinitions":${columns},"rows":[`);
  const partial = new PartialWriter(response, version, writer);
  response.entries.forEach((entry, i) => {
    writer.text(`${i > 0 ? ',' : ''}{"cells":${encodeJson(kind.printer.cells(entry.object, nowMs))},"object":`);
    if (include === 'Metadata') partial.write(entry, i);
    else if (include === 'Object') writer.bytes(entry.json);
    else writer.text('null');
    writer.text('}');
  });
  writer.bytes(END);
  return writer.finish();
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
