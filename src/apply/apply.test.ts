import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deepFreeze } from '../base/freeze.js';
import { unprinted } from '../base/nil.js';
import { apply, excludeFields, includeFields, keepTimesIfUnchanged, managedFieldsProblem, managerFromUserAgent, type OtherVersion, PathSet, trackUpdate } from './index.js';
import { customSchema, type KubeObject, type ManagedFieldsEntry, schemaOf } from './test-support.js';

const configMap = schemaOf('io.k8s.api.core.v1.ConfigMap');
const T1 = '2026-01-01T00:00:01Z';
const T2 = '2026-01-01T00:00:02Z';

const cm = (data: object, metadata: object = {}): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'n', ...metadata }, data }) as unknown as KubeObject;
const context = { apiVersion: 'v1', schema: configMap, subresource: '', now: T1 };
const entry = (manager: string, operation: string, fieldsV1: object, more: object = {}): ManagedFieldsEntry =>
  ({ manager, operation, apiVersion: 'v1', time: T1, fieldsType: 'FieldsV1', fieldsV1, ...more }) as ManagedFieldsEntry;
const owners = (entries: readonly ManagedFieldsEntry[] | undefined): string[] => (entries ?? []).map((e) => `${e.manager} ${e.operation} ${JSON.stringify(e.fieldsV1)}`);

describe('trackUpdate', () => {
  test('returns the stored entries themselves when nothing changes', () => {
    const live = deepFreeze(cm({ x: '1' }, { managedFields: [entry('A', 'Update', { 'f:data': { '.': {}, 'f:x': {} } })] }));
    expect(trackUpdate({ ...context, live, updated: cm({ x: '1' }), manager: 'B' })).toBe(live.metadata.managedFields);
  });

  test('reuses the entries of managers that lose nothing', () => {
    const live = deepFreeze(cm({ x: '1' }, { managedFields: [entry('A', 'Update', { 'f:data': { '.': {}, 'f:x': {} } })] }));
    const entries = trackUpdate({ ...context, live, updated: cm({ x: '1', y: '2' }), manager: 'B', now: T2 });
    expect(entries[0]).toBe(live.metadata.managedFields?.[0]);
    expect(entries[1]).toEqual({ ...entry('B', 'Update', { 'f:data': { 'f:y': {} } }), time: T2 });
  });

  test('a removal moves no time', () => {
    const live = deepFreeze(cm({ x: '1', y: '1' }, { managedFields: [entry('A', 'Update', { 'f:data': { '.': {}, 'f:x': {}, 'f:y': {} } })] }));
    expect(trackUpdate({ ...context, live, updated: cm({ x: '1' }), manager: 'A', now: T2 })).toEqual([entry('A', 'Update', { 'f:data': { '.': {}, 'f:x': {} } })]);
  });

  test('managed fields that a subresource sends are not looked at', () => {
    const live = deepFreeze(cm({ x: '1' }, { managedFields: [entry('A', 'Update', { 'f:data': { '.': {}, 'f:x': {} } })] }));
    expect(trackUpdate({ ...context, live, updated: cm({ x: '1' }, { managedFields: [{}] }), manager: 'B', subresource: 'status' })).toBe(live.metadata.managedFields);
  });

  test('an object without managers stays without', () => {
    expect(trackUpdate({ ...context, live: cm({ x: '1' }), updated: cm({ x: '2' }), manager: 'A' })).toEqual([]);
  });

  test('an empty list or map that Go leaves out is nothing to own, and one that takes the place of another is a removal', () => {
    expect(trackUpdate({ ...context, live: undefined, updated: cm(unprinted({}), { labels: unprinted({}) }), manager: 'A' })).toEqual([]);
    const live = cm({ x: '1' }, { managedFields: [entry('A', 'Update', { 'f:data': { '.': {}, 'f:x': {} } }), entry('B', 'Update', { 'f:immutable': {} })] });
    expect(owners(trackUpdate({ ...context, live, updated: cm(unprinted({})), manager: 'B' }))).toEqual(['B Update {"f:immutable":{}}']);
  });

  test('an empty manager name is unknown', () => {
    expect(owners(trackUpdate({ ...context, live: undefined, updated: cm({ x: '1' }), manager: '' }))).toEqual(['unknown Update {"f:data":{".":{},"f:x":{}}}']);
  });

  test('list items that cannot be told apart drop the ownership, not the write', () => {
    const schema = customSchema({ spec: { type: 'object', properties: { items: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['id'], items: { type: 'object', properties: { id: { type: 'string' } } } } } } });
    const updated = { apiVersion: 'a/v1', kind: 'X', metadata: { name: 'n' }, spec: { items: [{}] } } as unknown as KubeObject;
    expect(trackUpdate({ apiVersion: 'a/v1', schema, live: undefined, updated, manager: 'A', subresource: '', now: T1 })).toEqual([]);
  });

  test('fields that a list has become atomic for are owned as a whole', () => {
    const pod = schemaOf('io.k8s.api.core.v1.Pod');
    const fields = { 'f:spec': { 'f:tolerations': { 'k:{"key":"a"}': { '.': {}, 'f:key': {} } }, 'f:priority': {} } };
    const live = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'n', managedFields: [entry('A', 'Update', fields)] }, spec: { tolerations: [{ key: 'a' }], priority: 1 } } as unknown as KubeObject;
    const entries = trackUpdate({ ...context, schema: pod, live, updated: live, manager: 'B' });
    expect(owners(entries)).toEqual(['A Update {"f:spec":{"f:priority":{},"f:tolerations":{}}}']);
  });

  test('keys named like parts of prototypes are owned, lost and removed', () => {
    const data = JSON.parse('{"constructor":"1","__proto__":"2","toString":"3"}') as object;
    const created = trackUpdate({ ...context, live: undefined, updated: cm(data), manager: 'A' });
    expect(owners(created)).toEqual(['A Update {"f:data":{".":{},"f:__proto__":{},"f:constructor":{},"f:toString":{}}}']);
    const live = cm(data, { managedFields: created });
    expect(owners(trackUpdate({ ...context, live, updated: cm({ toString: '9' }), manager: 'B' }))).toEqual(['A Update {"f:data":{}}', 'B Update {"f:data":{"f:toString":{}}}']);
  });
});

describe('managers of other versions', () => {
  interface Old extends KubeObject {
    info: Record<string, string>;
  }
  /** v0 has `info` where v1 has `data`. */
  const v0: OtherVersion = {
    schema: undefined,
    fromCurrent: (object) => ({ apiVersion: 'v0', kind: object.kind, metadata: object.metadata, info: (object as KubeObject & { data?: object }).data }) as unknown as Old,
    toCurrent: (object) => ({ apiVersion: 'v1', kind: object.kind, metadata: object.metadata, data: (object as Old).info }) as unknown as KubeObject,
  };
  const otherVersion = (apiVersion: string): OtherVersion | undefined => (apiVersion === 'v0' ? v0 : undefined);
  const old = entry('O', 'Update', { 'f:info': { '.': {}, 'f:x': {}, 'f:y': {} } }, { apiVersion: 'v0' });

  test('lose fields in their own version', () => {
    const live = deepFreeze(cm({ x: '1', y: '1' }, { managedFields: [old] }));
    expect(owners(trackUpdate({ ...context, otherVersion, live, updated: cm({ x: '2', y: '1' }), manager: 'A' }))).toEqual([
      'A Update {"f:data":{"f:x":{}}}',
      'O Update {"f:info":{".":{},"f:y":{}}}',
    ]);
  });

  test('are forgotten when nothing is known of the version', () => {
    const live = deepFreeze(cm({ x: '1', y: '1' }, { managedFields: [old] }));
    expect(owners(trackUpdate({ ...context, live, updated: cm({ x: '2', y: '1' }), manager: 'A' }))).toEqual(['A Update {"f:data":{"f:x":{}}}']);
  });

  test('conflict with what is applied in another version', () => {
    const live = deepFreeze(cm({ x: '1', y: '1' }, { managedFields: [old] }));
    const run = (): unknown => apply({ ...context, otherVersion, kind: 'ConfigMap', live, applied: cm({ x: '2' }), manager: 'A', force: false });
    expect(run).toThrow('Apply failed with 1 conflict: conflict with "O" using v0: .info.x');
  });

  test('an applier that moves to another version removes what it no longer applies', () => {
    const before = entry('A', 'Apply', { 'f:info': { 'f:x': {}, 'f:y': {} } }, { apiVersion: 'v0' });
    const live = deepFreeze(cm({ x: '1', y: '1', z: '1' }, { managedFields: [before] }));
    const { object } = apply({ ...context, otherVersion, kind: 'ConfigMap', live, applied: cm({ x: '1' }), manager: 'A', force: false });
    expect(object).toMatchObject({ data: { x: '1', z: '1' } });
    expect(object).not.toHaveProperty('data.y');
    expect(owners(object.metadata.managedFields)).toEqual(['A Apply {"f:data":{"f:x":{}}}']);
  });
});

describe('a configuration of another type', () => {
  test.each([
    [{ apiVersion: 5, kind: 'ConfigMap' }, '/, Kind=ConfigMap'],
    [{ apiVersion: 'v1', kind: 5 }, '/v1, Kind='],
    [{ apiVersion: null, kind: [] }, '/, Kind='],
    [{ apiVersion: 'a/b/c', kind: 'ConfigMap' }, '/, Kind='],
    [{ apiVersion: 'apps/v1', kind: 'Deployment' }, 'apps/v1, Kind=Deployment'],
  ])('%j is refused', (type, shown) => {
    const applied = { ...cm({}), ...type } as unknown as KubeObject;
    expect(() => apply({ ...context, kind: 'ConfigMap', live: undefined, applied, manager: 'A', force: false })).toThrow(`invalid object type: ${shown}`);
  });
});

describe('routes that write only a part', () => {
  const set = PathSet.fromJSON({
    'f:metadata': { 'f:labels': { 'f:a': {} } },
    'f:spec': { 'f:containers': { 'k:{"name":"x"}': { '.': {}, 'f:image': {}, 'f:resources': { '.': {}, 'f:limits': { 'f:cpu': {} } } } }, 'f:priority': {} },
    'f:status': { 'f:phase': {} },
  });

  test('leave out what they reset', () => {
    expect(JSON.stringify(excludeFields('spec', 'metadata.labels').filter(set))).toBe('{"f:status":{"f:phase":{}}}');
  });

  test('or own only what they write', () => {
    expect(JSON.stringify(includeFields(['spec', 'containers', '*', 'resources']).filter(set))).toBe(
      '{"f:spec":{"f:containers":{"k:{\\"name\\":\\"x\\"}":{".":{},"f:resources":{".":{},"f:limits":{"f:cpu":{}}}}}}}',
    );
  });
});

describe('keepTimesIfUnchanged', () => {
  const stored = deepFreeze(cm({ x: '1' }, { managedFields: [entry('A', 'Apply', { 'f:data': { 'f:x': {} } })] }));
  const later = [{ ...entry('A', 'Apply', { 'f:data': { 'f:x': {} } }), time: T2 }];

  test('takes back times of a write that changed nothing else', () => {
    expect(keepTimesIfUnchanged(cm({ x: '1' }, { managedFields: later }), stored).metadata.managedFields).toBe(stored.metadata.managedFields);
  });

  test('leaves them where a value changed, or an owner', () => {
    const changed = cm({ x: '2' }, { managedFields: later });
    expect(keepTimesIfUnchanged(changed, stored)).toBe(changed);
    const owned = cm({ x: '1' }, { managedFields: [...later, entry('B', 'Update', {})] });
    expect(keepTimesIfUnchanged(owned, stored)).toBe(owned);
  });
});

describe('managedFieldsProblem', () => {
  test.each([
    [entry('A', 'Update', {}), undefined],
    [entry('A', 'Delete', {}), 'operation must be `Apply` or `Update`'],
    [{ ...entry('A', 'Update', {}), apiVersion: '' }, 'apiVersion must not be empty'],
    [{ ...entry('A', 'Update', {}), fieldsType: undefined }, 'missing fieldsType in managed fields entry 0'],
    [{ ...entry('A', 'Update', {}), fieldsType: 'FieldsV2' }, 'invalid fieldsType "FieldsV2" in managed fields entry 0'],
  ])('%j: %s', (bad, problem) => {
    expect(managedFieldsProblem([bad])).toBe(problem);
  });
});

describe('managerFromUserAgent', () => {
  test.each([
    ['kubectl/v1.36.3 (linux/amd64) kubernetes/abc', 'kubectl'],
    ['Mozilla', 'Mozilla'],
    ['', ''],
    ['/x', ''],
    ['a\u0000b\tc d/1', 'abc d'],
    ['ü'.repeat(100), 'ü'.repeat(64)],
  ])('%j is %j', (agent, name) => {
    expect(managerFromUserAgent(agent)).toBe(name);
  });
});

describe('apply', () => {
  // Sets and keyed lists are never empty here: an empty one claims nothing, so that a manager may end up owning nothing.
  const text = fc.constantFrom('1', '2', '3');
  const key = fc.constantFrom('a', 'b', 'c', 'constructor');
  const items = fc.uniqueArray(fc.record({ id: key, n: fc.integer({ min: 0, max: 2 }), v: text }, { requiredKeys: ['id'] }), { minLength: 1, maxLength: 4, selector: ({ id, n }) => `${id}/${n ?? 7}` });
  const spec = fc.record(
    {
      text,
      set: fc.uniqueArray(key, { minLength: 1, maxLength: 4 }),
      items,
      atomicList: fc.array(fc.record({ q: fc.integer({ min: 0, max: 2 }) }), { maxLength: 2 }),
      atomicMap: fc.dictionary(key, text, { maxKeys: 2 }),
      map: fc.dictionary(key, fc.record({ v: text, w: text }, { requiredKeys: [] }), { maxKeys: 3 }),
      free: fc.dictionary(key, fc.oneof(text, fc.array(text, { maxLength: 2 }), fc.dictionary(key, text, { maxKeys: 2 })), { maxKeys: 3 }),
    },
    { requiredKeys: [] },
  );
  const schema = customSchema({
    spec: {
      type: 'object',
      properties: {
        text: { type: 'string' },
        set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id', 'n'],
          items: { type: 'object', properties: { id: { type: 'string' }, n: { type: 'integer', default: 7 }, v: { type: 'string' } } },
        },
        atomicList: { type: 'array', items: { type: 'object', properties: { q: { type: 'integer' } } } },
        atomicMap: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { v: { type: 'string' }, w: { type: 'string' } } } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  });
  const steps = fc.array(fc.tuple(fc.constantFrom('A', 'B', 'C'), spec), { minLength: 1, maxLength: 6 });
  const config = (body: object): KubeObject => ({ apiVersion: 'lab/v1', kind: 'Typed', metadata: { name: 'n' }, spec: body }) as unknown as KubeObject;
  const run = (live: KubeObject | undefined, manager: string, body: object, types = schema, now = T1) =>
    apply({ apiVersion: 'lab/v1', kind: 'Typed', schema: types, subresource: '', live, applied: deepFreeze(config(body)), manager, force: true, now });

  test.each([
    ['with a schema', schema],
    ['without one', undefined],
  ])('twice the same changes nothing, %s', (_, types) => {
    fc.assert(
      fc.property(steps, (all) => {
        let live: KubeObject | undefined;
        for (const [manager, body] of all) {
          live = deepFreeze(run(live, manager, body, types).object);
          // A part whose last field went is null until it is applied again: seen with the real server, whose schema may refuse that.
          if (JSON.stringify(live).includes(':null')) live = deepFreeze(run(live, manager, body, types).object);
          const again = run(live, manager, body, types, T2);
          expect(again.object).toBe(live);
          expect(again.changed).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('what is applied is there afterwards, owned by who applied it', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let live: KubeObject | undefined;
        for (const [manager, body] of all) {
          live = deepFreeze(run(live, manager, body).object);
          const { set, items: keyed, ...rest } = body;
          const after = (live as unknown as { spec: Record<string, unknown> }).spec;
          expect(after).toMatchObject(rest);
          for (const item of set ?? []) expect(after['set']).toContain(item);
          for (const item of keyed ?? []) expect(after['items']).toContainEqual(expect.objectContaining(item));
          const owner = live.metadata.managedFields?.find((e) => e.manager === manager);
          expect(owner).toBeDefined();
        }
      }),
      { numRuns: 150 },
    );
  });

  test('managers who apply nothing any more leave nothing behind', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let live: KubeObject | undefined;
        for (const [manager, body] of all) live = deepFreeze(run(live, manager, body).object);
        for (const manager of ['A', 'B', 'C']) live = deepFreeze(apply({ apiVersion: 'lab/v1', kind: 'Typed', schema, subresource: '', live, applied: { apiVersion: 'lab/v1', kind: 'Typed', metadata: { name: 'n' } }, manager, force: false, now: T1 }).object);
        expect(leaves((live as unknown as { spec?: unknown }).spec)).toEqual([]);
        expect(live?.metadata.managedFields ?? []).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('what the others did not touch is shared', () => {
    const live = deepFreeze(run(undefined, 'A', { map: { a: { v: '1' } }, items: [{ id: 'a', v: '1' }] }).object) as KubeObject & { spec: { map: object; items: object[] } };
    const after = run(live, 'B', { items: [{ id: 'b', v: '2' }] }).object as typeof live;
    expect(after.spec.map).toBe(live.spec.map);
    expect(after.spec.items).toContain(live.spec.items[0]);
  });
});

/** Values that are not empty: what is left when all owners are gone. */
function leaves(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [value];
  return Object.values(value).flatMap(leaves);
}
