import { badRequest, type ApiError } from '../api/errors.js';
import { quote } from '../api/field.js';
import { apiVersionOf, type GroupVersionKind } from '../api/gvk.js';
import { DecodeError, strictErrorText } from './examine.js';
import type { ExactJson } from './json-exact.js';
import { JsonSyntaxError, parseJsonExactly } from './json.js';
import { NumberLiteral } from './number-literal.js';
import { definitionOf } from './catalogue.js';
import { decodeRaw, openEnvelope, ProtobufError } from './protobuf/index.js';
import { plainNumbers } from './shape.js';
import { decodeTyped } from './typed.js';
import { parseYamlExactly, YamlError } from './yaml.js';

export type BodyType = 'json' | 'yaml' | 'protobuf';

export interface DecodeResult {
  /** With `kind` and `apiVersion` as the body says, or the expected ones. */
  readonly object: Record<string, unknown>;
  /** `unknown field "spec.foo"`, `duplicate field "spec.foo"`: warnings, or reasons to refuse the body. In the order of the text. */
  readonly strictErrors: readonly string[];
}

/** A request body whose kind is known; its fields are not looked at before `typed` is called. */
export interface DecodedBody {
  /** The body's kind; what it leaves out is taken from the expected kind. */
  readonly gvk: GroupVersionKind;
  /** The body as plain data. */
  readonly raw: unknown;
  /**
   * The body as an object of a definition (of a custom resource if undefined).
   * Throws ApiError 400 `Pod in version "v1" cannot be handled as a Pod: …` if it does not fit.
   */
  typed(definition: string | undefined): DecodeResult;
  /** 400 `Pod in version "v1" cannot be handled as a Pod: WHY`. */
  refusal(why: string): ApiError;
  /** 400 with all strict errors, for fieldValidation=Strict. */
  strictRefusal(strictErrors: readonly string[]): ApiError;
}

const SUMMARY_BYTES = 30;

/**
 * Reads a body as far as its kind. Throws ApiError 400 with the real server's text for what is no JSON, YAML or protobuf
 * or names no version. Whether the kind is the right one is left to the caller: see `gvk` and `refusal`.
 * @param expected the kind that the path stands for; undefined for DeleteOptions, whose errors come without a frame
 * @param strict whether strict errors are wanted; costs a little
 */
export function decodeBody(bytes: Buffer, type: BodyType, expected: GroupVersionKind | undefined, strict = true): DecodedBody {
  const unrecognized = (why: string): ApiError =>
    badRequest(expected ? `the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${summary(bytes)})` : why);
  if (type === 'protobuf') {
    try {
      const { apiVersion, kind, raw } = openEnvelope(bytes);
      const gvk = withDefaults(apiVersion, kind, expected, unrecognized);
      return new Body(gvk, expected, () => protobufData(gvk, raw), []);
    } catch (error) {
      throw error instanceof ProtobufError ? unrecognized(error.message) : error;
    }
  }
  let parsed: ExactJson;
  let yamlErrors: readonly string[] = [];
  try {
    if (type === 'yaml') ({ parsed, strictErrors: yamlErrors } = parseYamlExactly(bytes, strict));
    else parsed = parseJsonExactly(bytes, { duplicates: strict });
  } catch (error) {
    if (error instanceof YamlError) throw unrecognized(error.message);
    if (error instanceof JsonSyntaxError) throw unrecognized(`couldn't get version/kind; json parse error: ${error.message}`);
    throw error;
  }
  const { apiVersion, kind } = findKind(parsed, unrecognized);
  return new Body(withDefaults(apiVersion, kind, expected, unrecognized), expected, () => parsed, yamlErrors);
}

/** The message of a body's kind, whatever kind was expected. */
function protobufData(gvk: GroupVersionKind, raw: Buffer): ExactJson {
  const definition = definitionOf(gvk);
  const value = definition === undefined ? undefined : decodeRaw(definition, raw);
  if (!value) throw new DecodeError(notRegistered(gvk));
  return { value, literals: false, occurrences: undefined };
}

/** What the real server says of a kind that it does not know. */
export function notRegistered(gvk: GroupVersionKind): string {
  return `no kind ${quote(gvk.kind)} is registered for version ${quote(apiVersionOf(gvk))} in scheme "pkg/runtime/scheme.go:111"`;
}

class Body implements DecodedBody {
  constructor(
    readonly gvk: GroupVersionKind,
    private readonly expected: GroupVersionKind | undefined,
    private readonly parse: () => ExactJson,
    private readonly yamlErrors: readonly string[],
  ) {}

  get raw(): unknown {
    const { value, literals } = this.attempt(this.parse);
    return literals ? plainNumbers(value) : value;
  }

  typed(definition: string | undefined): DecodeResult {
    const { object, strict } = this.attempt(() => decodeTyped(definition, this.parse()));
    const names = { kind: this.gvk.kind, apiVersion: apiVersionOf(this.gvk) };
    return { object: { ...names, ...object, ...names }, strictErrors: [...this.yamlErrors, ...strict.map(strictErrorText)] };
  }

  private attempt<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      if (error instanceof DecodeError || error instanceof ProtobufError) throw this.refusal(error.message);
      throw error;
    }
  }

  refusal(why: string): ApiError {
    const { kind, version } = this.gvk;
    // DELETE takes options of any version; its errors say no more than what is wrong.
    if (!this.expected) return badRequest(why);
    return badRequest(`${kind} in version ${quote(version)} cannot be handled as a ${this.expected.kind}: ${why}`);
  }

  strictRefusal(strictErrors: readonly string[]): ApiError {
    return this.refusal(`strict decoding error: ${strictErrors.join(', ')}`);
  }
}

/** What Go finds as apiVersion and kind: here alone letters may be of any case, and the last of several counts. */
function findKind({ value, occurrences }: ExactJson, unrecognized: (why: string) => ApiError): { apiVersion: string; kind: string } {
  const found = { apiVersion: '', kind: '' };
  if (value === null) return found;
  const refuse = (text: string): ApiError => unrecognized(`couldn't get version/kind; json parse error: json: cannot unmarshal ${text}`);
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof NumberLiteral) {
    throw refuse(`${typeName(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
  }
  for (const [key, item] of occurrences?.get(value) ?? Object.entries(value)) {
    const lower = key.length === 4 || key.length === 10 ? key.toLowerCase() : '';
    const name = lower === 'kind' ? 'kind' : lower === 'apiversion' ? 'apiVersion' : undefined;
    if (!name || item === null) continue;
    if (typeof item !== 'string') throw refuse(`${typeName(item)} into Go struct field .${name} of type string`);
    found[name] = item;
  }
  return found;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' || value instanceof NumberLiteral ? 'number' : typeof value;
}

function withDefaults(apiVersion: string, kind: string, expected: GroupVersionKind | undefined, unrecognized: (why: string) => ApiError): GroupVersionKind {
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  if (parts.length > 2) throw unrecognized(`unexpected GroupVersion string: ${apiVersion}`);
  let [group, version] = parts.length === 2 ? (parts as [string, string]) : ['', parts[0] as string];
  if (version === '' && (group === '' || group === expected?.group)) [group, version] = [expected?.group ?? group, expected?.version ?? ''];
  return { group, version, kind: kind || (expected?.kind ?? '') };
}

/** The beginning of a body, as text if it looks like JSON, else as hex. */
function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const head = bytes.subarray(0, SUMMARY_BYTES);
  return `${bytes[0] === 0x7b ? head.toString('utf8') : head.toString('hex')}${bytes.length > SUMMARY_BYTES ? ' ...' : ''}`;
}
