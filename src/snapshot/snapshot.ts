import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { KubeObject } from '../api/object.js';
import { decodeJson } from '../base/json.js';
import type { Entry, ObjectKey, Store } from '../storage/types.js';

/** An object as it was. */
export interface SnapshotRow {
  readonly key: ObjectKey;
  /** Of the store that the snapshot is of. */
  readonly revision: number;
  /** What it had left to live, of objects that the store deletes by itself. */
  readonly ttlMs: number | undefined;
  readonly object: KubeObject;
  readonly json: Buffer;
}

/** A file that is no snapshot, or one of a version that is not known here; the message is one sentence. */
export class SnapshotError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SnapshotError';
  }
}

const FORMAT = 'kubette-snapshot';
const VERSION = 1;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/**
 * All objects of a cluster at one revision. Taking one copies nothing: objects never change.
 * As a file it is gzip of lines: a header, then one object each with its key.
 */
export class Snapshot {
  private constructor(
    readonly rows: ReadonlyMap<ObjectKey, SnapshotRow>,
    /** The store whose revisions the rows have; undefined for a snapshot that was read from a file. */
    readonly store: Store | undefined,
    /** Cluster time, in milliseconds since the epoch. */
    readonly time: number,
  ) {}

  /** Number of objects. */
  get size(): number {
    return this.rows.size;
  }

  static of(store: Store, now: number): Snapshot {
    const rows = new Map<ObjectKey, SnapshotRow>();
    for (const entry of store.list('')) rows.set(entry.key, rowOf(entry, now));
    return new Snapshot(rows, store, now);
  }

  /** The part of it whose keys pass. */
  only(test: (key: ObjectKey) => boolean): Snapshot {
    return new Snapshot(new Map([...this.rows].filter(([key]) => test(key))), this.store, this.time);
  }

  async toBytes(): Promise<Buffer> {
    const header = { format: FORMAT, version: VERSION, time: new Date(this.time).toISOString(), objects: this.rows.size };
    const parts: Buffer[] = [Buffer.from(`${JSON.stringify(header)}\n`)];
    for (const { key, ttlMs, json } of this.rows.values()) {
      parts.push(Buffer.from(`{"key":${JSON.stringify(key)},${ttlMs === undefined ? '' : `"ttlMs":${Math.round(ttlMs)},`}"object":`), json, Buffer.from('}\n'));
    }
    return compress(Buffer.concat(parts), { level: 6 });
  }

  /** Rejects with SnapshotError. */
  static async parse(bytes: Uint8Array): Promise<Snapshot> {
    const lines = (await unpacked(bytes)).split('\n');
    const header = parseLine(lines[0] ?? '') as { format?: unknown; version?: unknown; time?: unknown; objects?: unknown } | undefined;
    if (header?.format !== FORMAT || typeof header.version !== 'number') throw new SnapshotError('this is no snapshot of kubette');
    if (header.version > VERSION) throw new SnapshotError(`the snapshot has version ${header.version}; this version of kubette reads snapshots up to version ${VERSION}`);
    const rows = new Map<ObjectKey, SnapshotRow>();
    for (let i = 1; i < lines.length; i++) {
      const line = lines[i] as string;
      if (line === '') continue;
      const row = parseLine(line) as { key?: unknown; ttlMs?: unknown; object?: KubeObject } | undefined;
      if (typeof row?.key !== 'string' || !isObject(row.object)) throw new SnapshotError(`line ${i + 1} of the snapshot is damaged`);
      rows.set(row.key, { key: row.key, revision: 0, ttlMs: typeof row.ttlMs === 'number' ? row.ttlMs : undefined, object: row.object, json: Buffer.alloc(0) });
    }
    if (rows.size !== header.objects) throw new SnapshotError('the snapshot is cut off: objects are missing at its end');
    return new Snapshot(rows, undefined, Date.parse(String(header.time)));
  }
}

function rowOf(entry: Entry, now: number): SnapshotRow {
  // Bytes that are on disk only may be compacted away: they are read now.
  const { json } = entry;
  return {
    key: entry.key,
    revision: entry.revision,
    ttlMs: entry.expires === undefined ? undefined : entry.expires - now,
    get object() {
      return entry.object;
    },
    json,
  };
}

async function unpacked(bytes: Uint8Array): Promise<string> {
  try {
    return (await decompress(bytes)).toString();
  } catch {
    throw new SnapshotError('this is no snapshot of kubette');
  }
}

function parseLine(line: string): unknown {
  try {
    return decodeJson(line);
  } catch {
    return undefined;
  }
}

function isObject(object: Partial<KubeObject> | undefined): object is KubeObject {
  return typeof object === 'object' && object !== null && typeof object.kind === 'string' && typeof object.metadata === 'object' && object.metadata !== null;
}
