import { apiVersionOf } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import { encodeJson } from '../../base/json.js';
import type { Kind } from '../../registry/kind.js';
import { toTyped } from '../../schema/typed.js';
import { encodeProtobuf, encodeWatchFrame } from '../../schema/protobuf/index.js';
import { MEDIA_TYPES, type Negotiated } from '../negotiate.js';
import type { Entry } from '../../storage/types.js';
import type { EncodedResponse, WatchEvent, WatchResponse } from '../request.js';
import { partialObject } from './partial.js';
import { joinFrames, sharedFrame } from './shared-frames.js';
import { table, type Row, type TableOptions } from './table.js';

/** A watcher that is behind gets its events in portions of this size, so that many of them do not hold up everybody else. */
const PORTION_BYTES = 64 * 1024;

/** A watch as a stream of frames. Frames of a change are encoded once and shared by all watchers that ask alike. */
export function watchReply(response: WatchResponse, negotiated: Negotiated, tableOptions: () => TableOptions): EncodedResponse {
  const type = MEDIA_TYPES[negotiated.encoding];
  return {
    code: 200,
    headers: { 'content-type': negotiated.encoding === 'json' ? type : `${type};stream=watch` },
    body: frames(response, negotiated, tableOptions),
  };
}

async function* frames(response: WatchResponse, negotiated: Negotiated, tableOptions: () => TableOptions): AsyncGenerator<Buffer, void, undefined> {
  const encode = new FrameEncoder(response.kind, negotiated, tableOptions);
  for await (const events of response.events) {
    // No event is a list: the real server ends the stream at the first one.
    if (negotiated.as === 'PartialObjectMetadataList' && events.some(({ type }) => type !== 'ERROR')) return;
    let portion: Buffer[] = [];
    let size = 0;
    for (const event of events) {
      const frame = encode.frame(event);
      if (size > 0 && size + frame.length > PORTION_BYTES) {
        yield joinFrames(portion);
        portion = [];
        size = 0;
      }
      portion.push(frame);
      size += frame.length;
    }
    yield joinFrames(portion);
  }
}

class FrameEncoder {
  private columnsSent = false;
  private readonly forms: Record<string, string> = {};

  constructor(
    private readonly kind: Kind,
    private readonly negotiated: Negotiated,
    private readonly tableOptions: () => TableOptions,
  ) {}

  frame(event: WatchEvent): Buffer {
    if (event.type === 'BOOKMARK') return this.encode('BOOKMARK', this.bookmark(event));
    if (event.type === 'ERROR') return this.encode('ERROR', event.status);
    const { type, change } = event;
    // A Table depends on the time and on what was sent before: it is never shared.
    return change && this.negotiated.as !== 'Table' ? sharedFrame(change, this.form(type), () => this.dataFrame(type, event.entry)) : this.dataFrame(type, event.entry);
  }

  private form(type: string): string {
    return (this.forms[type] ??= `${type} ${this.negotiated.encoding} ${this.negotiated.as ?? ''} ${this.negotiated.version} ${this.kind.gvk.group}/${this.kind.gvk.version}`);
  }

  private dataFrame(type: string, entry: Entry): Buffer {
    if (this.negotiated.as === undefined && this.negotiated.encoding === 'json') return jsonFrame(type, entry.json);
    return this.encode(type, this.transform(entry.object));
  }

  private transform(object: KubeObject): object {
    const { as, version } = this.negotiated;
    if (as === 'PartialObjectMetadata') return partialObject(object, version);
    return as === 'Table' ? this.row({ object }, this.tableOptions()) : object;
  }

  private row(row: Row, options: TableOptions): object {
    const withColumns = !this.columnsSent;
    this.columnsSent = true;
    const { resourceVersion } = row.object.metadata;
    return table(this.kind, [row], resourceVersion ? { resourceVersion } : {}, options, withColumns);
  }

  /** An object of the watched kind whose only value is a resourceVersion (KEP-956). */
  private bookmark({ resourceVersion, initialEventsEnd }: { resourceVersion: string; initialEventsEnd: boolean }): object {
    const metadata = { resourceVersion, ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) } as unknown as KubeObject['metadata'];
    const object: KubeObject = Object.assign({ kind: this.kind.gvk.kind, apiVersion: apiVersionOf(this.kind.gvk) }, this.zeroObject(), { metadata });
    if (this.negotiated.as !== 'Table') return this.transform(object);
    const options = this.tableOptions();
    // That the initial events are told is said even to those who want cells alone.
    return this.row({ object, printed: this.zeroObject() }, initialEventsEnd && options.include === 'None' ? { ...options, include: 'Metadata' } : options);
  }

  /** What Go writes of an object that nobody has filled in, and printers count on. */
  private zeroObject(): KubeObject {
    const zero = toTyped(this.kind.definition, { metadata: {} }).object as unknown as KubeObject;
    return { ...zero, metadata: { ...zero.metadata, name: '' } };
  }

  private encode(type: string, object: object): Buffer {
    switch (this.negotiated.encoding) {
      case 'json':
        return Buffer.from(`{"type":"${type}","object":${encodeJson(object)}}\n`);
      case 'protobuf':
        return encodeWatchFrame(type, encodeProtobuf(object));
      case 'yaml':
        throw new TypeError('watches have no frames in YAML');
    }
  }
}

/** Around the stored bytes; not from Node's pool, as it lives for a while. */
function jsonFrame(type: string, json: Buffer): Buffer {
  const head = `{"type":"${type}","object":`;
  const frame = Buffer.allocUnsafeSlow(head.length + json.length + 2);
  frame.write(head, 'latin1');
  frame.set(json, head.length);
  frame.write('}\n', head.length + json.length, 'latin1');
  return frame;
}
