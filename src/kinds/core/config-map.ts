import { invalid, Path, tooLong, type FieldError } from '../../api/field.js';
import { isConfigMapKey } from '../../api/names.js';
import type { ConfigMap } from '../../api/types/core-v1.js';
import { base64Bytes, immutableBagErrors, MAX_DATA_BYTES } from '../common/data-bags.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';

function validate(map: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  const { data = {}, binaryData = {} } = map;
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    const path = Path.of('data').key(key);
    errors.push(...isConfigMapKey(key).map((text) => invalid(path, key, text)));
    if (Object.hasOwn(binaryData, key)) errors.push(invalid(path, key, 'duplicate of key present in binaryData'));
    size += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...isConfigMapKey(key).map((text) => invalid(Path.of('binaryData').key(key), key, text)));
    size += base64Bytes(value);
  }
  // The path of the whole object, which Kubernetes prints as "[]".
  if (size > MAX_DATA_BYTES) errors.push(tooLong(Path.of().key(''), MAX_DATA_BYTES));
  return errors;
}

export const configMapKind = defineKind<ConfigMap>(
  { group: '', version: 'v1', kind: 'ConfigMap' },
  {
    strategy: {
      generation: 'none',
      validate,
      validateUpdate: (map, old) => [...immutableBagErrors(map, old, ['data', 'binaryData']), ...validate(map)],
    },
    cells: (map, nowMs) => [map.metadata.name, Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length, age(map.metadata.creationTimestamp, nowMs)],
  },
);
