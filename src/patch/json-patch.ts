import { deepClone } from '../base/freeze.js';
import { decodeJsonPatch } from './decode.js';
import { notAnObject, patchDoesNotApply, PatchMismatch } from './errors.js';
import { encodeJson } from '../schema/json.js';
import { type JsonNode, setKey, toJson } from './json-text.js';
import { isObject } from './merge-patch.js';

/** One step of a patch, its fields by name as they were written. */
export type Operation = ReadonlyMap<string, JsonNode>;

/**
 * JSON Patch (RFC 6902) in the dialect of the real server (gopkg.in/evanphx/json-patch.v4): negative indices count
 * from the end, replace of an absent key adds it, test compares texts of scalars. The document is not changed.
 * Throws 400 for a malformed patch, 413 for more than 10,000 operations, 422 for one that does not apply.
 */
export function jsonPatch<T extends object>(document: T, patchBytes: Buffer): T {
  return applyJsonPatch(document, decodeJsonPatch(patchBytes, 'Warn').patch);
}

export function applyJsonPatch<T extends object>(document: T, operations: readonly Operation[]): T {
  const run = new Run(document as Record<string, unknown>);
  for (const operation of operations) {
    try {
      run.step(operation);
    } catch (error) {
      throw error instanceof PatchMismatch ? error.of(stringField(operation, 'op') ?? '', stringField(operation, 'path') ?? '') : error;
    }
  }
  return run.result() as T;
}

type Container = Record<string, unknown> | unknown[];

/** A container and the last token of a pointer into it. */
interface Place {
  readonly container: Container;
  readonly key: string;
}

/** What all copies of a patch may add to an object: a few operations could double it time and again. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/** The document while operations run: containers are copied when first entered, the rest stays shared. */
class Run {
  private readonly owned = new Set<object>();
  private root: Container;
  private copiedBytes = 0;

  constructor(document: Record<string, unknown>) {
    this.root = this.own(document);
  }

  step(operation: Operation): void {
    switch (stringField(operation, 'op')) {
      case 'add':
        return this.add(this.place(operation, 'path'), valueOf(operation));
      case 'remove':
        return this.remove(this.place(operation, 'path'));
      case 'replace':
        return this.replace(operation);
      case 'move': {
        const from = this.place(operation, 'from');
        const value = this.get(from);
        this.remove(from);
        return this.add(this.place(operation, 'path'), value);
      }
      case 'copy': {
        const value = this.get(this.place(operation, 'from')) ?? null;
        const place = this.place(operation, 'path');
        this.copiedBytes += Buffer.byteLength(encodeJson(value));
        if (this.copiedBytes > MAX_COPIED_BYTES) throw patchDoesNotApply();
        return this.add(place, deepClone(value));
      }
      case 'test':
        return this.test(operation);
      default:
        throw patchDoesNotApply('unexpected kind');
    }
  }

  /** The patched object; keys of entered objects are sorted, as Go writes its maps. */
  result(): Container {
    if (Array.isArray(this.root)) throw notAnObject(encodeJson(this.root), 'array');
    return this.sorted(this.root) as Container;
  }

  private sorted(value: unknown): unknown {
    if (!this.owned.has(value as object)) return value;
    if (Array.isArray(value)) return value.map((item) => this.sorted(item));
    const result: Record<string, unknown> = {};
    const object = value as Record<string, unknown>;
    for (const key of Object.keys(object).sort()) setKey(result, key, this.sorted(object[key]));
    return result;
  }

  private replace(operation: Operation): void {
    const path = stringField(operation, 'path');
    const value = valueOf(operation);
    if (path === '') {
      if (typeof value !== 'object' || value === null) throw patchDoesNotApply();
      this.root = this.own(value as Container);
      return;
    }
    const place = this.place(operation, 'path');
    this.get(place);
    if (Array.isArray(place.container)) place.container[existingIndex(place.container, place.key)] = value;
    else setKey(place.container, place.key, value);
  }

  private add({ container, key }: Place, value: unknown): void {
    if (!Array.isArray(container)) return setKey(container, key, value ?? null);
    if (key === '-') {
      container.push(value ?? null);
      return;
    }
    container.splice(index(key, container.length + 1, container.length), 0, value ?? null);
  }

  private remove({ container, key }: Place): void {
    if (Array.isArray(container)) {
      container.splice(existingIndex(container, key), 1);
      return;
    }
    if (!Object.hasOwn(container, key)) throw patchDoesNotApply(`Unable to remove nonexistent key: ${key}: missing value`);
    delete container[key];
  }

  private test(operation: Operation): void {
    const expected = operation.get('value');
    const current = stringField(operation, 'path') === '' ? this.root : this.get(this.place(operation, 'path'));
    const same = current === undefined || current === null ? !expected || expected.type === 'null' : expected !== undefined && equal(current, expected);
    if (!same) throw patchDoesNotApply('test failed');
  }

  /** The value at a place; an absent key of an object is undefined, an absent index an error. */
  private get({ container, key }: Place): unknown {
    if (Array.isArray(container)) return container[existingIndex(container, key)];
    return Object.hasOwn(container, key) ? container[key] : undefined;
  }

  private place(operation: Operation, field: 'path' | 'from'): Place {
    const pointer = stringField(operation, field);
    if (pointer === undefined) throw patchDoesNotApply();
    const tokens = pointer.split('/').map((token) => token.replaceAll(/~[01]/g, (escape) => (escape === '~1' ? '/' : '~')));
    // What stands before the first slash is not looked at.
    if (tokens.length < 2) throw patchDoesNotApply();
    let container = this.root;
    for (const token of tokens.slice(1, -1)) container = this.enter(container, token);
    return { container, key: tokens.at(-1) as string };
  }

  private enter(parent: Container, key: string): Container {
    const child = this.get({ container: parent, key });
    if (typeof child !== 'object' || child === null) throw patchDoesNotApply();
    if (this.owned.has(child)) return child as Container;
    const copy = this.own(child as Container);
    if (Array.isArray(parent)) parent[existingIndex(parent, key)] = copy;
    else setKey(parent, key, copy);
    return copy;
  }

  private own(container: Container): Container {
    const copy = Array.isArray(container) ? [...container] : { ...container };
    this.owned.add(copy);
    return copy;
  }
}

function stringField(operation: Operation, field: string): string | undefined {
  const node = operation.get(field);
  return node?.type === 'string' ? (node.value as string) : undefined;
}

function valueOf(operation: Operation): unknown {
  const node = operation.get('value');
  return node ? toJson(node) : null;
}

/** Index of an item that is there. */
function existingIndex(list: readonly unknown[], key: string): number {
  return index(key, list.length, list.length - 1);
}

function index(key: string, size: number, last: number): number {
  if (!/^[+-]?[0-9]+$/.test(key)) throw patchDoesNotApply(`value was not a proper array index: '${key}': strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  const asked = Number(key);
  const found = asked < 0 ? asked + size : asked;
  if (found < 0 || found > last) throw patchDoesNotApply(`Unable to access invalid index: ${asked}: invalid index referenced`);
  return found;
}

/** Scalars are equal when their JSON texts are: `"<"` is not `"\u003c"`, which is how the server writes it. */
function equal(current: unknown, expected: JsonNode): boolean {
  if (Array.isArray(current)) {
    return expected.type === 'array' && current.length === expected.items.length && expected.items.every((item, i) => equal(current[i], item));
  }
  if (isObject(current)) {
    if (expected.type !== 'object') return false;
    const wanted = new Map(expected.members);
    if (wanted.size !== Object.keys(current).length) return false;
    for (const [key, node] of wanted) if (!Object.hasOwn(current, key) || !equal(current[key], node)) return false;
    return true;
  }
  return encodeJson(current) === expected.text;
}
