/** Types of CEL (https://github.com/google/cel-spec/blob/master/doc/langdef.md#values), as the checker knows them. */
export type Type =
  | { readonly kind: Plain }
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
  | { readonly kind: 'optional'; readonly value: Type }
  | { readonly kind: 'type'; readonly of: Type }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'opaque'; readonly name: string }
  | ObjectType;

type Plain = 'dyn' | 'error' | 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration';

/** A struct: a part of a Kubernetes object that has a schema. */
export interface ObjectType {
  readonly kind: 'object';
  readonly name: string;
  /** Type of a field by its name in expressions; undefined where there is none. */
  field(name: string): Type | undefined;
  /** The field's name in JSON, where that is another. */
  jsonName?(name: string): string;
}

const plain = <K extends Plain>(kind: K): { readonly kind: K } => Object.freeze({ kind });

export const DYN: Type = plain('dyn');
export const ERROR: Type = plain('error');
export const NULL: Type = plain('null');
export const BOOL: Type = plain('bool');
export const INT: Type = plain('int');
export const UINT: Type = plain('uint');
export const DOUBLE: Type = plain('double');
export const STRING: Type = plain('string');
export const BYTES: Type = plain('bytes');
export const TIMESTAMP: Type = plain('timestamp');
export const DURATION: Type = plain('duration');

export const listOf = (element: Type): Type => ({ kind: 'list', element });
export const mapOf = (key: Type, value: Type): Type => ({ kind: 'map', key, value });
export const optionalOf = (value: Type): Type => ({ kind: 'optional', value });
export const opaque = (name: string): Type => ({ kind: 'opaque', name });

/** A type as error texts name it. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case 'error':
      return '!error!';
    case 'list':
      return `list(${typeText(type.element)})`;
    case 'map':
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    case 'optional':
      return `optional_type(${typeText(type.value)})`;
    case 'type':
      return `type(${typeText(type.of)})`;
    case 'param':
    case 'opaque':
    case 'object':
      return type.name;
    default:
      return type.kind;
  }
}

/** What type variables stand for. */
export type Substitutions = ReadonlyMap<string, Type>;

/** A type with its variables replaced by what is known of them; those of which nothing is known become dyn if asked. */
export function substitute(known: Substitutions, type: Type, freeToDyn = false): Type {
  switch (type.kind) {
    case 'param': {
      const bound = known.get(type.name);
      if (bound) return substitute(known, bound, freeToDyn);
      return freeToDyn ? DYN : type;
    }
    case 'list':
      return listOf(substitute(known, type.element, freeToDyn));
    case 'map':
      return mapOf(substitute(known, type.key, freeToDyn), substitute(known, type.value, freeToDyn));
    case 'optional':
      return optionalOf(substitute(known, type.value, freeToDyn));
    case 'type':
      return { kind: 'type', of: substitute(known, type.of, freeToDyn) };
    default:
      return type;
  }
}

/** Whether a value of `from` may stand where `to` is wanted (cel-go's isAssignable): what is known of variables then, or undefined. */
export function assign(known: Substitutions, to: Type, from: Type): Substitutions | undefined {
  const left = resolve(known, to);
  const right = resolve(known, from);
  if (left.kind === 'param' && right.kind === 'param' && left.name === right.name) return known;
  if (right.kind === 'param') return occurs(known, right.name, left) ? undefined : new Map(known).set(right.name, left);
  if (left.kind === 'param') return occurs(known, left.name, right) ? undefined : new Map(known).set(left.name, right);
  if (left.kind === 'dyn' || right.kind === 'dyn' || left.kind === 'error' || right.kind === 'error') return known;
  if (left.kind === 'null') return takesNull(right) ? known : undefined;
  if (right.kind === 'null') return takesNull(left) ? known : undefined;
  if (left.kind === 'list') return right.kind === 'list' ? assign(known, left.element, right.element) : undefined;
  if (left.kind === 'map') {
    const keys = right.kind === 'map' ? assign(known, left.key, right.key) : undefined;
    return keys && right.kind === 'map' ? assign(keys, left.value, right.value) : undefined;
  }
  if (left.kind === 'optional') return right.kind === 'optional' ? assign(known, left.value, right.value) : undefined;
  if (left.kind === 'type') return right.kind === 'type' ? known : undefined;
  if (left.kind === 'opaque') return right.kind === 'opaque' && right.name === left.name ? known : undefined;
  if (left.kind === 'object') return right === left || (right.kind === 'object' && right.name === left.name) ? known : undefined;
  return left.kind === right.kind ? known : undefined;
}

const takesNull = ({ kind }: Type): boolean => ['null', 'object', 'duration', 'timestamp', 'opaque', 'optional'].includes(kind);

function resolve(known: Substitutions, type: Type): Type {
  let found = type;
  while (found.kind === 'param') {
    const next = known.get(found.name);
    if (!next) return found;
    found = next;
  }
  return found;
}

function occurs(known: Substitutions, name: string, type: Type): boolean {
  const found = resolve(known, type);
  switch (found.kind) {
    case 'param':
      return found.name === name;
    case 'list':
      return occurs(known, name, found.element);
    case 'map':
      return occurs(known, name, found.key) || occurs(known, name, found.value);
    case 'optional':
      return occurs(known, name, found.value);
    default:
      return false;
  }
}

/** The more general of two types, one of which can stand for the other. */
export function moreGeneral(a: Type, b: Type): Type {
  return b.kind === 'dyn' || (b.kind === 'param' && a.kind !== 'dyn') ? b : a;
}

export function sameType(a: Type, b: Type): boolean {
  return a === b || (a.kind === b.kind && typeText(a) === typeText(b));
}
