import { createRequire } from 'node:module';
import type * as yamlLibrary from 'yaml';
import { badRequest } from '../api/errors.js';
import type { Json } from '../api/object.js';
import { lazy } from './facts.js';
import type { ExactJson } from './json-exact.js';
import { parseJsonExactly } from './json.js';
import { JsonSyntaxError, MAX_DEPTH } from './json-syntax.js';
import { NumberLiteral } from './number-literal.js';
import { plainNumbers, setKey } from './shape.js';
import { goYamlText } from './yaml-errors.js';
import { resolvePlain } from './yaml-resolve.js';
import { yamlText } from './yaml-text.js';

export { encodeYaml } from './yaml-emit.js';

/** A text that is no YAML, or no YAML that can be JSON; the message is Go's where we know it. */
export class YamlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'YamlError';
  }
}

/** The `yaml` package; loaded on first use. */
const library = lazy(() => createRequire(import.meta.url)('yaml') as typeof yamlLibrary);

/** Anchors may be used more often than Go allows before a text counts as a bomb. */
const MAX_ALIASES = 10_000;
const MAX_NODES = 400_000;
const MERGE_KEY = '<<';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads YAML as the API server does: the rules of YAML 1.1 without base-60 numbers and timestamps, only the first
 * document, keys made strings; duplicate keys are reported, the last one counts. Throws YamlError.
 */
export function parseYamlExactly(bytes: Buffer, strict: boolean): { parsed: ExactJson; strictErrors: readonly string[] } {
  const read = yamlText(bytes);
  if ('problem' in read) throw new YamlError(`yaml: ${read.problem}`);
  const { text } = read;
  const json = asJson(text);
  if (json) return { parsed: json, strictErrors: [] };
  const { document, lines } = readDocument(text);
  const converter = new Converter(lines);
  const value = converter.value(document?.contents);
  const strictErrors = strict && converter.duplicates.length > 0 ? [`yaml: unmarshal errors:\n${converter.duplicates.join('\n')}`] : [];
  return { parsed: { value, literals: converter.literals, occurrences: undefined }, strictErrors };
}

const MAX_JSON = 256 * 1024;
/** An object in printable ASCII without escapes, over which JSON and YAML do not disagree. */
const PLAIN_JSON = /^\{[\n\x20-\x5b\x5d-\x7e]*\}\n?$/;
/** What means something else in YAML: merge keys, negative zeros, and keys that are too long for it. */
const NOT_YAML = /"<<"|[:[,]\s*-0|"[^"]{1000,}"\s*:/;

/** What clients send as YAML is JSON mostly, which is read many times faster. Undefined for all that might differ. */
function asJson(text: string): ExactJson | undefined {
  if (text.length > MAX_JSON || !PLAIN_JSON.test(text) || NOT_YAML.test(text)) return undefined;
  try {
    const parsed = parseJsonExactly(text, { duplicates: true });
    return parsed.literals || parsed.occurrences ? undefined : parsed;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** A YAML text as data, as server-side apply reads it. Throws ApiError 400 `error decoding YAML: …`, also for what is no object. */
export function decodeYaml(bytes: Buffer): Json {
  return decodeYamlStrictly(bytes).value;
}

/** {@link decodeYaml} with what strict decoding says of duplicate keys. */
export function decodeYamlStrictly(bytes: Buffer): { value: Json; strictErrors: readonly string[] } {
  try {
    const { parsed, strictErrors } = parseYamlExactly(bytes, true);
    const value = (parsed.literals ? plainNumbers(parsed.value) : parsed.value) as Json;
    if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
      const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' ? 'number' : typeof value;
      throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`);
    }
    return { value: value ?? {}, strictErrors };
  } catch (error) {
    if (error instanceof YamlError) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}

const STRICT_PREFIX = /^(?:error converting YAML to JSON: )?yaml: unmarshal errors:\n/;

/** An error of strict decoding as warnings: what Go's yaml found are several, one a line. */
export function strictWarnings(error: string): string[] {
  return STRICT_PREFIX.test(error) ? error.replace(STRICT_PREFIX, '').split('\n').map((line) => line.trim()) : [error];
}

type Document = yamlLibrary.Document.Parsed;
type LineCounter = yamlLibrary.LineCounter;

function readDocument(text: string): { document: Document | undefined; lines: LineCounter } {
  const { parseAllDocuments, LineCounter } = library();
  const lines = new LineCounter();
  const source = firstDocument(text);
  const directive = directiveProblem(source);
  if (directive) throw new YamlError(directive);
  try {
    const documents = parseAllDocuments(source, { version: '1.1', schema: 'failsafe', uniqueKeys: false, strict: false, prettyErrors: false, logLevel: 'silent', lineCounter: lines });
    const document = Array.isArray(documents) ? documents[0] : undefined;
    const failure = document?.errors[0];
    if (failure) throw new YamlError(goYamlText(failure, source, lines));
    return { document, lines };
  } catch (error) {
    if (error instanceof RangeError) throw new YamlError('yaml: exceeded max depth of 10000');
    throw error;
  }
}

const DIRECTIVES = /^(?:[ \t]*(?:#.*)?\r?\n)*%(\w*)[ \t]*(\S*)/;

/** What Go's yaml says to the first directive, if anything. */
function directiveProblem(source: string): string | undefined {
  const [, name, argument] = DIRECTIVES.exec(source) ?? [];
  if (name === undefined || name === 'TAG' || (name === 'YAML' && argument === '1.1')) return undefined;
  return name === 'YAML' ? 'yaml: found incompatible YAML document' : 'yaml: found unknown directive name';
}

/** Cuts off further documents, whose errors nobody would hear of. */
function firstDocument(text: string): string {
  let started = false;
  for (const match of text.matchAll(/^(?:---|\.\.\.)(?=\s|$)/gm)) {
    const before = text.slice(0, match.index);
    if (!started && match[0] === '---' && /^(?:[ \t]*(?:#.*|%.*)?\r?\n)*$/.test(before)) {
      started = true;
      continue;
    }
    return before;
  }
  return text;
}

/** Turns YAML nodes into JSON data, in the order of the text. */
class Converter {
  readonly duplicates: string[] = [];
  literals = false;
  private aliases = 0;
  private nodes = 0;
  /** The node that an alias means is the last before it with that anchor. */
  private readonly anchors = new Map<string, yamlLibrary.Node>();
  private readonly open = new Set<unknown>();

  constructor(private readonly lines: LineCounter) {}

  value(node: unknown): unknown {
    const { isAlias, isMap, isScalar, isSeq, isNode } = library();
    if (++this.nodes > MAX_NODES && this.aliases > 0) throw new YamlError('yaml: document contains excessive aliasing');
    if (isAlias(node)) return this.value(this.target(node));
    if (isNode(node) && node.anchor) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.scalar(node);
    if (!isSeq(node) && !isMap(node)) return null;
    if (this.open.size > MAX_DEPTH) throw new YamlError('yaml: exceeded max depth of 10000');
    if (this.open.has(node)) throw new YamlError(`yaml: anchor '${node.anchor ?? ''}' value contains itself`);
    this.open.add(node);
    const value = isSeq(node) ? node.items.map((item) => this.value(item)) : this.map(node);
    this.open.delete(node);
    return value;
  }

  private target(alias: yamlLibrary.Alias): yamlLibrary.Node {
    if (++this.aliases > MAX_ALIASES) throw new YamlError('yaml: document contains excessive aliasing');
    const target = this.anchors.get(alias.source);
    if (!target) throw new YamlError(`yaml: unknown anchor '${alias.source}' referenced`);
    return target;
  }

  /** Nodes come as texts; what plain ones mean is Go's to say. */
  private scalar(node: yamlLibrary.Scalar): unknown {
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
    const tag = node.tag?.replace('tag:yaml.org,2002:', '!!');
    if (tag === '!!binary') {
      const plain = text.replace(/[\r\n]/g, '');
      if (!BASE64.test(plain)) throw new YamlError('yaml: !!binary value contains invalid base64 data');
      return Buffer.from(plain, 'base64').toString('utf8');
    }
    if (tag === '!!str' || tag === '!' || (tag !== undefined && !tag.startsWith('!!'))) return text;
    if (node.type !== 'PLAIN' && node.type !== undefined && tag === undefined) return text;
    const resolved = resolvePlain(text);
    if ((tag === '!!int' || tag === '!!float') && resolved.kind === 'text') throw new YamlError(`yaml: cannot decode !!str \`${text}\` as a ${tag}`);
    switch (resolved.kind) {
      case 'text':
      case 'timestamp':
        return text;
      case 'null':
        return null;
      case 'bool':
        return resolved.value;
      case 'int':
        return this.integer(resolved.value);
      case 'float':
        if (!Number.isFinite(resolved.value)) throw new YamlError(`json: unsupported value: ${Number.isNaN(resolved.value) ? 'NaN' : resolved.value > 0 ? '+Inf' : '-Inf'}`);
        return resolved.value;
    }
  }

  /** JSON has no integers beyond a double but as they are written. */
  private integer(value: bigint): unknown {
    if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    this.literals = true;
    return new NumberLiteral(String(value));
  }

  private map(node: yamlLibrary.YAMLMap): Record<string, unknown> {
    const { isScalar } = library();
    const result: Record<string, unknown> = {};
    const own = new Set<string>();
    const merged: Array<Record<string, unknown>> = [];
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.value === MERGE_KEY && key.type === 'PLAIN') {
        merged.push(...this.merge(value));
        continue;
      }
      const name = this.key(key, value);
      if (own.has(name)) {
        const line = this.lines.linePos((isScalar(key) ? key.range?.[0] : undefined) ?? 0).line;
        this.duplicates.push(`  line ${line}: key ${isScalar(key) && typeof this.scalar(key) !== 'string' ? name : JSON.stringify(name)} already set in map`);
      }
      own.add(name);
      setKey(result, name, this.value(value));
    }
    for (const fields of merged) {
      for (const name of Object.keys(fields)) if (!Object.hasOwn(result, name)) setKey(result, name, fields[name]);
    }
    return result;
  }

  /** The maps that `<<` brings in. */
  private merge(value: unknown): Array<Record<string, unknown>> {
    const { isAlias, isMap, isSeq } = library();
    const target = isAlias(value) ? this.target(value) : value;
    const sources = isSeq(target) ? target.items : [target];
    return sources.map((source) => {
      const map = isAlias(source) ? this.target(source) : source;
      if (!isMap(map)) throw new YamlError('yaml: map merge requires map or sequence of maps as the value');
      return this.value(map) as Record<string, unknown>;
    });
  }

  /** Keys that are numbers or booleans become strings; others are no JSON. */
  private key(node: unknown, value: unknown): string {
    const { isAlias, isNode, isScalar } = library();
    const target = isAlias(node) ? this.target(node) : node;
    if (isNode(target) && target.anchor) this.anchors.set(target.anchor, target);
    if (!isScalar(target)) throw new YamlError(`yaml: invalid map key: ${goSyntax(this.value(target))}`);
    const key = this.scalar(target);
    if (typeof key === 'string') return key;
    if (typeof key === 'number' || typeof key === 'boolean') return String(key);
    if (key instanceof NumberLiteral) return key.text;
    throw new YamlError(`unsupported map key of type: %!s(<nil>), key: <nil>, value: ${JSON.stringify(this.value(value))}`);
  }
}

/** Lists and maps as Go writes them in its own syntax. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (value instanceof NumberLiteral) return value.text;
  if (typeof value !== 'object') return JSON.stringify(value);
  if (value === null) return 'interface {}(nil)';
  return `map[interface {}]interface {}{${Object.entries(value)
    .map(([name, item]) => `${JSON.stringify(name)}:${goSyntax(item)}`)
    .join(', ')}}`;
}
