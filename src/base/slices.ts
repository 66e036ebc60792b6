/** How long work may go on before the event loop gets a turn: long for a computer, short for a client that waits. */
const SLICE_MS = 8;
/** Items between two looks at the clock. */
const STEP = 16;

/** Divides long work on many items: between slices everybody else gets a turn. Short work is never interrupted. */
export class Slices {
  private since = performance.now();
  private items = 0;

  /** Call after each item; where a promise comes back, await it before the next one. */
  done(): Promise<void> | undefined {
    if (++this.items % STEP !== 0 || performance.now() - this.since < SLICE_MS) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        this.since = performance.now();
        resolve();
      }),
    );
  }
}

/** `items.map(map)` in slices. */
export async function mapInSlices<T, R>(items: readonly T[], map: (item: T) => R): Promise<R[]> {
  const slices = new Slices();
  const results: R[] = [];
  for (const item of items) {
    results.push(map(item));
    const turn = slices.done();
    if (turn) await turn;
  }
  return results;
}
