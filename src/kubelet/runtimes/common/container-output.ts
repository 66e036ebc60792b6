import { Writable } from 'node:stream';
import type { LogBuffer } from './log-buffer.js';

/** Where the main process of a container writes: its log, and those who are attached at the time. */
export class ContainerOutput {
  private readonly attached = { stdout: new Set<Writable>(), stderr: new Set<Writable>() };

  constructor(private readonly log: () => LogBuffer) {}

  /** The stream a program writes to. */
  stream(name: 'stdout' | 'stderr'): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.log().write(name, chunk);
        const waiting = [...this.attached[name]].filter((client) => !client.write(chunk));
        // The slowest attached client sets the pace, as with a pipe.
        if (waiting.length === 0) done();
        else void Promise.all(waiting.map(drained)).then(() => done());
      },
    });
  }

  attach(name: 'stdout' | 'stderr', client: Writable): () => void {
    this.attached[name].add(client);
    return () => this.attached[name].delete(client);
  }
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, done);
      resolve();
    };
    if (stream.destroyed || stream.writableEnded) return resolve();
    for (const event of ['drain', 'close', 'error']) stream.on(event, done);
  });
}
