import { planOf } from '../schema/go-types.js';
import type { SchemaNode } from '../schema/node.js';
import { canonical } from '../schema/typed.js';
import { fieldElement, keyElement, type PathElement, valueElement } from './path-element.js';
import { isMap, type JsonMap, own } from './value.js';

/**
 * How a place of an object is owned and merged, compiled once from its schema:
 * - leaf: as a whole (scalars, atomic lists and maps);
 * - map: by field or key;
 * - keyed, set: by item, found by its keys or its value;
 * - deduced: there is no schema; maps by key, all else as a whole.
 */
export type Shape = 'leaf' | 'map' | 'keyed' | 'set' | 'deduced';

/** A field of a map with the path element that names it. */
export interface FieldPlace {
  readonly element: PathElement;
  readonly type: FieldType;
  /** What the field has in an object that leaves it out; undefined when it is absent then. */
  readonly zero: unknown;
}

/** An object that cannot be typed, with the text that structured-merge-diff has for it (without the path). */
export class TypeProblem extends Error {}

const compiled = new WeakMap<SchemaNode, FieldType>();

/** The type of a schema; without one everything is deduced from the values. */
export function fieldTypeOf(schema: SchemaNode | undefined): FieldType {
  if (!schema) return DEDUCED;
  let type = compiled.get(schema);
  if (!type) compiled.set(schema, (type = new FieldType(schema)));
  return type;
}

export class FieldType {
  readonly shape: Shape;
  /** Fields that are there even when left out; undefined where there are none. */
  readonly zero: Readonly<Record<string, unknown>> | undefined;
  private readonly places = new Map<string, FieldPlace>();
  private elementType: FieldType | undefined;

  constructor(readonly schema: SchemaNode | undefined) {
    this.shape = shapeOf(schema);
    this.zero = this.shape === 'map' ? zeroFieldsOf(schema) : undefined;
  }

  /** The place of a field or key. Fields that the schema does not know are deduced. */
  place(name: string): FieldPlace {
    const known = this.places.get(name);
    if (known) return known;
    const declared = this.schema?.property(name);
    const place = { element: fieldElement(name), type: declared ? fieldTypeOf(declared) : this.element, zero: own(this.zero, name) };
    // Only declared names are kept: keys of maps are without bound.
    if (declared) this.places.set(name, place);
    return place;
  }

  /** Whether the name is a field of the type, not a key of a map. */
  declares(name: string): boolean {
    return this.places.has(name) || this.schema?.property(name) !== undefined;
  }

  /** Whether names beyond the declared ones are allowed. */
  get open(): boolean {
    return this.shape === 'deduced' || this.schema?.additional !== undefined || this.schema?.properties.length === 0;
  }

  /** Type of the items of a list, or of the values of a map. */
  get element(): FieldType {
    if (!this.elementType) {
      const schema = this.schema?.type === 'array' ? this.schema.items : this.schema?.additional;
      this.elementType = schema ? fieldTypeOf(schema) : DEDUCED;
    }
    return this.elementType;
  }

  /** The path element of a list's item. Throws TypeProblem for items that cannot be told apart. */
  itemElement(item: unknown): PathElement {
    if (this.shape === 'set') {
      if (isMap(item)) throw new TypeProblem("associative list without keys has an element that's a map type");
      if (Array.isArray(item)) throw new TypeProblem('not supported: associative list with lists as elements');
      if (item === null) throw new TypeProblem("associative list without keys has an element that's an explicit null");
      return valueElement(item);
    }
    if (item === null) throw new TypeProblem('associative list with keys may not have a null element');
    if (!isMap(item)) throw new TypeProblem('associative list with keys may not have non-map elements');
    return keyElement(this.keysOf(item));
  }

  /** Whether two items of a list are certainly the same by their keys or value; cheaper than naming them. */
  sameItem(a: unknown, b: unknown): boolean {
    if (this.shape === 'set') return a === b && typeof a !== 'object';
    if (!isMap(a) || !isMap(b)) return false;
    let found = false;
    for (const name of this.schema?.mapKeys ?? []) {
      const key = own(a, name);
      if (key !== own(b, name)) return false;
      found ||= key !== undefined;
    }
    return found;
  }

  private keysOf(item: JsonMap): JsonMap {
    const keys: Record<string, unknown> = {};
    const names = this.schema?.mapKeys ?? [];
    let found = false;
    for (const name of names) {
      const value = Object.hasOwn(item, name) ? item[name] : keyDefault(this.schema?.items, name);
      if (value === undefined) continue;
      keys[name] = value;
      found = true;
    }
    if (!found) {
      throw new TypeProblem(`associative list with keys has an element that omits all key fields [${names.map((name) => JSON.stringify(name)).join(' ')}] (and doesn't have default values for any key fields)`);
    }
    return keys;
  }
}

function shapeOf(schema: SchemaNode | undefined): Shape {
  switch (schema?.type) {
    case undefined:
      return 'deduced';
    case 'any':
      // RawExtension is opaque; JSON and FieldsV1 are data of which parts can be owned.
      return schema.definition === 'io.k8s.apimachinery.pkg.runtime.RawExtension' ? 'leaf' : 'deduced';
    case 'object':
      return schema.mapType === 'atomic' ? 'leaf' : 'map';
    case 'array':
      return schema.listType === 'map' ? 'keyed' : schema.listType === 'set' ? 'set' : 'leaf';
    default:
      return 'leaf';
  }
}

/**
 * What Go's types always print: structs that are not pointers, times, and all without `omitempty`. An object that does not
 * exist yet has them already when it is compared with the new one, so a creator does not own them as such.
 */
function zeroFieldsOf(schema: SchemaNode | undefined): Readonly<Record<string, unknown>> | undefined {
  const definition = schema?.definition;
  if (definition === undefined || planOf(definition) === undefined) return undefined;
  const zero = canonical(definition, {});
  return Object.keys(zero).length > 0 ? zero : undefined;
}

/** What a key that is left out counts as: the schema's default, or Go's zero value where the field is required. */
function keyDefault(item: SchemaNode | undefined, name: string): unknown {
  const field = item?.property(name);
  if (!field) return undefined;
  if (field.default !== undefined) return field.default;
  const definition = item?.definition ?? '';
  if (!definition.startsWith('io.k8s.')) return undefined;
  if (name === 'protocol' && PORTS.has(definition)) return 'TCP';
  if (!item?.required.includes(name) && definition !== 'io.k8s.api.core.v1.LocalObjectReference') return undefined;
  return field.type === 'integer' ? 0 : '';
}

/** Ports whose protocol defaults to TCP, in the OpenAPI v3 documents only. */
const PORTS = new Set(['io.k8s.api.core.v1.ContainerPort', 'io.k8s.api.core.v1.ServicePort']);

/** The type of data without a schema. */
export const DEDUCED: FieldType = new FieldType(undefined);
