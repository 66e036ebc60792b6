import { readFileSync, writeFileSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import { restore, sweep } from '../snapshot/restore.js';
import { Snapshot, SnapshotError } from '../snapshot/snapshot.js';
import type { Store } from '../storage/types.js';

export interface StateOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Resolves when the cluster's own parts have come to rest. */
  readonly settle: () => Promise<void>;
  /** Switches on nodes that somebody has switched off or cut off. */
  readonly wakeNodes: () => Promise<void>;
  /** Makes a cluster of nothing, but for the nodes. */
  readonly bootstrap: () => Promise<void>;
}

/** A snapshot, its bytes as `kubette snapshot save` writes them, or the path of such a file. */
export type SnapshotSource = Snapshot | Uint8Array | string;

/** Rounds in which residents may still write for what is gone. */
const SWEEPS = 5;

/** Leases of nodes tell that they live, now: one of the past would say that they do not. */
const isHeartbeat = (key: string): boolean => key.startsWith('coordination.k8s.io/leases/kube-node-lease/');

/** What a cluster holds, as a whole: taken, put back, thrown away. One change at a time. */
export class ClusterState {
  private empty: Snapshot | undefined;
  private changing: Promise<void> = Promise.resolve();

  constructor(private readonly options: StateOptions) {}

  /** Declares that the present state is that of a new cluster. */
  markEmpty(): void {
    this.empty = this.snapshot();
  }

  snapshot(): Snapshot {
    return Snapshot.of(this.options.store, this.options.clock.now());
  }

  /** Rejects with SnapshotError for what is no snapshot, before anything is changed. */
  async restore(source: SnapshotSource): Promise<void> {
    const snapshot = await loadSnapshot(source);
    return this.change(() => this.replace(snapshot));
  }

  /** Back to a new cluster, as it was made. */
  reset(): Promise<void> {
    return this.change(async () => {
      if (this.empty) return this.replace(this.empty);
      // What was there when the cluster started was another one's leftovers: all of it goes, and bootstrap runs again.
      await this.replace(nodesOnly(this.snapshot()));
      await this.options.bootstrap();
      await this.options.settle();
      this.markEmpty();
    });
  }

  private async replace(snapshot: Snapshot): Promise<void> {
    const { store, settle, wakeNodes } = this.options;
    await wakeNodes();
    await settle();
    await restore(store, snapshot, { keep: isHeartbeat });
    await settle();
    for (let i = 0; i < SWEEPS && (await sweep(store, snapshot)) > 0; i++) await settle();
  }

  private change(work: () => Promise<void>): Promise<void> {
    const done = this.changing.then(work);
    this.changing = done.catch(() => {});
    return done;
  }
}

function nodesOnly(snapshot: Snapshot): Snapshot {
  return snapshot.only((key) => key.startsWith('core/nodes/'));
}

export async function loadSnapshot(source: SnapshotSource): Promise<Snapshot> {
  if (source instanceof Snapshot) return source;
  return Snapshot.parse(typeof source === 'string' ? readFile(source) : source);
}

export async function saveSnapshot(snapshot: Snapshot, path: string): Promise<void> {
  // Secrets are in it.
  writeFileSync(path, await snapshot.toBytes(), { mode: 0o600 });
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SnapshotError(`cannot read the snapshot ${path}: ${(error as Error).message.replace(/^[A-Z]+: /, '').replace(/, \w+ '.*$/s, '')}`);
  }
}
