import type { EngineTraits, Row, RowOperation, ScanRange, StorageEngine } from '../../src/storage/engine.js';

/** What happens to a batch: 'lost' fails without a trace, 'applied' fails although the rows are there. */
export type Fault = 'lost' | 'applied';

/** An engine that fails and waits as a test wants it to, and tells what it was asked. */
export class FaultyEngine implements StorageEngine {
  /** Taken from the front, one for each batch; undefined or none left: the batch works. */
  readonly faults: Array<Fault | undefined> = [];
  /** How many calls of `recover` fail from now on. */
  failingRecoveries = 0;
  recoveries = 0;
  /** Rows that were read one by one, holding everybody up. */
  syncReads = 0;
  readonly batches: Array<{ operations: readonly RowOperation[]; sync: boolean }> = [];
  private gate: Promise<void> | undefined;

  constructor(
    readonly inner: StorageEngine,
    private readonly options: { keepOpen?: boolean; syncReads?: boolean } = {},
  ) {}

  get name(): string {
    return this.inner.name;
  }

  get traits(): EngineTraits {
    return { ...this.inner.traits, syncReads: this.options.syncReads ?? this.inner.traits.syncReads };
  }

  /** Batches wait until the returned function is called. */
  hold(): () => void {
    let open = (): void => {};
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return () => {
      this.gate = undefined;
      open();
    };
  }

  getSync(key: string): Buffer | undefined {
    if (!this.traits.syncReads) throw new Error('getSync of an engine without that trait');
    this.syncReads++;
    return this.inner.getSync?.(key);
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.inner.get(key);
  }

  getMany(keys: readonly string[]): Promise<Array<Buffer | undefined>> {
    return this.inner.getMany(keys);
  }

  scan(range: ScanRange): AsyncIterable<readonly Row[]> {
    return this.inner.scan(range);
  }

  async batch(operations: readonly RowOperation[], options: { sync: boolean }): Promise<void> {
    await this.gate;
    this.batches.push({ operations, sync: options.sync });
    const fault = this.faults.shift();
    if (fault !== 'lost') await this.inner.batch(operations, options);
    if (fault) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }

  async recover(): Promise<void> {
    this.recoveries++;
    if (this.failingRecoveries > 0) {
      this.failingRecoveries--;
      throw Object.assign(new Error('still no space left on device'), { code: 'ENOSPC' });
    }
    await this.inner.recover();
  }

  async close(): Promise<void> {
    if (!this.options.keepOpen) await this.inner.close();
  }
}
