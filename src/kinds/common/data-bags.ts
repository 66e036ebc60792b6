import { forbidden, type FieldError, Path } from '../../api/field.js';
import { semanticEqual } from './equality.js';

/** Largest sum of the values of a ConfigMap or Secret, in bytes. */
export const MAX_DATA_BYTES = 1024 * 1024;

/** Decoded length of a base64 text. */
export function base64Bytes(text: string): number {
  return Buffer.from(text, 'base64').length;
}

const IMMUTABLE_SET_TEXT = 'field is immutable when `immutable` is set';

/** What an `immutable` ConfigMap or Secret refuses: taking the flag back, and changes of its bags. */
export function immutableBagErrors<K extends string>(
  object: { immutable?: boolean | undefined } & { [P in K]?: Record<string, string> | undefined },
  old: { immutable?: boolean | undefined } & { [P in K]?: Record<string, string> | undefined },
  bags: readonly K[],
): FieldError[] {
  if (!old.immutable) return [];
  const errors: FieldError[] = [];
  if (!object.immutable) errors.push(forbidden(Path.of('immutable'), IMMUTABLE_SET_TEXT));
  for (const bag of bags) if (!semanticEqual(object[bag], old[bag])) errors.push(forbidden(Path.of(bag), IMMUTABLE_SET_TEXT));
  return errors;
}
