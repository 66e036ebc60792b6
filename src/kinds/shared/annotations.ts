import { invalid, tooLong, type FieldError, type Path } from '../../api/field.js';
import { isQualifiedName } from '../../api/names.js';

/** Keys and values of all annotations together, in bytes. */
const SIZE_LIMIT = 256 * 1024;

/** Annotations of templates, by the rules of metadata's own (k8s.io/apimachinery/pkg/api/validation). */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(annotations ?? {}).sort()) {
    // Upper case is fine in annotations' keys.
    errors.push(...isQualifiedName(key.toLowerCase()).map((text) => invalid(path, key, text)));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations?.[key] ?? '');
  }
  if (size > SIZE_LIMIT) errors.push(tooLong(path, SIZE_LIMIT));
  return errors;
}
