import { ApiError } from '../../../src/api/errors.js';
import type { KubeObject } from '../../../src/api/object.js';
import type { ClientEvent } from '../../../src/client/types.js';
import type { Interceptors, Write } from './wrap-client.js';

/** What can become of a write: it is refused, or it is done and the answer is lost. */
const FAULTS: ReadonlyArray<(write: Write) => Promise<never>> = [
  () => Promise.reject(new ApiError(409, 'Conflict', 'injected: the object has been modified; please apply your changes to the latest version and try again')),
  () => Promise.reject(new ApiError(500, 'InternalError', 'injected: an error on the server')),
  () => Promise.reject(new ApiError(429, 'TooManyRequests', 'injected: too many requests', { retryAfterSeconds: 1 })),
  async ({ send }) => {
    await send();
    throw new ApiError(504, 'Timeout', 'injected: the answer was lost');
  },
];

/**
 * Every other write fails, each time in another way; `seen` counts them by the fault. Events are left alone, for nobody
 * tries those again.
 */
export function failingWrites(): Interceptors & { readonly seen: number[] } {
  const seen = FAULTS.map(() => 0);
  let writes = 0;
  return {
    seen,
    onWrite: (write) => {
      if (write.resource === 'events' || writes++ % 2 === 1) return write.send();
      const kind = (writes >> 1) % FAULTS.length;
      seen[kind] = (seen[kind] ?? 0) + 1;
      return (FAULTS[kind] as (typeof FAULTS)[number])(write);
    },
  };
}

/** Batches after which a watch breaks off with what came last unsaid. */
const BREAK_EVERY = 4;

/** Watches that merge the changes of an object into the last one, and break off with history gone now and then. */
export function lossyWatches(): Interceptors & { broken: number; merged: number } {
  const counts = {
    broken: 0,
    merged: 0,
    async *onWatch<T extends KubeObject>(_resource: string, events: AsyncIterable<readonly ClientEvent<T>[]>): AsyncGenerator<readonly ClientEvent<T>[]> {
      let batches = 0;
      for await (const batch of late(events)) {
        if (++batches % BREAK_EVERY === 0) {
          counts.broken++;
          throw new ApiError(410, 'Expired', 'injected: too old resource version');
        }
        const last = new Map<string, ClientEvent<T>>();
        for (const event of batch) {
          const key = `${event.object.metadata.namespace}/${event.object.metadata.name}`;
          // A deletion and a creation under the same name stay two things.
          const before = last.get(key);
          if (before) counts.merged++;
          last.delete(key);
          last.set(key, event);
        }
        yield [...last.values()];
      }
    },
  };
  return counts;
}

/** What comes within a few milliseconds comes as one batch. */
async function* late<T>(source: AsyncIterable<readonly T[]>): AsyncGenerator<readonly T[]> {
  const iterator = source[Symbol.asyncIterator]();
  let pending = iterator.next();
  // A rejection is seen where it is awaited.
  pending.catch(() => {});
  for (;;) {
    const first = await pending;
    if (first.done) return;
    const batch = [...first.value];
    pending = iterator.next();
    pending.catch(() => {});
    for (;;) {
      const more = await Promise.race([pending, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 10))]);
      if (!more || more.done) break;
      batch.push(...more.value);
      pending = iterator.next();
      pending.catch(() => {});
    }
    yield batch;
  }
}
