import type { ResourceFact } from '../../src/schema/catalogue.js';
import type { ValidObject } from './valid-objects.js';
import { collectionPath } from './valid-objects.js';
import { encodeJson } from '../../src/schema/json.js';
import { encodeProtobuf } from '../../src/schema/protobuf/index.js';
import { encodeYaml } from '../../src/schema/yaml.js';

/** A request that may be wrong in any way. */
export interface Attempt {
  readonly method: string;
  /** The kind that it is about, more or less. */
  readonly fact: ResourceFact;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** It asks for a stream, whose end a plain client would wait for. */
  readonly streams: boolean;
  /** Nothing about the encoding of the answer was asked for. */
  readonly wantsJson: boolean;
}

type Fields = Record<string, unknown>;

const VALUES: readonly unknown[] = [
  null, '', 'x', 'x'.repeat(300), -1, 0, 1, 1.5, 2 ** 31, 2 ** 53, 9223372036854775807n, 10n ** 30n, true, false, [], {}, [null], [[]], [{}], { a: null }, { '': '' }, '1', '1Gi', '-5m', '1e999', 'NaN', '%', '80%', '*', 'a/b', '/', '..', '../..', '\u0000', '\ud800', 'ÄÖÜ', '😀',
  '2026-01-02T03:04:05Z', '2026-13-45T99:99:99Z', '10.0.0.1', '::1', '300.1.1.1', '10.0.0.0/8', '10.0.0.0/99', '* * * * *', '99 99 * * *', 'Always', 'ClusterIP', 'None', 'TCP', 'name', 65536, 'a=b', 'a in (b', '$(X)', '{{', 'true && (', 'self.x', { __proto__: null, constructor: { prototype: 1 } },
];
const KEYS = ['__proto__', 'constructor', 'toString', 'metadata', 'spec', 'status', 'name', 'items', 'kind', '', 'a.b', 'a/b/c', 'matchLabels', 'ownerReferences', 'finalizers', 'managedFields', 'generateName', 'annotations'];
const METADATA: readonly Fields[] = [
  { generateName: 'g-' }, { name: '', generateName: '' }, { resourceVersion: '1' }, { finalizers: ['a', 'b/c', ''] }, { labels: { 'a b': 'c d' } }, { annotations: { a: null } }, { uid: 'x' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }, { deletionGracePeriodSeconds: -1 },
  { ownerReferences: [{}] }, { ownerReferences: [{ apiVersion: '///', kind: '', name: '', uid: '', controller: true }, { controller: true }] }, { managedFields: [{}] }, { managedFields: [{ manager: 'm', operation: 'X', fieldsV1: { 'k:{': 1 } }] }, { namespace: 'elsewhere' }, { generation: -7 }, { creationTimestamp: null }, { selfLink: 'x' },
];
const QUERIES = ['dryRun=All', 'dryRun=x', 'fieldManager=', `fieldManager=${'x'.repeat(200)}`, 'fieldManager=%00', 'fieldValidation=Strict', 'fieldValidation=Warn', 'fieldValidation=Ignore', 'fieldValidation=x', 'force=true', 'force=x', 'pretty=true', 'limit=1', 'limit=-1', 'limit=x', 'limit=99999999999999999999', 'continue=x', 'continue=e30', 'continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiLi4vLi4vIn0',
  'resourceVersion=0', 'resourceVersion=x', 'resourceVersion=99999999', 'resourceVersion=1&resourceVersionMatch=Exact', 'resourceVersionMatch=NotOlderThan', 'resourceVersionMatch=x', 'labelSelector=a', 'labelSelector=a+in+(', 'labelSelector=!!', 'labelSelector=a%3Db,c!%3Dd', 'fieldSelector=metadata.name%3Dx', 'fieldSelector=spec.x%3D1', 'fieldSelector=%3D', 'gracePeriodSeconds=0', 'gracePeriodSeconds=x', 'propagationPolicy=x', 'propagationPolicy=Orphan', 'timeout=1s', 'timeoutSeconds=1', 'includeObject=x', 'includeObject=Object', 'watch=0', 'sendInitialEvents=true', 'allowWatchBookmarks=x', '%zz=%', 'a=b&a=c', '__proto__=1'];
const ACCEPTS = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', '*/*', 'text/html', ';;;', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/json;as=Table;v=v9;g=x', ''];
const TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'text/plain', '', ';', 'application/json; charset=latin1', 'application/merge-patch+json', 'application/json-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'application/apply-patch+cbor', 'application/cbor'];
const PATCH_TYPES = TYPES.slice(7, 11);
const SUBRESOURCES = ['status', 'scale', 'eviction', 'binding', 'token', 'approval', 'finalize', 'resize', 'ephemeralcontainers', 'nonsense', 'log', '%2e%2e', ''];
const JSON_PATCHES: readonly unknown[] = [
  [], [{}], {}, [{ op: 'x' }], [{ op: 'add' }], [{ op: 'add', path: '', value: 1 }], [{ op: 'add', path: '/__proto__/x', value: 1 }], [{ op: 'add', path: '/constructor/prototype/x', value: 1 }], [{ op: 'remove', path: '/metadata' }], [{ op: 'remove', path: '' }], [{ op: 'replace', path: '/metadata/name', value: 'other' }], [{ op: 'move', from: '/spec', path: '/spec/x' }], [{ op: 'copy', from: '/', path: '/metadata/labels' }],
  [{ op: 'test', path: '/metadata/name', value: null }], [{ op: 'add', path: '/metadata/labels/a~1b', value: 'x' }], [{ op: 'add', path: '/metadata/finalizers/-', value: 'x/y' }], [{ op: 'replace', path: '/kind', value: 5 }], [{ op: 'replace', path: '/apiVersion', value: 'v9' }], [{ op: 'add', path: '/spec/containers/99', value: {} }],
];
const DIRECTIVES: readonly Fields[] = [
  { $patch: 'delete' }, { $patch: 'replace' }, { $patch: 'x' }, { $patch: 1 }, { metadata: { $patch: 'replace' } }, { spec: { $retainKeys: ['x'] } }, { spec: { $retainKeys: 'x' } }, { spec: { containers: [{ $patch: 'delete' }] } }, { spec: { containers: [{ $patch: 'delete', name: 'x' }] } }, { spec: { '$setElementOrder/containers': [{ name: 'x' }] } },
  { spec: { '$setElementOrder/containers': 5 } }, { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } }, { metadata: { '$deleteFromPrimitiveList/finalizers': {} } }, { spec: { containers: [null] } }, { spec: { ports: [{ port: null }] } }, { spec: null }, { metadata: null }, { metadata: { labels: 5 } }, { kind: 5 }, { apiVersion: null },
];
const PATHS = ['/', '/api', '/apis', '/api/v1', '/api/v9/pods', '/apis//v1/x', '/apis/apps', '/apis/apps/v1/', '/apis/apps/v1/namespaces', '/api/v1/namespaces//pods', '/api/v1/namespaces/fuzz/pods/../..', '/api/v1/nodes/x/y/z', '/api/v1/namespaces/a/b/c/d/e', '/api/v1/__proto__', '/apis/constructor/v1/toString', '/api/v1/pods/x', '/openapi/v2/x', '/openapi/v3/apis/x/y', '/version/x', '/api/v1/namespaces/%00/pods', '/api/v1/namespaces/fuzz/configmaps/a b?c', `/api/v1/namespaces/${'x'.repeat(5000)}`, '/healthz/x', '/logs', '/metrics/x'];

/** Makes requests from valid objects, the same ones for the same seed. */
export class Mutator {
  private state: number;

  constructor(
    seed: number,
    private readonly namespace: string,
    private readonly valid: readonly ValidObject[],
  ) {
    this.state = seed;
  }

  next(): Attempt {
    const { fact, object } = this.pick(this.valid);
    const { namespace: _, ...metadata } = (object.metadata ?? {}) as unknown as Fields;
    const copy = structuredClone({ ...object, metadata }) as unknown as Fields;
    const collection = collectionPath(fact, this.namespace);
    const named = `${collection}/${String(metadata['name'] ?? 'nobody')}`;
    const query = this.chance(0.4) ? Array.from({ length: 1 + this.below(2) }, () => this.pick(QUERIES)).join('&') : '';
    const accept: Record<string, string> = this.chance(0.15) ? { accept: this.pick(ACCEPTS) } : {};
    const finish = (method: string, path: string, type: string, body: Buffer): Attempt => ({
      method,
      fact,
      path,
      query,
      headers: { 'user-agent': 'fuzzer', ...accept, ...(type === '' ? {} : { 'content-type': type }) },
      body: this.chance(0.15) ? this.damaged(body) : body,
      streams: /\/(?:log|exec|attach|portforward|proxy)$|\/watch\//.test(path),
      wantsJson: accept['accept'] === undefined,
    });
    switch (this.below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return finish('POST', collection, ...this.encoded(this.mutated(this.renamed(copy))));
      case 4:
      case 5:
        return finish('PUT', this.chance(0.8) ? named : `${named}/${this.pick(SUBRESOURCES)}`, ...this.encoded(this.mutated(copy)));
      case 6:
      case 7:
        return finish('PATCH', this.chance(0.8) ? named : `${named}/${this.pick(SUBRESOURCES)}`, ...this.patch(copy));
      case 8:
        return this.chance(0.5)
          ? finish('GET', this.chance(0.5) ? collection : named, '', Buffer.alloc(0))
          : finish('POST', `${named}/${this.pick(SUBRESOURCES)}`, ...this.encoded(this.mutated(copy)));
      default:
        if (this.chance(0.5)) return finish(this.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']), this.pick(PATHS), ...this.encoded(copy));
        return finish('DELETE', `${collection}/${this.chance(0.2) ? String(metadata['name'] ?? 'x') : 'nobody'}`, ...this.encoded(this.mutated({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid: 'x' }, propagationPolicy: 'Background' })));
    }
  }

  /** Half of the new objects have a name of their own, so that they can be created. */
  private renamed(object: Fields): Fields {
    if (this.chance(0.5)) (object['metadata'] as Fields)['name'] = `fuzz-${this.below(1e6)}`;
    return object;
  }

  private patch(object: Fields): [string, Buffer] {
    const type = this.chance(0.95) ? this.pick(PATCH_TYPES) : this.pick(TYPES);
    if (type === 'application/json-patch+json' && this.chance(0.8)) return [type, Buffer.from(encodeJson(this.pick(JSON_PATCHES)))];
    if (type === 'application/strategic-merge-patch+json' && this.chance(0.5)) return [type, Buffer.from(encodeJson(this.pick(DIRECTIVES)))];
    const mutated = this.mutated(object);
    if (this.chance(0.3)) for (const key of ['spec', 'metadata', 'kind', 'apiVersion']) if (this.chance(0.5)) delete mutated[key];
    return [type, Buffer.from(type.includes('yaml') && this.chance(0.5) ? encodeYaml(mutated) : encodeJson(mutated))];
  }

  private encoded(object: Fields): [string, Buffer] {
    if (this.chance(0.03)) return [this.pick(TYPES), Buffer.from(encodeJson(object))];
    const roll = this.below(10);
    if (roll < 6) return ['application/json', Buffer.from(encodeJson(object))];
    if (roll < 8) return ['application/yaml', Buffer.from(encodeYaml(object))];
    try {
      return ['application/vnd.kubernetes.protobuf', encodeProtobuf(object)];
    } catch {
      // Not every mutation has a message.
      return ['application/json', Buffer.from(encodeJson(object))];
    }
  }

  /** One to three changes: a value replaced, removed, repeated, or one added. */
  private mutated(object: Fields): Fields {
    const changed = object;
    if (this.chance(0.05)) return changed;
    for (let left = 1 + this.below(3); left > 0; left--) {
      if (this.chance(0.15)) {
        const { metadata } = changed;
        if (isFields(metadata)) Object.assign(metadata, structuredClone(this.pick(METADATA)));
        continue;
      }
      const holder = this.pick(containers(changed));
      if (Array.isArray(holder)) this.changeList(holder);
      else this.changeFields(holder as Fields);
    }
    return changed;
  }

  private changeList(list: unknown[]): void {
    const at = this.below(list.length + 1);
    const roll = this.below(3);
    if (roll === 0) list[at] = structuredClone(this.pick(VALUES));
    else if (roll === 1 && list.length > 0) list.push(structuredClone(list[0]));
    else list.splice(at, 1);
  }

  private changeFields(fields: Fields): void {
    const keys = Object.keys(fields);
    const key = keys.length > 0 && this.chance(0.85) ? this.pick(keys) : this.pick(KEYS);
    if (this.chance(0.2)) delete fields[key];
    else Object.defineProperty(fields, key, { value: structuredClone(this.pick(VALUES)), enumerable: true, configurable: true, writable: true });
  }

  /** Bytes flipped, cut off or repeated. */
  private damaged(bytes: Buffer): Buffer {
    if (bytes.length === 0) return Buffer.from([this.below(256)]);
    const at = this.below(bytes.length);
    const copy = Buffer.from(bytes);
    switch (this.below(3)) {
      case 0:
        copy[at] = this.below(256);
        return copy;
      case 1:
        return copy.subarray(0, at);
      default:
        return Buffer.concat([copy.subarray(0, at), copy]);
    }
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  private chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  /** Mulberry32: small, fast and the same everywhere. */
  private below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All lists and objects of a value, itself first. */
function containers(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(containers)];
}
