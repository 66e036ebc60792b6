import fc, { type GeneratorValue } from 'fast-check';
import { apiVersionOf, type GroupVersionKind } from '../../src/api/gvk.js';
import { definitionOf, schemas } from '../../src/schema/catalogue.js';
import type { SchemaNode } from '../../src/schema/node.js';

type Fields = Record<string, unknown>;

export interface GenerateOptions {
  /** 'all': every field has a value that Go prints. 'some': fields are there or not, zero values, empty lists and maps too. */
  readonly fields: 'all' | 'some';
}

/** JSON schemas contain themselves; everything else ends by itself. */
const MAX_NESTING = 2;
const MICRO_TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime';
const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const FIELDS_V1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1';
const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';
/** Texts that YAML must quote, and data that looks like JavaScript's own. */
const AWKWARD_TEXTS = [
  'yes', 'null', '~', '0x1F', '1e3', '1_000', '2026-01-02', '012', '.5', '-', ': ', 'a: b', 'a #b', '#a', ' a', 'a ', '\ta', 'a\nb\n', '\n', "it's", '"', '&a', '*a', '!a', '%a', '@a', '`a', '{', '[a]', '>', '|', '---', '...',
  '__proto__', 'constructor', '<<', '=', '\u2028', '\ufeff', '\u0000', '\u001b', 'é', '日本', '😀', 'x'.repeat(200), 'long words '.repeat(20),
];
const QUANTITY_SUFFIXES = ['', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti'];

/** Objects of a kind as its OpenAPI schema describes them, in the form in which the server prints them; valid only by their types. */
export function objectsOf(gvk: GroupVersionKind, options: GenerateOptions): fc.Arbitrary<Fields> {
  const definition = definitionOf(gvk);
  const schema = definition === undefined ? undefined : schemas().definition(definition);
  if (!schema) throw new Error(`no schema of ${gvk.kind}`);
  return fc.gen().map((generate) => ({ ...new Generator(generate, options).object(schema), kind: gvk.kind, apiVersion: apiVersionOf(gvk) }));
}

class Generator {
  private readonly open: string[] = [];

  constructor(
    private readonly generate: GeneratorValue,
    private readonly options: GenerateOptions,
  ) {}

  object(schema: SchemaNode): Fields {
    const object: Fields = {};
    for (const name of schema.properties) {
      const node = schema.property(name) as SchemaNode;
      // Objects within objects print no kind that they were not given, and protobuf cannot carry it.
      if (isTypeMeta(schema, name) || this.tooDeep(node)) continue;
      if (this.options.fields === 'some' && this.generate(fc.integer, { min: 0, max: 2 }) === 0) continue;
      object[name] = this.value(node);
    }
    return object;
  }

  private value(node: SchemaNode): unknown {
    switch (node.type) {
      case 'object':
        return this.structOrMap(node);
      case 'array':
        return Array.from({ length: this.length() }, () => this.value(node.items as SchemaNode));
      case 'string':
        return this.string(node);
      case 'boolean':
        return this.options.fields === 'all' || this.generate(fc.boolean);
      case 'integer':
        return this.integer(node.format === 'int64');
      case 'number':
        return this.generate(fc.double, { min: 0.001, max: 1e15, noNaN: true });
      case 'int-or-string':
        return this.generate(fc.boolean) ? this.text() : this.integer(false);
      case 'quantity':
        return `${this.generate(fc.integer, { min: 1, max: 999 })}${this.generate(fc.constantFrom, ...QUANTITY_SUFFIXES)}`;
      case 'any':
        return this.anything(node.definition ?? '');
    }
  }

  private structOrMap(node: SchemaNode): Fields {
    if (node.properties.length > 0) {
      this.open.push(node.definition ?? '');
      const object = this.object(node);
      this.open.pop();
      return object;
    }
    const { additional } = node;
    // Without either it is a struct that has no fields.
    const entries = additional ? Array.from({ length: this.length() }, () => [this.key(), this.value(additional)] as const) : [];
    // Unlike an assignment, this makes a property of `__proto__` too.
    return Object.fromEntries(entries);
  }

  private length(): number {
    return this.generate(fc.integer, { min: this.options.fields === 'all' ? 1 : 0, max: 2 });
  }

  private string(node: SchemaNode): string {
    if (node.format === 'date-time') return this.time(node.definition === MICRO_TIME);
    if (node.format === 'byte') return Buffer.from(this.generate(fc.uint8Array, { minLength: this.options.fields === 'all' ? 1 : 0, maxLength: 9 })).toString('base64');
    return this.text();
  }

  private time(micro: boolean): string {
    const text = new Date(this.generate(fc.integer, { min: 0, max: 4_000_000_000 }) * 1000).toISOString();
    return text.replace(/\.\d+Z$/, micro ? `.${String(this.generate(fc.integer, { min: 0, max: 999_999 })).padStart(6, '0')}Z` : 'Z');
  }

  private text(): string {
    const minLength = this.options.fields === 'all' ? 1 : 0;
    // Next-line characters do not survive Go's YAML, and so not ours.
    return this.generate(fc.boolean) ? this.generate(fc.constantFrom, ...AWKWARD_TEXTS) : this.generate(fc.string, { unit: 'binary', minLength, maxLength: 12 }).replaceAll('\u0085', '.');
  }

  /** Go's YAML writes this key as if it were to be merged. */
  private key(): string {
    const text = this.text();
    return text === '<<' ? 'merged' : text;
  }

  private integer(wide: boolean): number | bigint {
    if (wide && this.generate(fc.integer, { min: 0, max: 3 }) === 0) {
      // What a double holds is a number, as the decoders give it.
      const exact = this.generate(fc.bigInt, { min: -(2n ** 63n), max: 2n ** 63n - 1n });
      return Number.isSafeInteger(Number(exact)) ? Number(exact) || 1 : exact;
    }
    const number = this.generate(fc.integer, { min: -(2 ** 31), max: 2 ** 31 - 1 });
    return this.options.fields === 'all' ? number || 1 : number;
  }

  /** Data that has no schema. */
  private anything(definition: string): unknown {
    const fields: Fields = { 'f:metadata': { 'f:labels': { '.': {}, 'k:{"a":"b"}': { n: [1, 'x', true, null, 1.5] } } }, [this.key()]: this.text() };
    if (definition === FIELDS_V1 || definition === RAW_EXTENSION) return fields;
    if (definition.endsWith('OrBool')) return this.options.fields === 'all' || this.generate(fc.boolean);
    if (definition.endsWith('OrArray')) return [{ type: this.text() }, { type: 'integer', maximum: 1.5 }];
    if (definition.endsWith('OrStringArray')) return [this.text(), 'b'];
    return this.generate(fc.constantFrom<unknown[]>, fields, 'text', 1, [1, 'x', null], false, 9007199254740993n);
  }

  private tooDeep(node: SchemaNode): boolean {
    const definition = node.definition ?? node.items?.definition ?? node.additional?.definition;
    return definition !== undefined && this.open.filter((item) => item === definition).length >= MAX_NESTING;
  }
}

/** Whether a field is the kind or version of an object, not of something that it refers to. */
function isTypeMeta(schema: SchemaNode, name: string): boolean {
  return (name === 'kind' || name === 'apiVersion') && (schema.property('metadata') !== undefined || schema.definition === DELETE_OPTIONS);
}
