import { planOf, type FieldPlan } from '../../schema/go-types.js';
import { lazy, loadFact } from '../../schema/facts.js';
import type { JsonSchema } from '../../schema/node.js';
import { compare } from './path-item.js';
import type { Prose } from './prose.js';

/**
 * The definitions of openapi/schemas.json as documents of either version print them: with descriptions, and in
 * version 3 with defaults, references beside other keywords, and exact types for IntOrString and Quantity.
 */
export class DefinitionPrinter {
  constructor(
    private readonly definitions: Readonly<Record<string, JsonSchema>>,
    private readonly prose: Prose,
    private readonly version: 2 | 3,
    /** Of a document of version 3: kinds that every group has (DeleteOptions, WatchEvent) name only this one and core. */
    private readonly groupVersion?: { readonly group: string; readonly version: string },
  ) {}

  /** Adds the name of a definition, and of everything that it refers to. */
  collect(name: string, into: Set<string>): void {
    if (into.has(name) || !Object.hasOwn(this.definitions, name)) return;
    into.add(name);
    for (const reference of references(this.definitions[name] as JsonSchema)) this.collect(reference, into);
  }

  /** Definitions by name, in the order of the names. */
  *printAll(names: ReadonlySet<string>): Iterable<readonly [string, object]> {
    for (const name of [...names].sort(compare)) yield [name, this.print(name, this.definitions[name] as JsonSchema)];
  }

  private print(name: string, schema: JsonSchema): object {
    if (schema.verbatim) return this.verbatim(schema) as object;
    const about = this.prose.definitions[name] ?? {};
    const union = this.version === 3 ? UNIONS[name] : undefined;
    const plan = this.version === 3 ? planOf(name) : undefined;
    const { properties, 'x-kubernetes-group-version-kind': kinds, ...rest } = schema;
    const describedOnes = this.version === 3 ? UNDESCRIBED.get(name) : undefined;
    const required = new Set(schema.required);
    return {
      ...described(about['']),
      ...(union ?? this.place(rest, undefined)),
      ...(properties
        ? {
            properties: Object.fromEntries(
              Object.entries(properties).map(([property, place]) => {
                const fallback = defaultOf(name, property, place, plan?.byName.get(property), required.has(property));
                if (place.$ref !== undefined && describedOnes?.includes(property) === false) return [property, componentOf(place.$ref)];
                return [property, this.property(place, about[property], this.version === 3 ? fallback : undefined)];
              }),
            ),
          }
        : {}),
      ...(kinds ? { 'x-kubernetes-group-version-kind': this.version === 2 ? kinds : kinds.filter((kind) => kinds.length === 1 || this.names(kind)) } : {}),
    };
  }

  /** As it is, but for references, which version 3 has elsewhere. */
  private verbatim(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.verbatim(item));
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, verbatim: _, ...rest } = value as JsonSchema;
    const printed = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, this.verbatim(item)]));
    if ($ref === undefined) return printed;
    if (this.version === 2) return { ...printed, $ref };
    return Object.keys(printed).length > 0 ? { ...printed, allOf: [componentOf($ref)] } : componentOf($ref);
  }

  private names({ group, version }: { readonly group: string; readonly version: string }): boolean {
    return (group === '' && version === 'v1') || (group === this.groupVersion?.group && version === this.groupVersion.version);
  }

  private property(place: JsonSchema, about: string | undefined, fallback: Default): object {
    const description = about ?? (place.$ref ? this.prose.definitions[nameOf(place.$ref)]?.[''] : undefined);
    const values = place.enum && description !== undefined ? enumText(place.enum) : '';
    return { ...described(description === undefined ? undefined : description + values), ...this.place(place, fallback) };
  }

  /** Keywords in the order in which Kubernetes prints them: type, then the children, then references. */
  private place(schema: JsonSchema, fallback: Default): object {
    const { $ref, items, additionalProperties, default: _, ...rest } = schema;
    const children = {
      ...rest,
      ...(fallback ? { default: fallback.value } : {}),
      ...(items ? { items: this.child(items) } : {}),
      ...(additionalProperties ? { additionalProperties: this.child(additionalProperties) } : {}),
    };
    if ($ref === undefined) return children;
    if (this.version === 2) return { ...children, $ref };
    return { ...children, allOf: [componentOf($ref)] };
  }

  private child(schema: JsonSchema): object {
    const printed = this.place(schema, this.version === 3 ? zeroOf(schema, this.definitions) : undefined);
    // A reference on its own needs no allOf around it.
    const reference = 'allOf' in printed && Object.keys(printed).length === 1 ? (printed.allOf as object[])[0] : undefined;
    return reference ?? printed;
  }
}

type Default = { readonly value: unknown } | undefined;

function componentOf(reference: string): { readonly $ref: string } {
  return { $ref: reference.replace('#/definitions/', '#/components/schemas/') };
}

/** Definitions whose references say nothing of themselves in Kubernetes' sources, but for those named: they stand alone in version 3. */
const UNDESCRIBED: ReadonlyMap<string, readonly string[]> = new Map([
  ['io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps', ['default']],
  ['io.k8s.api.networking.v1.IngressRule', []],
]);

const UNIONS: Readonly<Record<string, object>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
};

const exceptions = lazy(() => new Map(Object.entries(loadFact('defaults') as Record<string, unknown>)));

/**
 * Documents of version 3 print Go's zero values as defaults: of what is required, of structs that are not pointers.
 * Where Kubernetes declares another default, or none, openapi/defaults.json says so (null: none).
 */
function defaultOf(definition: string, property: string, place: JsonSchema, field: FieldPlan | undefined, required: boolean): Default {
  const declared = exceptions().get(`${definition}#${property}`);
  if (declared !== undefined) return declared === null ? undefined : { value: declared };
  if (place.$ref !== undefined) {
    if (field) return field.pointer || field.type.kind !== 'struct' ? undefined : { value: {} };
    return required ? { value: {} } : undefined;
  }
  return required && !field?.pointer && place.format !== 'byte' ? zeroScalar(place.type) : undefined;
}

/** Items of lists and values of maps are never pointers. */
function zeroOf(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): Default {
  if (schema.$ref === undefined) return schema.format === 'byte' ? undefined : zeroScalar(schema.type);
  return definitions[nameOf(schema.$ref)]?.type === 'object' ? { value: {} } : undefined;
}

function zeroScalar(type: string | undefined): Default {
  if (type === 'string') return { value: '' };
  if (type === 'integer' || type === 'number') return { value: 0 };
  return type === 'boolean' ? { value: false } : undefined;
}

function nameOf(reference: string): string {
  return reference.slice('#/definitions/'.length);
}

function described(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description };
}

function enumText(values: readonly string[]): string {
  return `\n\nPossible enum values:\n${values.map((value) => ` - \`${JSON.stringify(value)}\``).join('\n')}`;
}

function* references(schema: JsonSchema): Iterable<string> {
  if (schema.$ref !== undefined) yield nameOf(schema.$ref);
  if (schema.items) yield* references(schema.items);
  if (schema.additionalProperties) yield* references(schema.additionalProperties);
  for (const property of Object.values(schema.properties ?? {})) yield* references(property);
}
