import { lazy, loadFact } from './facts.js';

/**
 * How Go decodes and prints each definition: openapi/go-types.json compiled, definition by definition, on first use.
 * Kubernetes' JSON follows its Go structs in what OpenAPI does not say: order of fields, which zero values print,
 * which nulls mean nothing, and the names that errors contain.
 */
export interface StructPlan {
  /** `PodSpec` */
  readonly goName: string;
  /** `v1.PodSpec`: how Go prints the type. */
  readonly goType: string;
  /** In the order in which they print; embedded structs are flattened. */
  readonly fields: readonly FieldPlan[];
  /** Those of them that print something where they are absent, in the same order. */
  readonly always: readonly FieldPlan[];
  readonly byName: ReadonlyMap<string, FieldPlan>;
}

export interface FieldPlan {
  readonly name: string;
  /** Its place among the fields. */
  readonly index: number;
  /** The field in Go's error texts: `emptyDir` of a volume is `VolumeSource.emptyDir`. */
  readonly errorName: string;
  readonly type: GoType;
  /** A pointer: zero is a value, absent is not. */
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
  readonly omitZero: boolean;
}

/** A Go type as JSON sees it; `goType` is how Go prints it. */
export type GoType =
  | { readonly kind: 'string' | 'bool' | 'float' | 'bytes'; readonly goType: string }
  | { readonly kind: 'int'; readonly goType: string; readonly bits: 32 | 64 }
  | { readonly kind: 'time'; readonly goType: string; readonly micro: boolean }
  | { readonly kind: 'quantity' | 'intOrString' | 'any'; readonly goType: string }
  /** RawExtension, FieldsV1, JSON: kept as it is. */
  | { readonly kind: 'raw'; readonly goType: string }
  | { readonly kind: 'schemaOr'; readonly goType: string; readonly or: 'bool' | 'array' | 'stringArray'; readonly schema: () => StructPlan }
  | { readonly kind: 'list'; readonly goType: string; readonly item: GoType }
  | { readonly kind: 'map'; readonly goType: string; readonly value: GoType }
  | { readonly kind: 'struct'; readonly goType: string; readonly plan: () => StructPlan };

interface Fact {
  readonly packages: Readonly<Record<string, string>>;
  readonly named: Readonly<Record<string, string>>;
  readonly structs: Readonly<Record<string, string>>;
}

const SPECIAL: Readonly<Record<string, (goType: string) => GoType>> = {
  'meta.Time': (goType) => ({ kind: 'time', goType, micro: false }),
  'meta.MicroTime': (goType) => ({ kind: 'time', goType, micro: true }),
  'quantity.Quantity': (goType) => ({ kind: 'quantity', goType }),
  'intstr.IntOrString': (goType) => ({ kind: 'intOrString', goType }),
  'runtime.RawExtension': (goType) => ({ kind: 'raw', goType }),
  'meta.FieldsV1': (goType) => ({ kind: 'raw', goType }),
  'apiextensions.JSON': (goType) => ({ kind: 'raw', goType }),
  'apiextensions.JSONSchemaPropsOrBool': (goType) => ({ kind: 'schemaOr', goType, or: 'bool', schema: jsonSchemaPlan }),
  'apiextensions.JSONSchemaPropsOrArray': (goType) => ({ kind: 'schemaOr', goType, or: 'array', schema: jsonSchemaPlan }),
  'apiextensions.JSONSchemaPropsOrStringArray': (goType) => ({ kind: 'schemaOr', goType, or: 'stringArray', schema: jsonSchemaPlan }),
};

const fact = lazy(() => {
  const { packages, named, structs } = loadFact('go-types') as Fact;
  // Maps: a type is never looked up in Object.prototype.
  return { packages: new Map(Object.entries(packages)), named: new Map(Object.entries(named)), structs: new Map(Object.entries(structs)) };
});
const aliases = lazy(() => new Map([...fact().packages].map(([alias, name]) => [name, alias])));
const plans = new Map<string, StructPlan>();
const jsonSchemaPlan = (): StructPlan => structPlan('apiextensions.JSONSchemaProps') as StructPlan;

/** The plan of a definition such as `io.k8s.api.core.v1.Pod`; undefined for what is no struct. */
export function planOf(definition: string): StructPlan | undefined {
  const dot = definition.lastIndexOf('.');
  const alias = aliases().get(definition.slice(0, dot));
  return alias === undefined ? undefined : structPlan(`${alias}.${definition.slice(dot + 1)}`);
}

function structPlan(name: string): StructPlan | undefined {
  const known = plans.get(name);
  if (known) return known;
  const text = fact().structs.get(name);
  if (text === undefined) return undefined;
  const byName = new Map<string, FieldPlan>();
  addFields(text, '', byName);
  const fields = [...byName.values()];
  const plan = { goName: name.slice(name.indexOf('.') + 1), goType: goTypeText(name), fields, always: fields.filter(printsAlways), byName };
  plans.set(name, plan);
  return plan;
}

/** Whether Go prints the field of a struct that does not set it. */
export function printsAlways({ type, pointer, omitEmpty, omitZero }: FieldPlan): boolean {
  if (pointer) return !omitEmpty;
  switch (type.kind) {
    case 'struct':
    case 'time':
      return !omitZero;
    case 'quantity':
    case 'intOrString':
    case 'raw':
    case 'schemaOr':
      return true;
    default:
      return !omitEmpty;
  }
}

/** Adds the fields of `name type flags;…`; an embedded struct is `+GoName type`. */
function addFields(text: string, prefix: string, into: Map<string, FieldPlan>): void {
  if (text === '') return;
  for (const part of text.split(';')) {
    const [name, type, flags = ''] = part.split(' ') as [string, string, string?];
    if (name.startsWith('+')) {
      addFields(fact().structs.get(type) ?? '', `${prefix}${name.slice(1)}.`, into);
    } else if (!into.has(name)) {
      const pointer = type.startsWith('*');
      into.set(name, { name, index: into.size, errorName: prefix + name, type: goType(pointer ? type.slice(1) : type), pointer, omitEmpty: flags.includes('e'), omitZero: flags.includes('z') });
    }
  }
}

function goType(name: string): GoType {
  const special = SPECIAL[name];
  const text = goTypeText(name);
  if (special) return special(text);
  const shape = fact().named.get(name) ?? name;
  if (shape === '[]uint8') return { kind: 'bytes', goType: text };
  if (shape.startsWith('[]')) return { kind: 'list', goType: text, item: goType(shape.slice(2)) };
  if (shape.startsWith('map[')) return { kind: 'map', goType: text, value: goType(shape.slice(shape.indexOf(']') + 1)) };
  switch (shape) {
    case 'string':
      return { kind: 'string', goType: text };
    case 'bool':
      return { kind: 'bool', goType: text };
    case 'int32':
      return { kind: 'int', goType: text, bits: 32 };
    case 'int64':
      return { kind: 'int', goType: text, bits: 64 };
    case 'float64':
      return { kind: 'float', goType: text };
    case 'interface':
      return { kind: 'any', goType: 'interface {}' };
    default:
      return { kind: 'struct', goType: text, plan: () => structPlan(name) as StructPlan };
  }
}

/** `[]core.Container` → `[]v1.Container`: Go names a package by the last part of its path. */
function goTypeText(name: string): string {
  return name.replace(/(\w+)\.(\w+)/g, (_, alias: string, type: string) => `${fact().packages.get(alias)?.split('.').at(-1)}.${type}`);
}
