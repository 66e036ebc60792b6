/**
 * Watch frames of changes, for all watchers that ask alike: most look at a change at nearly the same time, so it is
 * enough to keep the latest ones. Bounded by bytes, whatever the size of the watch cache's window.
 */
const MAX_BYTES = 4 * 1024 * 1024;

const byChange = new Map<object, Map<string, Buffer>>();
let bytes = 0;

/** The frame of a change in one form (media type, event type, view), made by the first who asks. */
export function sharedFrame(change: object, form: string, make: () => Buffer): Buffer {
  const known = byChange.get(change);
  const frame = known?.get(form);
  if (frame) return frame;
  const made = make();
  if (known) known.set(form, made);
  else byChange.set(change, new Map([[form, made]]));
  bytes += made.length;
  if (bytes > MAX_BYTES) evict();
  return made;
}

function evict(): void {
  for (const [change, frames] of byChange) {
    if (bytes <= MAX_BYTES) break;
    for (const frame of frames.values()) bytes -= frame.length;
    byChange.delete(change);
  }
}

interface Joined {
  readonly frames: readonly Buffer[];
  readonly bytes: Buffer;
}

const joinedFrom = new WeakMap<Buffer, Joined>();

/** Several frames as one; watchers that are at the same place share the outcome. */
export function joinFrames(frames: readonly Buffer[]): Buffer {
  const first = frames[0] as Buffer;
  if (frames.length === 1) return first;
  const known = joinedFrom.get(first);
  if (known && known.frames.length === frames.length && known.frames.every((frame, i) => frame === frames[i])) return known.bytes;
  const joined = Buffer.concat(frames);
  joinedFrom.set(first, { frames, bytes: joined });
  return joined;
}
