import { timeMs } from '../api/time.js';
import type { Reader } from '../watch/types.js';

/** Of the classes that are marked as default, the newest; of several of one age, the first by name. */
export function defaultClass(reader: Reader, prefix: string, annotations: readonly string[]): string | undefined {
  const marked = reader
    .list(prefix)
    .entries.map(({ object }) => object.metadata)
    .filter((metadata) => annotations.some((key) => metadata.annotations?.[key] === 'true'));
  const age = (text: string | undefined): number => timeMs(text) ?? 0;
  return marked.sort((a, b) => age(b.creationTimestamp) - age(a.creationTimestamp) || (a.name < b.name ? -1 : 1))[0]?.name;
}
