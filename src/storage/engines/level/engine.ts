import { Level } from 'level';
import type { EngineTraits, Row, RowOperation, ScanRange, StorageEngine } from '../../engine.js';
import { StorageError } from '../../errors.js';
import { probeDisk } from './probe.js';

type Database = Level<string, Buffer>;

const OPTIONS = {
  keyEncoding: 'utf8',
  valueEncoding: 'buffer',
  // Twice the default costs a third less CPU in bursts of writes; what is in it must be replayed at the next start.
  writeBufferSize: 8 * 1024 * 1024,
  // Every object is read once and then kept by the store.
  cacheSize: 2 * 1024 * 1024,
} as const;
const EMPTY = Buffer.alloc(0);
const PAGE = 500;
const PAGE_BYTES = 1024 * 1024;

/** Rows in a LevelDB folder. */
export class LevelEngine implements StorageEngine {
  readonly name = 'level';
  readonly traits: EngineTraits = { durable: true, syncReads: true };
  private closing: Promise<void> | undefined;
  /** The batch that was asked for last, while it is on its way: two at once may pass each other in the threads that write. */
  private writing: Promise<void> | undefined;
  /** Set while the database is closed and opened again. */
  private reopening: Promise<void> | undefined;
  private reopenFailed = false;

  private constructor(
    private readonly location: string,
    private db: Database,
  ) {}

  /** Rejects with StorageError 'locked', 'corrupt' or 'io'. */
  static async open(location: string): Promise<LevelEngine> {
    return new LevelEngine(location, await openDatabase(location));
  }

  getSync(key: string): Buffer | undefined {
    this.checkOpen();
    try {
      return this.db.getSync(key);
    } catch (cause) {
      throw this.readError(cause);
    }
  }

  async get(key: string): Promise<Buffer | undefined> {
    const db = await this.ready();
    return this.reading(db.get(key));
  }

  async getMany(keys: readonly string[]): Promise<Array<Buffer | undefined>> {
    const db = await this.ready();
    return this.reading(db.getMany([...keys]));
  }

  async *scan({ from, to, reverse = false, limit = -1, values = true }: ScanRange): AsyncGenerator<readonly Row[]> {
    if (limit === 0) return;
    const db = await this.ready();
    const range = { gte: from, ...(to === undefined ? {} : { lt: to }), reverse, limit, fillCache: false, highWaterMarkBytes: PAGE_BYTES };
    // Both kinds read from the state at the time they are made.
    const iterator = values ? db.iterator(range) : undefined;
    const keys = values ? undefined : db.keys(range);
    try {
      for (;;) {
        const page = iterator
          ? (await iterator.nextv(PAGE)).map(([key, value]): Row => ({ key, value }))
          : ((await keys?.nextv(PAGE)) ?? []).map((key): Row => ({ key, value: EMPTY }));
        if (page.length === 0) return;
        yield page;
      }
    } catch (cause) {
      throw this.readError(cause);
    } finally {
      await (iterator ?? keys)?.close();
    }
  }

  async batch(operations: readonly RowOperation[], { sync }: { sync: boolean }): Promise<void> {
    const before = this.writing;
    const own = (async () => {
      await before;
      await this.write(operations, sync);
    })();
    const settled = own.catch(() => undefined);
    this.writing = settled;
    try {
      await own;
    } finally {
      if (this.writing === settled) this.writing = undefined;
    }
  }

  private async write(operations: readonly RowOperation[], sync: boolean): Promise<void> {
    const db = await this.ready();
    const batch = db.batch();
    for (const { key, value } of operations) {
      if (value === undefined) batch.del(key);
      else batch.put(key, value as Buffer);
    }
    try {
      await batch.write({ sync });
    } catch (cause) {
      throw new StorageError('io', `LevelDB cannot write: ${describe(cause)}`, { cause });
    }
  }

  /**
   * A failed write can leave half a record at the end of LevelDB's journal; what is appended after it would be lost at
   * the next start. So the database is opened again, which ends the journal. Not before the disk takes writes: a
   * database that cannot be opened cannot be read either.
   */
  async recover(): Promise<void> {
    if (this.closing) throw new StorageError('closed', 'the storage engine is closed');
    if (!this.reopenFailed) await probeDisk(this.location);
    this.reopening ??= this.reopen().finally(() => {
      this.reopening = undefined;
    });
    await this.reopening;
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      await this.reopening?.catch(() => undefined);
      await this.db.close();
    })();
    return this.closing;
  }

  private async reopen(): Promise<void> {
    await this.db.close();
    this.reopenFailed = true;
    this.db = await openDatabase(this.location);
    this.reopenFailed = false;
  }

  private async ready(): Promise<Database> {
    await this.reopening?.catch(() => undefined);
    this.checkOpen();
    return this.db;
  }

  private async reading<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (cause) {
      throw this.readError(cause);
    }
  }

  private readError(cause: unknown): StorageError {
    if (cause instanceof StorageError) return cause;
    if (this.closing) return new StorageError('closed', 'the storage engine is closed', { cause });
    if (errorCode(cause) === 'LEVEL_CORRUPTION') return new StorageError('corrupt', `the database is damaged: ${describe(cause)}`, { cause });
    return new StorageError('io', `LevelDB cannot read: ${describe(cause)}`, { cause });
  }

  private checkOpen(): void {
    if (this.closing) throw new StorageError('closed', 'the storage engine is closed');
    if (this.reopening || this.reopenFailed) throw new StorageError('io', 'the storage engine is being reopened after a failed write');
  }
}

async function openDatabase(location: string): Promise<Database> {
  const db: Database = new Level(location, OPTIONS);
  try {
    await db.open();
    return db;
  } catch (error) {
    // abstract-level wraps what LevelDB said.
    const cause = property(error, 'cause') ?? error;
    const code = errorCode(cause);
    if (code === 'LEVEL_LOCKED') throw new StorageError('locked', `another process has ${location} open`, { cause });
    if (code === 'LEVEL_CORRUPTION') throw new StorageError('corrupt', `the database in ${location} is damaged: ${describe(cause)}`, { cause });
    throw new StorageError('io', `cannot open the database in ${location}: ${describe(cause)}`, { cause });
  }
}

const errorCode = (error: unknown): unknown => property(error, 'code');

const describe = (error: unknown): string => String(property(error, 'message') ?? error);

/** Errors of the native addon need not be instances of this realm's Error. */
function property(error: unknown, name: 'code' | 'cause' | 'message'): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<typeof name, unknown>)[name] : undefined;
}
