import { timeMs } from '../../api/time.js';
import type { LogOptions } from '../../api/streams.js';
import type { ContainerLog, LogEntry } from '../runtime.js';

/** Lines are handed on in pieces of about this size. */
const CHUNK_BYTES = 32 * 1024;
const NEWLINE = Buffer.from('\n');

/** The part of a log that was asked for; with `follow` it goes on until the container ends or the client goes. */
export async function* logStream(log: ContainerLog, options: LogOptions, nowMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const since = options.sinceSeconds === undefined ? timeMs(options.sinceTime) : nowMs - options.sinceSeconds * 1000;
  const wanted = (entry: LogEntry): boolean =>
    (options.stream === undefined || options.stream === 'All' || options.stream.toLowerCase() === entry.stream) && (since === undefined || Date.parse(entry.time) >= since);
  let position = options.tailLines === undefined ? log.first : tailStart(log, options.tailLines);
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  while (left > 0 && !signal.aborted) {
    const pieces: Buffer[] = [];
    let size = 0;
    // Lines may have been rotated away while the client was slow.
    for (position = Math.max(position, log.first); position < log.end && size < CHUNK_BYTES && left > 0; position++) {
      const entry = log.at(position);
      if (!entry || !wanted(entry)) continue;
      for (const piece of [...(options.timestamps ? [Buffer.from(`${entry.time} `)] : []), entry.data, ...(entry.partial ? [] : [NEWLINE])]) {
        const part = piece.length > left ? piece.subarray(0, left) : piece;
        left -= part.length;
        size += part.length;
        if (part.length > 0) pieces.push(part);
      }
    }
    if (pieces.length > 0) yield Buffer.concat(pieces);
    if (position < log.end || left <= 0) continue;
    if (!options.follow || log.closed) return;
    await log.changed(signal);
  }
}

/** Where the last `lines` lines begin. */
function tailStart(log: ContainerLog, lines: number): number {
  return Math.max(log.first, log.end - Math.max(0, lines));
}
