import { deepClone, deepEqual } from '../base/freeze.js';
import { examine, examineUntyped, type StrictError } from './examine.js';
import { planOf, type StructPlan } from './go-types.js';
import type { ExactJson } from './json-exact.js';
import { plainNumbers, setKey, Shaper } from './shape.js';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** What a value became as an object of its definition. */
export interface TypedResult {
  /** In the form of {@link canonical}, except that lists and maps that always print are empty rather than null. A new object; parts without a schema are shared. */
  readonly object: Record<string, unknown>;
  /** Paths of fields that the definition does not know, e.g. `spec.containers[0].foo`; they are not in the object. */
  readonly unknownFields: readonly string[];
}

/**
 * Gives JSON data its type, with the semantics of Kubernetes' Go structs: nulls and unknown fields are dropped, quantities and times
 * made canonical, struct values filled in. Without a definition (custom resources) only metadata is typed.
 * Throws DecodeError with Go's text if something does not fit.
 */
export function toTyped(definition: string | undefined, raw: object): TypedResult {
  const { object, strict } = decodeTyped(definition, { value: raw, literals: false, occurrences: undefined }, { known: copyOfFinished });
  return { object, unknownFields: strict.filter((error) => error.type === 'unknown field').map((error) => error.path) };
}

/** {@link toTyped} for data that its owner may go on to change: nothing of it is in the result, but for what is frozen. */
export function typedCopy(definition: string | undefined, raw: object): Record<string, unknown> {
  // Custom resources are nearly all without a type.
  if (definition === undefined || !planOf(definition)) return toTyped(definition, deepClone(raw)).object;
  return decodeTyped(definition, { value: raw, literals: false, occurrences: undefined }, { known: copyOfFinished, copiesRaw: true }).object;
}

/** {@link toTyped} for parsed text: also knows the duplicate fields. Errors are in the order of the text. */
export function decodeTyped(definition: string | undefined, parsed: ExactJson, { known, copiesRaw = false }: Partial<Pick<Shaper, 'known' | 'copiesRaw'>> = {}): { object: Record<string, unknown>; strict: StrictError[] } {
  const value = parsed.value ?? {};
  const plan = definition === undefined ? undefined : planOf(definition);
  if (!plan) return decodeUntyped(value as Record<string, unknown>, parsed);
  const shaper = new Shaper('empty');
  shaper.literals = parsed.literals;
  shaper.known = known;
  shaper.copiesRaw = copiesRaw;
  if (isPlainObject(value)) {
    const object = shaper.struct(plan, value);
    if (!shaper.anomaly && !parsed.occurrences) return { object, strict: [] };
    return { object, strict: examine(plan, value, parsed.occurrences) };
  }
  return { object: shaper.struct(plan, {}), strict: examine(plan, value, parsed.occurrences) };
}

/** Custom resources: metadata is an ObjectMeta, everything else stays as it is. */
function decodeUntyped(value: Record<string, unknown>, parsed: ExactJson): { object: Record<string, unknown>; strict: StrictError[] } {
  const strict = examineUntyped(value, parsed.occurrences);
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setKey(object, key, parsed.literals && key !== 'metadata' ? plainNumbers(value[key]) : value[key]);
  if (isPlainObject(object['metadata'])) {
    const plan = planOf(OBJECT_META) as StructPlan;
    const metadata = object['metadata'];
    const shaper = new Shaper('empty');
    shaper.literals = parsed.literals;
    object['metadata'] = shaper.struct(plan, metadata);
    if (shaper.anomaly) {
      const unknown = examine(METADATA_ONLY(plan), { metadata }).filter((error) => error.type === 'unknown field');
      strict.push(...unknown);
    }
  }
  return { object, strict };
}

/** A struct with nothing but metadata, so that paths and errors begin with it. */
function METADATA_ONLY(plan: StructPlan): StructPlan {
  const field = { name: 'metadata', index: 0, errorName: 'metadata', type: { kind: 'struct', goType: plan.goType, plan: () => plan }, pointer: false, omitEmpty: true, omitZero: false } as const;
  return { goName: 'ObjectMeta', goType: plan.goType, fields: [field], always: [], byName: new Map([['metadata', field]]) };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (structuredClone inside jest makes some) have another Object.prototype, but also nothing above it.
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Parts of objects (spec, status) that `canonical` made and in which nothing is null that typed data has empty: they
 * are the same in both forms once they are frozen.
 */
const finished = new WeakMap<object, StructPlan>();

const copyOfFinished = (value: object, plan: StructPlan): object | undefined => (finished.get(value) === plan && Object.isFrozen(value) ? deepClone(value) : undefined);

/**
 * The form in which an object is stored and printed: fields in Go's order, empty values dropped or printed as Go does, map keys sorted,
 * quantities and times canonical. For objects that code built or changed: what does not fit is silently left out.
 * A new object; parts without a schema (managed fields, raw extensions) are shared with the argument.
 * @param before an object in this form: parts that are the same are taken from it
 */
export function canonical(definition: string | undefined, object: Record<string, unknown>, before?: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plan = definition === undefined ? undefined : planOf(definition);
  if (!plan) return canonicalCustom(object);
  const shaper = new Shaper('null');
  const unchanged = before && unchangedParts(object, before);
  if (unchanged) shaper.known = (value) => unchanged.get(value);
  const shaped = shaper.struct(plan, object);
  if (shaper.madeNull) return shaped;
  for (const { name, type } of plan.fields) {
    const part = shaped[name];
    // Managed fields, a large part of metadata, are shared and not copied.
    if (type.kind === 'struct' && name !== 'metadata' && typeof part === 'object' && part !== null && !finished.has(part)) finished.set(part, type.plan());
  }
  return shaped;
}

/** Parts of an object that equal finished ones of the object before, and those. */
function unchangedParts(object: Readonly<Record<string, unknown>>, before: Readonly<Record<string, unknown>>): Map<object, object> {
  const unchanged = new Map<object, object>();
  for (const name in before) {
    const [part, earlier] = [object[name], before[name]];
    if (typeof part !== 'object' || part === null || typeof earlier !== 'object' || earlier === null) continue;
    if (finished.has(earlier) && Object.isFrozen(earlier) && deepEqual(part, earlier)) unchanged.set(part, earlier);
  }
  return unchanged;
}

/** Custom resources print with sorted keys at every depth. */
function canonicalCustom(object: Record<string, unknown>): Record<string, unknown> {
  const metadata = isPlainObject(object['metadata']) ? new Shaper('null').struct(planOf(OBJECT_META) as StructPlan, object['metadata']) : object['metadata'];
  return sorted({ ...object, metadata }) as Record<string, unknown>;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) setKey(result, key, sorted(item));
  }
  return result;
}
