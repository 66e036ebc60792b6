import type { Entry } from '../../storage/types.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const METADATA = Buffer.from('"metadata":{');

/**
 * Where the value of `metadata` ends in the JSON of an object in which it stands at `offset` (as the first field behind
 * kind and apiVersion); 0 where it does not stand there.
 */
export function metadataEnd(json: Buffer, offset: number): number {
  const start = metadataStart(offset);
  if (json.compare(METADATA, 0, METADATA.length, offset, start + 1) !== 0) return 0;
  let depth = 0;
  for (let i = start; i < json.length; i++) {
    switch (json[i]) {
      case QUOTE:
        while (json[++i] !== QUOTE) if (json[i] === BACKSLASH) i++;
        break;
      case 0x7b: // {
        depth++;
        break;
      case 0x7d: // }
        if (--depth === 0) return i + 1;
        break;
      default:
    }
  }
  return 0;
}

export const metadataStart = (offset: number): number => offset + METADATA.length - 1;

const ends = new WeakMap<readonly Entry[], Uint32Array>();

/** {@link metadataEnd} of every entry of a list; looked for once while the list stays the same. */
export function metadataEnds(entries: readonly Entry[], offset: number): Uint32Array {
  let found = ends.get(entries);
  if (!found) ends.set(entries, (found = Uint32Array.from(entries, ({ json }) => metadataEnd(json, offset))));
  return found;
}
