/**
 * The lowest layer of the store: ordered rows of bytes. An engine knows nothing of objects or revisions.
 * Every engine passes test/conformance/engine.ts; `traits` say what may differ.
 */
export interface StorageEngine {
  readonly name: string;
  readonly traits: EngineTraits;

  get(key: string): Promise<Buffer | undefined>;

  /** Only engines with the trait `syncReads`. Throws StorageError 'io' or 'closed' when it cannot read just now. */
  getSync?(key: string): Buffer | undefined;

  /** Values in the order of the keys. */
  getMany(keys: readonly string[]): Promise<Array<Buffer | undefined>>;

  /** Rows of a range as they stand when the scan starts, sorted by the bytes of their keys, in pages. */
  scan(range: ScanRange): AsyncIterable<readonly Row[]>;

  /**
   * All or nothing, and in the order in which batches are asked for. With `sync` it resolves when the rows survive a power loss, without it when they survive the end
   * of the process. Values belong to the engine from here on. Rejects when the disk fails: the rows may then be
   * there or not, and `recover` must succeed before the next batch.
   */
  batch(operations: readonly RowOperation[], options: { sync: boolean }): Promise<void>;

  /**
   * Makes the engine usable after a failed batch. Earlier batches are complete, the failed one is there completely
   * or not at all. Rejects while the disk keeps failing; reads go on working then.
   */
  recover(): Promise<void>;

  /** Idempotent. Everything else rejects with StorageError 'closed' afterwards. */
  close(): Promise<void>;
}

export interface EngineTraits {
  /** Rows survive the process. */
  readonly durable: boolean;
  /** `getSync` is there: objects can stay on disk until someone looks at them. */
  readonly syncReads: boolean;
}

export interface Row {
  readonly key: string;
  /** Empty when the scan asked for keys only. */
  readonly value: Buffer;
}

export interface ScanRange {
  /** Inclusive. */
  readonly from: string;
  /** Exclusive; undefined: to the end. */
  readonly to: string | undefined;
  readonly reverse?: boolean;
  readonly limit?: number;
  /** False: keys only. */
  readonly values?: boolean;
}

/** `value: undefined` deletes the row; deleting what is not there is no error. */
export interface RowOperation {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}
