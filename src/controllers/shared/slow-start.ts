/**
 * Calls `fn` up to `count` times in batches of 1, 2, 4, … that run at the same time; after a batch with a failure no
 * further one is begun, so that a quota that is used up is not run against a thousand times.
 */
export async function slowStart(count: number, fn: (index: number) => Promise<void>): Promise<{ succeeded: number; error?: unknown }> {
  let succeeded = 0;
  let begun = 0;
  for (let size = Math.min(count, 1); size > 0; size = Math.min(2 * size, count - begun)) {
    const first = begun;
    const results = await Promise.allSettled(Array.from({ length: size }, (_, i) => fn(first + i)));
    begun += size;
    const failure = results.find((result) => result.status === 'rejected');
    succeeded += results.filter((result) => result.status === 'fulfilled').length;
    if (failure) return { succeeded, error: failure.reason as unknown };
  }
  return { succeeded };
}
