import type { Controller } from '../client/controller.js';
import { fullControllerName } from './names.js';

/**
 * Those that a --controllers list switches on: `*` is all that are on by default, `name` one more, `-name` none of it, `-*` none at all; the
 * first match counts, as kube-controller-manager reads it. Its short names (`deployment`) will do, and so does switching
 * off a controller of its that is not here. Throws RangeError for a name that is unknown.
 */
export function selectControllers(all: readonly Controller[], list: readonly string[]): Controller[] {
  const names = new Set(all.map(({ name }) => name));
  const entries = list.map((entry) => {
    const off = entry.startsWith('-');
    const given = off ? entry.slice(1) : entry;
    const known = fullControllerName(given);
    const name = names.has(given) || given === '*' ? given : known;
    if (name === undefined || (known !== undefined && !off && !names.has(known))) throw new RangeError(`"${given}" is not in the list of known controllers: there are ${[...names].sort().join(', ')}`);
    return { name, off };
  });
  return all.filter(({ name, offByDefault = false }) => {
    const own = entries.find((entry) => entry.name === name);
    return own ? !own.off : !offByDefault && entries.some((entry) => entry.name === '*' && !entry.off);
  });
}
