import type { Duplex } from 'node:stream';

/** Passes on what either stream sends to the other, with half-close and back-pressure; resolves when both have closed. */
export async function joinStreams(a: Duplex, b: Duplex): Promise<void> {
  const closed = (stream: Duplex): Promise<void> => new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', resolve)));
  const finished = Promise.all([closed(a), closed(b)]);
  for (const [stream, other] of [[a, b], [b, a]] as const) {
    stream.on('error', () => other.destroy());
    stream.once('close', () => {
      // Both ways ended in order: the other closes by itself. Otherwise it must not wait for what never comes.
      if (!stream.readableEnded || !stream.writableFinished) other.destroy();
    });
    stream.pipe(other);
  }
  await finished;
}
