import type { FieldError, Path } from '../../api/field.js';
import type { KeyToPath } from '../../api/types/core-v1.js';
import { validateFileMode, validateLocalNonReservedPath, validateRequired } from './simple-checks.js';

/** One entry of `items` in secret, configMap and projected volumes. */
export function validateKeyToPath(item: KeyToPath, path: Path): FieldError[] {
  return [
    ...validateRequired(item.key, path.child('key')),
    ...validateRequired(item.path, path.child('path')),
    ...validateLocalNonReservedPath(item.path ?? '', path.child('path')),
    ...validateFileMode(item.mode, path.child('mode')),
  ];
}
