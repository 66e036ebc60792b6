/** Turns of the event loop without anything happening after which things count as settled. */
const QUIET_TURNS = 3;
/** Whoever is still busy after this many turns will not come to rest by waiting. */
const MAX_TURNS = 20_000;

/** Counts what is under way, so that somebody can wait until everything has come to rest. */
export class Activity {
  private running = 0;
  private version = 0;

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
    let seen = this.version;
    for (let turn = 0, quiet = 0; turn < MAX_TURNS && quiet < QUIET_TURNS; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.running === 0 && this.version === seen ? quiet + 1 : 0;
      seen = this.version;
    }
  }
}
