import { ApiError } from '../api/errors.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { EventRecorder } from './event-recorder.js';
import type { Informers } from './informers.js';
import type { Client } from './types.js';
import { WorkQueue } from './work-queue.js';

/** A failure that trying again cannot mend: it is logged, and the key waits for the next change. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** What a key waits for is not there yet, as often happens: it is tried again with the usual back-off, without a word. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}

export interface ReconcileResult {
  /** Look at the key again after this much cluster time. */
  readonly requeueAfterMs?: number | undefined;
}

/**
 * A control loop: `setUp` maps changes of objects to keys, `reconcile` makes the world of a key what it should be.
 * `reconcile` never sees the event that woke it: it reads the present state, so lost or merged events cannot break it.
 */
export interface Controller {
  /** As kube-controller-manager's --controllers names it, e.g. 'replicaset-controller'. */
  readonly name: string;
  /** The component that its events name as their source; the controller's name unless given. */
  readonly eventSource?: string;
  /** Runs only where --controllers names it: '*' does not mean it. */
  readonly offByDefault?: boolean;
  /** Keys that are worked on at the same time; 5 unless said otherwise. */
  readonly workers?: number;
  /** Called before the informers start, once and at each restart: ask for informers, add handlers that enqueue keys. */
  setUp(context: ControllerContext): void;
  /** A rejection is tried again with back-off, unless it is a TerminalError. */
  reconcile(key: string): Promise<ReconcileResult | void>;
  /** Frees what setUp took beyond informers. */
  stop?(): Promise<void> | void;
}

export interface ControllerContext {
  readonly client: Client;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly enqueue: (key: string) => void;
  readonly enqueueAfter: (key: string, delayMs: number) => void;
}

/** By name too: a controller from a file may have a copy of this class from another installation. */
function isTerminal(error: unknown): boolean {
  return error instanceof TerminalError || (error instanceof Error && error.name === 'TerminalError');
}

const WORKERS = 5;

/** Runs one controller: its queue, its workers, its retries. */
export class ControllerRunner {
  readonly queue: WorkQueue;
  private workers: Promise<unknown> | undefined;

  constructor(
    private readonly controller: Controller,
    private readonly context: Omit<ControllerContext, 'enqueue' | 'enqueueAfter'>,
  ) {
    this.queue = new WorkQueue({ clock: context.clock });
    controller.setUp({ ...context, enqueue: (key) => this.queue.add(key), enqueueAfter: (key, ms) => this.queue.addAfter(key, ms) });
  }

  /** Call once the informers are in sync. */
  start(): void {
    this.workers ??= Promise.all(Array.from({ length: this.controller.workers ?? WORKERS }, () => this.work()));
  }

  /** Resolves when no reconcile is under way any more. */
  async stop(): Promise<void> {
    this.queue.close();
    await this.workers;
    await this.controller.stop?.();
  }

  private async work(): Promise<void> {
    for (let key = await this.queue.next(); key !== undefined; key = await this.queue.next()) {
      try {
        const result = await this.controller.reconcile(key);
        this.queue.forget(key);
        if (result?.requeueAfterMs !== undefined) this.queue.addAfter(key, result.requeueAfterMs);
      } catch (error) {
        this.failed(key, error);
      } finally {
        this.queue.done(key);
      }
    }
  }

  private failed(key: string, error: unknown): void {
    if (isTerminal(error)) {
      this.queue.forget(key);
      this.context.logger.error({ err: error, controller: this.controller.name, key }, 'reconcile failed for good');
      return;
    }
    this.tellOf(key, error);
    this.queue.addRateLimited(key);
  }

  private tellOf(key: string, error: unknown): void {
    const { logger } = this.context;
    const about = { controller: this.controller.name, key };
    // Conflicts and objects that have gone are everyday: the next round sees the new state.
    const everyday = error instanceof NotYet || (error instanceof ApiError && (error.code === 409 || error.code === 404));
    if (everyday) logger.debug({ err: error, ...about }, 'reconcile failed, will try again');
    // What the server refuses says what is wrong with the objects; where we asked does not matter.
    else if (error instanceof ApiError) logger.warn({ ...about, error: error.message }, 'reconcile was refused, will try again');
    else logger.warn({ err: error, ...about }, 'reconcile failed, will try again');
  }
}
