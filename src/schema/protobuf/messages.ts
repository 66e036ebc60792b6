import { lazy, loadFact } from '../facts.js';

/** A message's fields, compiled from openapi/protobuf.json on first use. */
export interface MessagePlan {
  readonly name: string;
  readonly special: SpecialMessage | undefined;
  /** By number. */
  readonly byNumber: ReadonlyMap<number, MessageField>;
  /** In order of their numbers, as Go writes them. */
  readonly fields: readonly MessageField[];
}

export type ScalarType = 'string' | 'bytes' | 'int32' | 'int64' | 'bool' | 'double';

export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'message'; readonly message: () => MessagePlan };

export interface MessageField {
  /** Name of the JSON property; of an inlined message, its Go field. */
  readonly name: string;
  readonly number: number;
  readonly shape: 'single' | 'repeated' | 'map' | 'inline';
  readonly type: FieldType;
}

/** Messages that are not objects in JSON. */
export type SpecialMessage = 'time' | 'microTime' | 'quantity' | 'intOrString' | 'json' | 'schemaOrArray' | 'schemaOrBool' | 'schemaOrStringArray' | 'items';

const APIEXTENSIONS = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1';
const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';
const SPECIAL = new Map<string, SpecialMessage>([
  [`${META}.Time`, 'time'],
  [`${META}.MicroTime`, 'microTime'],
  [`${META}.FieldsV1`, 'json'],
  [`${META}.Verbs`, 'items'],
  ['k8s.io.apimachinery.pkg.api.resource.Quantity', 'quantity'],
  ['k8s.io.apimachinery.pkg.util.intstr.IntOrString', 'intOrString'],
  ['k8s.io.apimachinery.pkg.runtime.RawExtension', 'json'],
  [`${APIEXTENSIONS}.JSON`, 'json'],
  [`${APIEXTENSIONS}.JSONSchemaPropsOrArray`, 'schemaOrArray'],
  [`${APIEXTENSIONS}.JSONSchemaPropsOrBool`, 'schemaOrBool'],
  [`${APIEXTENSIONS}.JSONSchemaPropsOrStringArray`, 'schemaOrStringArray'],
  ['k8s.io.api.authentication.v1.ExtraValue', 'items'],
  ['k8s.io.api.authorization.v1.ExtraValue', 'items'],
  ['k8s.io.api.certificates.v1.ExtraValue', 'items'],
]);

type FieldFact = readonly [number: number, type: string, flags?: string];

const facts = lazy(() => new Map(Object.entries(loadFact('protobuf') as Record<string, Record<string, FieldFact>>)));
const plans = new Map<string, MessagePlan>();

/** The message of a definition: `io.k8s.api.core.v1.Pod` → `k8s.io.api.core.v1.Pod`. */
export function messageOf(definition: string): MessagePlan | undefined {
  return messagePlan(definition.replace(/^io\.k8s\./, 'k8s.io.').replace(/-/g, '_'));
}

export function messagePlan(name: string): MessagePlan | undefined {
  const known = plans.get(name);
  if (known) return known;
  const fact = facts().get(name);
  if (!fact) return undefined;
  const home = name.slice(0, name.lastIndexOf('.'));
  const fields = Object.entries(fact)
    .map(([property, [number, type, flags]]) => field(property, number, type, flags, home))
    .sort((a, b) => a.number - b.number);
  const plan = { name, special: SPECIAL.get(name), fields, byNumber: new Map(fields.map((item) => [item.number, item])) };
  plans.set(name, plan);
  return plan;
}

function field(name: string, number: number, text: string, flags: string | undefined, home: string): MessageField {
  const map = /^map<string, (.+)>$/.exec(text);
  if (map) return { name, number, shape: 'map', type: fieldType(map[1] as string, home) };
  const [label, type] = text.split(' ') as [string, string];
  const shape = flags?.includes('i') ? 'inline' : label === 'repeated' ? 'repeated' : 'single';
  return { name, number, shape, type: fieldType(type, home) };
}

function fieldType(type: string, home: string): FieldType {
  switch (type) {
    case 'string':
    case 'bytes':
    case 'int32':
    case 'int64':
    case 'bool':
    case 'double':
      return { kind: 'scalar', scalar: type };
    default: {
      const full = type.startsWith('.') ? type.slice(1) : `${home}.${type}`;
      return { kind: 'message', message: () => messagePlan(full) as MessagePlan };
    }
  }
}
