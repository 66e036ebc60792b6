import type { KubeObject } from '../api/object.js';
import { deepFreeze } from '../base/freeze.js';
import type { ObjectCodec } from './codec.js';
import { StoredJson } from './stored-json.js';
import type { Change, Entry, ObjectKey, Revision } from './types.js';

/** Where an entry gets the form of its object that it does not hold yet. */
export interface EntrySource {
  object(entry: Entry): KubeObject;
  json(entry: Entry): Buffer;
}

interface EntryFields {
  readonly key: ObjectKey;
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly expires?: number | undefined;
  readonly object?: KubeObject | undefined;
  readonly json?: Buffer | undefined;
}

export class StoredEntry implements Entry {
  readonly key: ObjectKey;
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly expires: number | undefined;
  private parsed: KubeObject | undefined;
  private bytes: Buffer | undefined;
  private encodings: Map<string, Buffer> | undefined;

  constructor(
    fields: EntryFields,
    private readonly source: EntrySource,
  ) {
    this.key = fields.key;
    this.revision = fields.revision;
    this.createRevision = fields.createRevision;
    this.expires = fields.expires;
    this.parsed = fields.object;
    this.bytes = fields.json;
    this.encodings = undefined;
  }

  get object(): KubeObject {
    return (this.parsed ??= this.source.object(this));
  }

  get json(): Buffer {
    return (this.bytes ??= this.source.json(this));
  }

  get cache(): Map<string, Buffer> {
    return (this.encodings ??= new Map());
  }

  /** Whether its bytes are in memory. */
  get isRead(): boolean {
    return this.bytes !== undefined;
  }

  /** Lets go of the parsed object, which is read from the bytes again should somebody ask. */
  forget(): void {
    if (this.bytes) this.parsed = undefined;
  }

  /** Gives an entry without bytes its bytes, read together with those of others. */
  fill(json: Buffer): void {
    this.bytes ??= json;
  }
}

export class StoredChange implements Change {
  private encodings: Map<string, Buffer> | undefined = undefined;

  constructor(
    readonly type: Change['type'],
    readonly entry: Entry,
    readonly previous: Entry | undefined,
  ) {}

  get key(): ObjectKey {
    return this.entry.key;
  }

  get revision(): Revision {
    return this.entry.revision;
  }

  get cache(): Map<string, Buffer> {
    return (this.encodings ??= new Map());
  }
}

/** Objects whose bytes are at hand. */
export class ParsingSource implements EntrySource {
  private readonly stored: StoredJson;

  constructor(
    codec: ObjectCodec,
    private readonly read: (entry: Entry) => Buffer,
  ) {
    this.stored = new StoredJson(codec);
  }

  object(entry: Entry): KubeObject {
    return deepFreeze(this.stored.decode(entry.json.toString('utf8')));
  }

  json(entry: Entry): Buffer {
    return this.read(entry);
  }
}

/** The last state of a deleted object, made when somebody looks. */
export class DeletedSource implements EntrySource {
  constructor(
    private readonly codec: ObjectCodec,
    private readonly last: Entry,
  ) {}

  object(entry: Entry): KubeObject {
    return stamp(this.last.object, entry.revision);
  }

  json(entry: Entry): Buffer {
    return encode(this.codec, entry.object);
  }
}

export function deletedEntry(codec: ObjectCodec, last: Entry, revision: Revision): StoredEntry {
  return new StoredEntry({ key: last.key, revision, createRevision: last.createRevision }, new DeletedSource(codec, last));
}

/** The object with its resourceVersion set, frozen. Takes ownership of what is not frozen yet. */
export function stamp(object: KubeObject, revision: Revision): KubeObject {
  const resourceVersion = String(revision);
  if (Object.isFrozen(object) || Object.isFrozen(object.metadata)) {
    return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion } });
  }
  object.metadata.resourceVersion = resourceVersion;
  return deepFreeze(object);
}

export function encode(codec: ObjectCodec, object: KubeObject): Buffer {
  const text = codec.encode(object);
  // Not from Node's pool: one long-lived object would pin the slab of its neighbours.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
