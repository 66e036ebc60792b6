import { badRequest, tooLarge } from '../api/errors.js';
import { quote } from '../api/field.js';
import type { Json } from '../api/object.js';
import { notAnObject } from './errors.js';
import { encodeJson } from '../schema/json.js';
import { JsonSyntaxError } from '../schema/json-syntax.js';
import { type JsonNode, parseJsonText, toJson } from './json-text.js';
import type { Operation } from './json-patch.js';
import { pruneNulls } from './merge-patch.js';

/** The fieldValidation parameter; the server's own default is Warn. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export type JsonObject = { [key: string]: Json };

/** A patch with what strict decoding has to say about it: to be warned of, or refused, by the caller. */
export interface DecodedPatch<T> {
  readonly patch: T;
  readonly strictErrors: readonly string[];
}

/** Most operations that one JSON Patch may have. */
const MAX_OPERATIONS = 10_000;
const MAX_STRICT_ERRORS = 100;
const OPERATION_FIELDS = new Set(['op', 'path', 'from', 'value']);

/** Reads a JSON Patch; throws 400 for what is no list of operations, 413 for more than 10,000. */
export function decodeJsonPatch(bytes: Buffer, fieldValidation: FieldValidation): DecodedPatch<Operation[]> {
  const strict = fieldValidation !== 'Ignore';
  const prefix = strict ? 'error decoding patch: ' : '';
  const node = parse(bytes, prefix);
  if (node.type === 'null') return { patch: [], strictErrors: [] };
  if (node.type !== 'array') throw badRequest(`${prefix}json: cannot unmarshal ${node.type} into Go value of type ${strict ? '[]handlers.jsonPatchOp' : 'jsonpatch.Patch'}`);
  for (const item of node.items) {
    if (item.type !== 'object' && item.type !== 'null') {
      throw badRequest(`${prefix}json: cannot unmarshal ${item.type} into Go value of type ${strict ? 'handlers.jsonPatchOp' : 'jsonpatch.Operation'}`);
    }
    if (strict && item.type === 'object') checkOperationTypes(item.members);
  }
  if (node.items.length > MAX_OPERATIONS) {
    throw tooLarge(`Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${node.items.length}`);
  }
  const patch = node.items.map((item): Operation => new Map(item.type === 'object' ? item.members : []));
  return { patch, strictErrors: strict ? operationStrictErrors(node.items) : [] };
}

/** Reads a JSON merge patch; throws 400 for what is no object. */
export function decodeMergePatch(bytes: Buffer, fieldValidation: FieldValidation): DecodedPatch<JsonObject> {
  if (fieldValidation === 'Ignore') {
    const node = parseOr(bytes, () => badRequest('Invalid JSON Patch'));
    if (node.type === 'array') throw notAnObject(encodeJson(pruneNulls(toJson(node))), 'array');
    if (node.type !== 'object') throw badRequest('Invalid JSON Patch');
    return { patch: toJson(node) as JsonObject, strictErrors: [] };
  }
  const node = parse(bytes, 'error decoding patch: ');
  if (node.type === 'null') throw badRequest('Invalid JSON Patch');
  if (node.type !== 'object') throw badRequest(`error decoding patch: json: cannot unmarshal ${node.type} into Go value of type map[string]interface {}`);
  return { patch: toJson(node) as JsonObject, strictErrors: duplicates(node) };
}

/** Reads a strategic merge patch; throws 400 for what is no object. */
export function decodeStrategicPatch(bytes: Buffer, fieldValidation: FieldValidation): DecodedPatch<JsonObject> {
  const node = parse(bytes, '');
  if (node.type === 'null') return { patch: {}, strictErrors: [] };
  if (node.type !== 'object') throw badRequest(`json: cannot unmarshal ${node.type} into Go value of type map[string]interface {}`);
  return { patch: toJson(node) as JsonObject, strictErrors: fieldValidation === 'Ignore' ? [] : duplicates(node) };
}

function parse(bytes: Buffer, prefix: string): JsonNode {
  return parseOr(bytes, (message) => badRequest(prefix + message));
}

function parseOr(bytes: Buffer, failure: (message: string) => Error): JsonNode {
  try {
    return parseJsonText(bytes);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw failure(error.message);
    throw error;
  }
}

function checkOperationTypes(members: ReadonlyArray<readonly [string, JsonNode]>): void {
  for (const [key, value] of members) {
    if ((key === 'op' || key === 'path' || key === 'from') && value.type !== 'string' && value.type !== 'null') {
      throw badRequest(`error decoding patch: json: cannot unmarshal ${value.type} into Go struct field jsonPatchOp.${key} of type string`);
    }
  }
}

function operationStrictErrors(items: readonly JsonNode[]): string[] {
  const found = new StrictErrors();
  items.forEach((item, index) => {
    if (item.type !== 'object') return;
    const seen = new Set<string>();
    for (const [key, value] of item.members) {
      const path = `[${index}].${key}`;
      if (!OPERATION_FIELDS.has(key)) {
        found.add('unknown', path);
        continue;
      }
      if (seen.has(key)) found.add('duplicate', path);
      seen.add(key);
      if (key === 'value') collectDuplicates(value, path, found);
    }
  });
  return found.list.map((text) => `json patch ${text}`);
}

function duplicates(node: JsonNode): string[] {
  const found = new StrictErrors();
  collectDuplicates(node, '', found);
  return found.list;
}

function collectDuplicates(node: JsonNode, path: string, found: StrictErrors): void {
  if (node.type === 'array') node.items.forEach((item, index) => collectDuplicates(item, `${path}[${index}]`, found));
  if (node.type !== 'object') return;
  const seen = new Set<string>();
  for (const [key, value] of node.members) {
    const inner = path ? `${path}.${key}` : key;
    if (seen.has(key)) found.add('duplicate', inner);
    seen.add(key);
    collectDuplicates(value, inner, found);
  }
}

/** Each error once, and no more than a hundred, as sigs.k8s.io/json keeps them. */
class StrictErrors {
  private readonly texts = new Set<string>();

  add(what: 'unknown' | 'duplicate', path: string): void {
    if (this.texts.size < MAX_STRICT_ERRORS) this.texts.add(`${what} field ${quote(path)}`);
  }

  get list(): string[] {
    return [...this.texts];
  }
}
