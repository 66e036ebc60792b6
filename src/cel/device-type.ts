import { BOOL, DYN, mapOf, type ObjectType, opaque, STRING, type Type } from './types.js';

const FIELDS: Readonly<Record<string, Type>> = {
  driver: STRING,
  allowMultipleAllocations: BOOL,
  attributes: mapOf(STRING, mapOf(STRING, DYN)),
  capacity: mapOf(STRING, mapOf(STRING, opaque('kubernetes.Quantity'))),
};

/** `device` in selectors of dynamic resource allocation. */
export const DEVICE: ObjectType = { kind: 'object', name: 'kubernetes.DRADevice', field: (name) => (Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined) };
