import type { Logger } from '../base/logger.js';
import { StorageError } from './errors.js';
import type { Compaction, LogWrite, RevisionLog } from './log.js';
import type { Change } from './types.js';

/** An accepted commit on its way to disk. */
export interface PendingCommit {
  readonly writes: readonly LogWrite[];
  readonly changes: readonly Change[];
  readonly bytes: number;
  readonly resolve: (changes: readonly Change[]) => void;
  readonly reject: (error: StorageError) => void;
}

export interface WriterHooks {
  /** The commits are durable; called before they resolve. */
  published(commits: readonly PendingCommit[]): void;
  /** The disk failed; called before the commits reject. */
  failed(commits: readonly PendingCommit[]): void;
  /** The next piece of compaction to do along the way. */
  nextCompaction(): Compaction | undefined;
  compacted(compaction: Compaction): void;
  compactionFailed(error: StorageError): void;
}

const MAX_COMMITS = 2000;
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The one writer. Group commit: whatever is submitted while a batch is on its way to disk goes into the next batch,
 * so the cost of syncing is shared by all who wait. Batches follow each other; nothing runs when there is nothing to do.
 */
export class GroupWriter {
  private queue: PendingCommit[] = [];
  private work: Promise<void> | undefined;
  private compactionWanted = false;

  constructor(
    private readonly log: RevisionLog,
    private readonly hooks: WriterHooks,
    private readonly sync: boolean,
    private readonly logger: Logger,
  ) {}

  submit(commit: PendingCommit): void {
    this.queue.push(commit);
    this.start();
  }

  compact(): void {
    this.compactionWanted = true;
    this.start();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.work) await this.work;
  }

  private start(): void {
    this.work ??= this.run().finally(() => {
      this.work = undefined;
      // Submitted after the last look into the queue.
      if (this.queue.length > 0 || this.compactionWanted) this.start();
    });
  }

  private async run(): Promise<void> {
    // Lets everything that is submitted in this turn join the first batch.
    await Promise.resolve();
    while (this.queue.length > 0 || this.compactionWanted) {
      const group = this.take();
      const compaction = this.compactionWanted ? this.hooks.nextCompaction() : undefined;
      this.compactionWanted = compaction !== undefined;
      if (group.length === 0 && !compaction) return;
      try {
        await this.log.append(group.flatMap(({ writes }) => writes), { sync: this.sync && group.length > 0, compaction });
      } catch (cause) {
        this.fail(group, compaction !== undefined, cause);
        continue;
      }
      if (group.length > 0) this.hooks.published(group);
      if (compaction) this.hooks.compacted(compaction);
      for (const { resolve, changes } of group) resolve(changes);
    }
  }

  private take(): PendingCommit[] {
    let count = 0;
    for (let bytes = 0; count < this.queue.length && count < MAX_COMMITS && bytes < MAX_BYTES; count++) {
      bytes += (this.queue[count] as PendingCommit).bytes;
    }
    return this.queue.splice(0, count);
  }

  private fail(group: readonly PendingCommit[], compacting: boolean, cause: unknown): void {
    const error = new StorageError('io', `cannot write to the store: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.logger.error({ err: cause, commits: group.length + this.queue.length }, 'a write to the store failed');
    // What waits may build on what has just failed.
    const failed = [...group, ...this.queue];
    this.queue = [];
    this.compactionWanted = false;
    this.hooks.failed(failed);
    if (compacting) this.hooks.compactionFailed(error);
    for (const { reject } of failed) reject(error);
  }
}
