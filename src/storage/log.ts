import type { Logger } from '../base/logger.js';
import type { RowOperation, StorageEngine } from './engine.js';
import { StorageError } from './errors.js';
import { underPrefix } from './key.js';
import {
  decodeHistory,
  decodeIndex,
  decodeMeta,
  encodeHistory,
  encodeIndex,
  encodeMeta,
  FORMAT,
  HISTORY,
  historyRow,
  INDEX,
  indexRow,
  keyOfIndexRow,
  META,
  parseRevisionRow,
  RECORDS,
  recordRow,
  revisionRange,
  type HistoryValue,
  type IndexValue,
} from './rows.js';
import type { ObjectKey, Revision } from './types.js';

/** One object's part in one revision. */
export interface LogWrite {
  readonly key: ObjectKey;
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly expires: number | undefined;
  /** Undefined for a deletion. */
  readonly json: Buffer | undefined;
  /** The version that this write replaces. */
  readonly previous: ReplacedVersion | undefined;
}

export interface ReplacedVersion {
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly expires: number | undefined;
  readonly bytes: number;
}

/** A version that later history no longer needs once the floor has reached `at`. */
export interface Superseded {
  readonly key: ObjectKey;
  /** The write that replaced or deleted it. */
  readonly at: Revision;
  readonly deleted: boolean;
  readonly previous: Revision;
  readonly bytes: number;
}

export interface LogRecord {
  readonly key: ObjectKey;
  readonly revision: Revision;
  readonly json: Buffer | undefined;
  readonly createRevision: Revision;
  readonly previous: { readonly revision: Revision; readonly json: Buffer } | undefined;
}

export interface Compaction {
  readonly floor: Revision;
  readonly superseded: readonly Superseded[];
}

/** What `load` hands over, row by row, in order. */
export interface LogVisitor {
  index(key: ObjectKey, value: IndexValue): void;
  superseded(version: Superseded): void;
}

/** The middle layer: a log of revisions over an engine's rows, and an index of where every object stands now. */
export class RevisionLog {
  private newest = 0 as Revision;
  private lowest = 0 as Revision;
  private needsRepair = false;

  constructor(
    private readonly engine: StorageEngine,
    private readonly logger: Logger,
  ) {}

  /** Newest durable revision. */
  get revision(): Revision {
    return this.newest;
  }

  get floor(): Revision {
    return this.lowest;
  }

  /** Whether objects can be read later, one by one, without waiting. */
  get readsLazily(): boolean {
    return this.engine.traits.syncReads;
  }

  /** Reads what start-up needs. Rejects with StorageError 'corrupt' for data of another format. */
  async load(visitor: LogVisitor): Promise<void> {
    await this.checkFormat();
    const [floor, high] = (await this.engine.getMany([META.floor, META.revision])).map((bytes) => {
      const value = bytes === undefined ? 0 : decodeMeta(bytes);
      if (value === undefined) throw new StorageError('corrupt', 'the store has damaged meta rows');
      return value;
    }) as [number, number];
    let last = 0;
    for await (const rows of this.engine.scan({ ...RECORDS, reverse: true, limit: 1, values: false })) {
      for (const { key } of rows) last = parseRevisionRow(key).revision;
    }
    this.lowest = floor as Revision;
    this.newest = Math.max(high, last) as Revision;
    for await (const rows of this.engine.scan(INDEX)) {
      for (const { key, value } of rows) visitor.index(keyOfIndexRow(key), decodeIndex(value));
    }
    for await (const rows of this.engine.scan(HISTORY)) {
      for (const row of rows) {
        const { revision: at, key } = parseRevisionRow(row.key);
        const { deleted, previous, bytes } = decodeHistory(row.value);
        visitor.superseded({ key, at, deleted, previous, bytes });
      }
    }
  }

  /**
   * Makes writes (ascending revisions) durable in one batch, along with a compaction that is due. On failure the log is
   * as before, at the latest once the next append has repaired it.
   */
  async append(writes: readonly LogWrite[], options: { sync: boolean; compaction?: Compaction | undefined }): Promise<void> {
    if (this.needsRepair) await this.repair();
    const rows: RowOperation[] = [];
    for (const write of writes) putWrite(rows, write);
    const { compaction } = options;
    if (compaction) this.putCompaction(rows, compaction);
    try {
      await this.engine.batch(rows, { sync: options.sync });
    } catch (cause) {
      this.needsRepair = true;
      throw cause;
    }
    const last = writes[writes.length - 1];
    if (last) this.newest = last.revision;
    if (compaction && compaction.floor > this.lowest) this.lowest = compaction.floor;
  }

  /** One version's JSON. Only with `readsLazily`. Throws StorageError 'corrupt' when it is not there. */
  readSync(key: ObjectKey, at: Revision): Buffer {
    return present(this.engine.getSync?.(recordRow(at, key)), key, at);
  }

  /** The JSON of many versions, in the order asked. */
  async readMany(versions: ReadonlyArray<{ key: ObjectKey; revision: Revision }>): Promise<Buffer[]> {
    const found = await this.engine.getMany(versions.map(({ key, revision }) => recordRow(revision, key)));
    return found.map((json, i) => {
      const { key, revision } = versions[i] as { key: ObjectKey; revision: Revision };
      return present(json, key, revision);
    });
  }

  /** Records under a prefix with `after` < revision <= `until`; stops after the revision that fills `limit`. */
  async records(prefix: string, { after, until, limit }: { after: Revision; until: Revision; limit: number }): Promise<{ records: LogRecord[]; until: Revision }> {
    this.checkNotCompacted(after);
    const found: Array<{ revision: Revision; key: ObjectKey }> = [];
    let reached = until;
    scan: for await (const rows of this.engine.scan({ ...revisionRange('r', after, until), values: false })) {
      for (const row of rows) {
        const id = parseRevisionRow(row.key);
        if (!underPrefix(id.key, prefix)) continue;
        const last = found[found.length - 1];
        if (last && found.length >= limit && last.revision !== id.revision) {
          reached = last.revision;
          break scan;
        }
        found.push(id);
      }
    }
    const histories = (await this.engine.getMany(found.map(({ revision, key }) => historyRow(revision, key)))).map((bytes) => bytes && decodeHistory(bytes));
    const own = await this.engine.getMany(found.map(({ revision, key }) => recordRow(revision, key)));
    const previous = await this.engine.getMany(found.map(({ revision, key }, i) => recordRow(histories[i]?.previous ?? revision, key)));
    // Compaction may have overtaken the reads.
    this.checkNotCompacted(after);
    const records = found.map(({ revision, key }, i): LogRecord => {
      const history = histories[i];
      return {
        key,
        revision,
        json: history?.deleted ? undefined : present(own[i], key, revision),
        createRevision: history?.createRevision ?? revision,
        previous: history && { revision: history.previous, json: present(previous[i], key, history.previous) },
      };
    });
    return { records, until: reached };
  }

  /** What the first write after `after` replaced, for every key under a prefix that was updated or deleted since. */
  async firstReplaced(prefix: string, after: Revision, until: Revision): Promise<Map<ObjectKey, HistoryValue>> {
    this.checkNotCompacted(after);
    const first = new Map<ObjectKey, HistoryValue>();
    for await (const rows of this.engine.scan(revisionRange('h', after, until))) {
      for (const row of rows) {
        const { key } = parseRevisionRow(row.key);
        if (underPrefix(key, prefix) && !first.has(key)) first.set(key, decodeHistory(row.value));
      }
    }
    this.checkNotCompacted(after);
    return first;
  }

  checkNotCompacted(at: Revision): void {
    if (at < this.lowest) throw new StorageError('compacted', `revision ${at} has been compacted, the oldest is ${this.lowest}`);
  }

  async close(): Promise<void> {
    await this.engine.close();
  }

  private async checkFormat(): Promise<void> {
    const bytes = await this.engine.get(META.format);
    if (bytes === undefined) {
      for await (const rows of this.engine.scan({ from: '', to: undefined, limit: 1, values: false })) {
        if (rows.length > 0) throw new StorageError('corrupt', 'the folder holds a database that is not a kubette store');
      }
      await this.engine.batch([{ key: META.format, value: encodeMeta(FORMAT) }], { sync: true });
      return;
    }
    const format = decodeMeta(bytes);
    if (format === FORMAT) return;
    throw new StorageError('corrupt', format !== undefined && format > FORMAT ? `the store has format ${format}; this version of kubette reads formats up to ${FORMAT}` : 'the store has an unknown format');
  }

  /** Brings the engine back after a failed batch and takes out what of that batch may have reached the disk. */
  private async repair(): Promise<void> {
    await this.engine.recover();
    // A compaction in the failed batch may have reached the disk as well; it stays, its history is gone.
    const floor = await this.engine.get(META.floor);
    this.lowest = Math.max(this.lowest, (floor && decodeMeta(floor)) ?? 0) as Revision;
    const rows: RowOperation[] = [];
    const { from, to } = revisionRange('r', this.newest, Number.MAX_SAFE_INTEGER - 1);
    const strays: Array<{ revision: Revision; key: ObjectKey }> = [];
    for await (const page of this.engine.scan({ from, to, values: false })) strays.push(...page.map(({ key }) => parseRevisionRow(key)));
    // Backwards, so that the index ends at the version before the first stray.
    for (const { revision, key } of strays.reverse()) {
      const bytes = await this.engine.get(historyRow(revision, key));
      const replaced = bytes && decodeHistory(bytes);
      rows.push(
        { key: recordRow(revision, key), value: undefined },
        { key: historyRow(revision, key), value: undefined },
        { key: indexRow(key), value: replaced && encodeIndex({ revision: replaced.previous, createRevision: replaced.createRevision, expires: replaced.expires }) },
      );
    }
    if (rows.length > 0) await this.engine.batch(rows, { sync: true });
    this.needsRepair = false;
    this.logger.info({ removed: strays.length }, 'the store works again after a failed write');
  }

  private putCompaction(rows: RowOperation[], { floor, superseded }: Compaction): void {
    // The newest record may be among those that go, so the revision has to be kept elsewhere.
    rows.push({ key: META.floor, value: encodeMeta(floor) }, { key: META.revision, value: encodeMeta(Math.max(floor, this.newest)) });
    for (const { key, at, deleted, previous } of superseded) {
      rows.push({ key: recordRow(previous, key), value: undefined }, { key: historyRow(at, key), value: undefined });
      if (deleted) rows.push({ key: recordRow(at, key), value: undefined });
    }
  }
}

function putWrite(rows: RowOperation[], write: LogWrite): void {
  const { key, revision, createRevision, expires, json, previous } = write;
  rows.push({ key: recordRow(revision, key), value: json ?? new Uint8Array(0) });
  rows.push({ key: indexRow(key), value: json && encodeIndex({ revision, createRevision, expires }) });
  if (!previous) return;
  const history = { deleted: json === undefined, previous: previous.revision, createRevision: previous.createRevision, expires: previous.expires, bytes: previous.bytes };
  rows.push({ key: historyRow(revision, key), value: encodeHistory(history) });
}

function present(json: Buffer | undefined, key: ObjectKey, at: Revision): Buffer {
  if (json === undefined || json.length === 0) throw new StorageError('corrupt', `the record of ${key} at revision ${at} is missing`, { key });
  return json;
}
