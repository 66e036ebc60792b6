import fc from 'fast-check';
import recorded from '../../../test/fixtures/protobuf.json' with { type: 'json' };
import { ApiError } from '../../api/errors.js';
import { parseApiVersion } from '../../api/gvk.js';
import { decodeBody } from '../body.js';
import { definitionOf } from '../catalogue.js';
import { encodeJson } from '../json.js';
import { canonical } from '../typed.js';
import { decodeProtobuf, encodeProtobuf, encodeWatchFrame, hasProtobuf } from './index.js';

// Objects of the real server: kind, JSON, protobuf in base64.
const OBJECTS = recorded as Array<[string, string, string]>;
const POD = { group: '', version: 'v1', kind: 'Pod' };

function jsonOf(bytes: Buffer): string {
  const { apiVersion, kind, object } = decodeProtobuf(bytes);
  return encodeJson(canonical(definitionOf({ ...parseApiVersion(apiVersion), kind }), object));
}

/** Nested kinds do not travel: claim templates of StatefulSets get theirs from the defaults. */
const withoutNestedKinds = (json: string): string => json.replace('"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"v"}', '"metadata":{"name":"v"}');

describe('protobuf', () => {
  test.each(OBJECTS)('a %s of the real server decodes to its JSON', (_kind, json, base64) => {
    expect(jsonOf(Buffer.from(base64, 'base64'))).toBe(withoutNestedKinds(json));
  });

  test.each(OBJECTS)('a %s comes back from our own encoding', (_kind, json) => {
    expect(jsonOf(encodeProtobuf(JSON.parse(json) as object))).toBe(withoutNestedKinds(json));
  });

  test('zero is a value for Go pointers and nothing for others', () => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 0, paused: false, template: { spec: { containers: [] } } } };
    expect(jsonOf(encodeProtobuf(deployment))).toContain('"spec":{"replicas":0,"selector":null,"template"');
  });

  test('all shapes of special messages survive', () => {
    const crd = {
      kind: 'CustomResourceDefinition', apiVersion: 'apiextensions.k8s.io/v1', metadata: { name: 'a' },
      spec: { group: 'g', names: { plural: 'as', kind: 'A' }, scope: 'Namespaced', versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { default: { a: [1, null] }, items: [{ type: 'a' }, { type: 'b' }], additionalProperties: false, dependencies: { x: ['y'], z: { type: 'c' } }, maximum: 1.5, maxLength: 9007199254740993n, properties: { p: { items: { type: 'd' }, additionalProperties: { type: 'e' }, enum: ['x', 1] } } } } }] },
    };
    const json = encodeJson(canonical(definitionOf({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' }), crd));
    expect(jsonOf(encodeProtobuf(crd))).toBe(json);
    expect(json).toContain('"maxLength":9007199254740993');
  });

  test('kinds without a message are known beforehand', () => {
    expect(hasProtobuf({ apiVersion: 'meta.k8s.io/v1', kind: 'Table' })).toBe(false);
    expect(hasProtobuf({ apiVersion: 'v1', kind: 'Status' })).toBe(true);
    expect(hasProtobuf({ apiVersion: 'example.com/v1', kind: 'Foo' })).toBe(false);
  });

  test('a watch frame is a length and an event around the whole object', () => {
    const frame = encodeWatchFrame('ADDED', Buffer.from('k8s'));
    expect([...frame]).toEqual([0, 0, 0, 14, 0x0a, 5, ...Buffer.from('ADDED'), 0x12, 5, 0x0a, 3, ...Buffer.from('k8s')]);
    expect(encodeWatchFrame('ADDED', Buffer.alloc(300)).readUInt32BE()).toBe(7 + 3 + 3 + 300);
  });

  test.each([
    ['', 'the object provided is unrecognized (must be of type Pod): empty data (<empty>)'],
    ['k8s\0', 'the object provided is unrecognized (must be of type Pod): empty body (6b387300)'],
    ['x', 'the object provided is unrecognized (must be of type Pod): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (78)'],
    ['k8s\0\x12\x7f', 'the object provided is unrecognized (must be of type Pod): unexpected EOF (6b387300127f)'],
    ['k8s\0\x12\x02\x0a\x7f', 'Pod in version "v1" cannot be handled as a Pod: unexpected EOF'],
    ['k8s\0\x12\x02\x08\x01', 'Pod in version "v1" cannot be handled as a Pod: proto: wrong wireType = 0 for field Metadata'],
    ['k8s\0\x0a\x03\x12\x01X', 'X in version "v1" cannot be handled as a Pod: no kind "X" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"'],
  ])('%j is refused with the text of Go', (bytes, message) => {
    expect(() => decodeBody(Buffer.from(bytes, 'latin1'), 'protobuf', POD).typed('io.k8s.api.core.v1.Pod')).toThrow(new ApiError(400, 'BadRequest', message));
  });

  test('damaged bytes are decoded or refused, never anything else', () => {
    const good = Buffer.from((OBJECTS.find(([kind]) => kind === 'Pod') as (typeof OBJECTS)[number])[2], 'base64');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 5), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(good.length), (changes, end) => {
        const bytes = Buffer.from(good);
        for (const [at, byte] of changes) bytes[4 + at] = byte;
        try {
          decodeBody(bytes.subarray(0, end), 'protobuf', POD).typed('io.k8s.api.core.v1.Pod');
        } catch (error) {
          if (!(error instanceof ApiError) || error.code !== 400) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
