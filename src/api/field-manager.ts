import { invalid, tooLong, type FieldError, type Path } from './field.js';

const MAX_BYTES = 128;
/** What nearly all names are made of: there is nothing to look at twice. */
const PLAIN = /^[ -~]*$/;

/** Errors of the name of a field manager: long, or with characters that do not print (Go's unicode.IsPrint). */
export function fieldManagerErrors(path: Path, manager: string): FieldError[] {
  if (manager.length <= MAX_BYTES && PLAIN.test(manager)) return [];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > MAX_BYTES) errors.push(tooLong(path, MAX_BYTES));
  let position = 0;
  for (const character of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.push(invalid(path, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}
