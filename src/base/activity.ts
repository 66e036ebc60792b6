/** Turns of the event loop without anything happening after which things count as settled. */
const QUIET_TURNS = 3;
/** Whoever is still busy after this much real time will not come to rest by waiting. */
const MAX_MS = 2000;
/** Files are read when code is loaded on first use. Reading that goes on for longer than this is none of ours. */
const MAX_DISK_MS = 250;

/** Counts what is under way, so that somebody can wait until everything has come to rest. */
export class Activity {
  private running = 0;
  private version = 0;
  private diskIsOthers = false;

  /** Counts a piece of work from now until it is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.running++;
    try {
      return await work;
    } finally {
      this.running--;
      this.version++;
    }
  }

  /** Resolves when nothing is under way and nothing new has begun for some turns of the event loop. */
  async settled(): Promise<void> {
    const started = performance.now();
    let seen = this.version;
    for (let quiet = 0; quiet < QUIET_TURNS || this.readsFiles(started); ) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.running === 0 && this.version === seen ? quiet + 1 : 0;
      seen = this.version;
      if (quiet === 0 && performance.now() - started > MAX_MS) return;
    }
  }

  private readsFiles(started: number): boolean {
    const reads = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
    if (!reads) this.diskIsOthers = false;
    else if (performance.now() - started > MAX_DISK_MS) this.diskIsOthers = true;
    return reads && !this.diskIsOthers;
  }
}
