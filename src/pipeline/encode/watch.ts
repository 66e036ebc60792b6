import { apiVersionOf } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import { encodeJson } from '../../base/json.js';
import type { Kind } from '../../registry/kind.js';
import { encodeProtobuf, encodeWatchFrame } from '../../schema/protobuf/index.js';
import { encodeYaml } from '../../schema/yaml.js';
import { MEDIA_TYPES, type Negotiated } from '../negotiate.js';
import type { EncodedResponse, WatchEvent, WatchResponse } from '../request.js';
import { partialObject } from './partial.js';
import { table, type TableOptions } from './table.js';

const CLOSE = Buffer.from('}\n');

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
    const parts: Buffer[] = [];
    for (const event of events) encode.frame(event, parts);
    yield parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }
}

class FrameEncoder {
  private columnsSent = false;

  constructor(
    private readonly kind: Kind,
    private readonly negotiated: Negotiated,
    private readonly tableOptions: () => TableOptions,
  ) {}

  frame(event: WatchEvent, parts: Buffer[]): void {
    const { as, encoding } = this.negotiated;
    if (event.type === 'BOOKMARK') return void parts.push(this.encode('BOOKMARK', this.transform(this.bookmark(event))));
    if (event.type === 'ERROR') return void parts.push(this.encode('ERROR', event.status));
    if (as === undefined && encoding === 'json') {
      parts.push(Buffer.from(`{"type":"${event.type}","object":`), event.entry.json, CLOSE);
      return;
    }
    // A Table depends on the time and on what was sent before: it is never shared.
    const cache = as === 'Table' ? undefined : event.change?.cache;
    const key = `${event.type} ${encoding} ${as ?? ''} ${this.negotiated.version} ${this.kind.gvk.group}/${this.kind.gvk.version}`;
    const known = cache?.get(key);
    if (known) return void parts.push(known);
    const bytes = this.encode(event.type, this.transform(event.entry.object));
    cache?.set(key, bytes);
    parts.push(bytes);
  }

  private transform(object: KubeObject): object {
    const { as, version } = this.negotiated;
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return partialObject(object, version);
    if (as !== 'Table') return object;
    const withColumns = !this.columnsSent;
    this.columnsSent = true;
    const { resourceVersion } = object.metadata;
    return table(this.kind, [{ object }], resourceVersion ? { resourceVersion } : {}, this.tableOptions(), withColumns);
  }

  /** An object of the watched kind with nothing but a resourceVersion (KEP-956). */
  private bookmark(event: { resourceVersion: string; initialEventsEnd: boolean }): KubeObject {
    const metadata = {
      resourceVersion: event.resourceVersion,
      ...(event.initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    } as unknown as KubeObject['metadata'];
    return { kind: this.kind.gvk.kind, apiVersion: apiVersionOf(this.kind.gvk), metadata };
  }

  private encode(type: string, object: object): Buffer {
    switch (this.negotiated.encoding) {
      case 'json':
        return Buffer.from(`{"type":"${type}","object":${encodeJson(object)}}\n`);
      case 'yaml':
        return Buffer.from(`---\n${encodeYaml({ type, object })}`);
      case 'protobuf':
        return encodeWatchFrame(type, encodeProtobuf(object));
    }
  }
}
