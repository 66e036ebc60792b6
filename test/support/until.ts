/** Waits for a condition: calls `probe` until it gives a value (not undefined, false or null), or fails after `timeoutMs` with what it saw last. */
export async function until<T>(probe: () => T | undefined | false | null | Promise<T | undefined | false | null>, what: string, timeoutMs = 60_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  let problem: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false && value !== null) return value;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`, { cause: problem });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
