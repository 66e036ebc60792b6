import recorded from '../../test/fixtures/protobuf.json' with { type: 'json' };
import { deepFreeze } from '../base/freeze.js';
import { parseApiVersion } from '../api/gvk.js';
import { definitionOf } from './catalogue.js';
import { encodeJson } from './json.js';
import { canonical, toTyped } from './typed.js';

// Objects of the real server: kind, JSON, protobuf.
const OBJECTS = recorded as Array<[string, string, string]>;
const POD = 'io.k8s.api.core.v1.Pod';
const text = (definition: string, object: object): string => encodeJson(canonical(definition, object as Record<string, unknown>));

describe('typed objects', () => {
  test.each(OBJECTS)('a %s keeps the bytes of the real server, whatever order its fields had', (_kind, json) => {
    const object = JSON.parse(json) as { apiVersion: string; kind: string };
    const definition = definitionOf({ ...parseApiVersion(object.apiVersion), kind: object.kind }) as string;
    const reversed = JSON.parse(json, (key, value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) && key !== 'parameters' ? Object.fromEntries(Object.entries(value).reverse()) : value)) as object;
    const restored = { ...reversed, metadata: object['metadata' as keyof typeof object] };
    expect(text(definition, object)).toBe(json);
    expect(encodeJson(canonical(definition, toTyped(definition, restored).object))).toBe(json);
    expect(toTyped(definition, object).unknownFields).toEqual([]);
  });

  test.each(OBJECTS)('a %s that was stored is typed, changed and finished again as one that was not', (_kind, json) => {
    const object = JSON.parse(json) as Record<string, unknown> & { apiVersion: string; kind: string };
    const definition = definitionOf({ ...parseApiVersion(object.apiVersion), kind: object.kind }) as string;
    const stored = deepFreeze(canonical(definition, object));
    const [fast, slow] = [toTyped(definition, stored).object, toTyped(definition, JSON.parse(json) as object).object];
    expect(fast).toEqual(slow);
    const again = canonical(definition, fast, stored);
    expect(encodeJson(again)).toBe(json);
    for (const part of ['spec', 'status']) {
      const nulls = encodeJson(stored).includes(':null');
      if (typeof stored[part] === 'object' && stored[part] !== null && !nulls && part in toTyped(definition, {}).object) expect(again[part]).toBe(stored[part]);
      if (typeof fast[part] === 'object' && fast[part] !== null) (fast[part] as Record<string, unknown>)['changed'] = true;
    }
    expect(encodeJson(canonical(definition, fast, stored))).toBe(json);
    expect(encodeJson(stored)).toBe(json);
  });

  test('zero values of Go fields are dropped, of pointers kept', () => {
    const pod = { spec: { hostNetwork: false, priority: 0, nodeName: '', terminationGracePeriodSeconds: 0, hostUsers: false, containers: [{ name: 'c', tty: false, ports: [{ containerPort: 0, hostPort: 0 }] }] } };
    expect(text(POD, pod)).toBe('{"metadata":{},"spec":{"containers":[{"name":"c","ports":[{"containerPort":0}],"resources":{}}],"terminationGracePeriodSeconds":0,"priority":0,"hostUsers":false},"status":{}}');
  });

  test('nulls mean what they mean to Go', () => {
    const pod = { metadata: { labels: { a: null }, creationTimestamp: null, annotations: null }, spec: { containers: [null], nodeSelector: {}, tolerations: [] } };
    expect(text(POD, pod)).toBe('{"metadata":{"labels":{"a":""}},"spec":{"containers":[{"name":"","resources":{}}]},"status":{}}');
  });

  test('a list that always prints is null in storage and empty for code', () => {
    expect(text(POD, { spec: {} })).toBe('{"metadata":{},"spec":{"containers":null},"status":{}}');
    expect(toTyped(POD, { spec: {} }).object).toEqual({ metadata: {}, spec: { containers: [] }, status: {} });
  });

  test('quantities and times become canonical', () => {
    const pod = { metadata: { deletionTimestamp: '2026-01-02T03:04:05.9+01:00' }, spec: { containers: [{ name: 'c', resources: { requests: { memory: '1024Mi', cpu: 0.5 } } }] }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    expect(text(POD, pod)).toBe(
      '{"metadata":{"deletionTimestamp":"2026-01-02T02:04:05Z"},"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"500m","memory":"1Gi"}}}]},"status":{"conditions":[{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":null}]}}',
    );
  });

  test('int64 beyond doubles stays exact', () => {
    const { object } = toTyped(POD, { metadata: { generation: 9007199254740993n }, spec: { containers: [] } });
    expect(encodeJson(object)).toContain('"generation":9007199254740993');
  });

  test('canonical takes frozen objects and leaves them as they are', () => {
    const frozen = deepFreeze({ spec: { containers: [{ name: 'c', unknown: 1 }] } });
    expect(text(POD, frozen)).toBe('{"metadata":{},"spec":{"containers":[{"name":"c","resources":{}}]},"status":{}}');
    expect(frozen).toEqual({ spec: { containers: [{ name: 'c', unknown: 1 }] } });
  });

  test('custom resources print with sorted keys', () => {
    expect(encodeJson(canonical(undefined, { spec: { b: 1, a: [{ d: null, c: 2 }] }, metadata: { name: 'x', annotations: { z: '1' } }, kind: 'Foo', apiVersion: 'e/v1' }))).toBe(
      '{"apiVersion":"e/v1","kind":"Foo","metadata":{"annotations":{"z":"1"},"name":"x"},"spec":{"a":[{"c":2,"d":null}],"b":1}}',
    );
  });
});
