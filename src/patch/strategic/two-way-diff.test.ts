import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { deepFreeze } from '../../base/freeze.js';
import { type JsonSchema, SchemaResolver } from '../../schema/node.js';
import type { JsonMap } from './directives.js';
import { strategicMergePatch } from './strategic-merge-patch.js';
import { twoWayDiff } from './two-way-diff.test-support.js';

const definitions = JSON.parse(readFileSync('openapi/schemas.json', 'utf8')) as Record<string, JsonSchema>;
const pod = new SchemaResolver(definitions).definition('io.k8s.api.core.v1.Pod');

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const labels = fc.dictionary(name, fc.string({ maxLength: 3 }));
const keyed = <T>(key: string, keys: fc.Arbitrary<T>, rest: fc.Arbitrary<object>) =>
  fc.uniqueArray(keys, { maxLength: 5 }).chain((chosen) => fc.tuple(...chosen.map((value) => rest.map((fields) => ({ ...fields, [key]: value })))));
const container = fc.record(
  {
    image: fc.constantFrom('i1', 'i2'),
    args: fc.array(fc.constantFrom('x', 'y'), { minLength: 1, maxLength: 3 }),
    env: keyed('name', name, fc.record({ value: fc.constantFrom('1', '2') }, { requiredKeys: [] })),
    ports: keyed('containerPort', fc.integer({ min: 1, max: 5 }), fc.record({ protocol: fc.constantFrom('TCP', 'UDP') }, { requiredKeys: [] })),
    resources: fc.record({ limits: labels }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
const volume = fc.oneof(fc.record({ emptyDir: fc.constant({ medium: 'Memory' }) }), fc.record({ configMap: fc.record({ name }) }));
const pods = fc.record({
  metadata: fc.record({ name: fc.constant('p'), labels, finalizers: fc.uniqueArray(name, { maxLength: 5 }) }, { requiredKeys: [] }),
  spec: fc.record(
    {
      containers: keyed('name', name, container),
      volumes: keyed('name', name, volume),
      tolerations: fc.array(fc.record({ key: name }), { maxLength: 2 }),
      nodeSelector: labels,
      priority: fc.integer({ min: 0, max: 3 }),
    },
    { requiredKeys: [] },
  ),
}) as fc.Arbitrary<JsonMap>;

/** Empty and absent are the same after decoding. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withoutEmpty(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined && !(typeof item === 'object' && Object.keys(item as object).length === 0)));
}

test('a strategic merge of the difference of two pods gives the second one, order included', () => {
  if (!pod) throw new Error('no schema');
  fc.assert(
    fc.property(pods, pods, (from, to) => {
      const patch = twoWayDiff(deepFreeze(from), deepFreeze(to), pod);
      const result = withoutEmpty(withoutDirectiveKeys(strategicMergePatch(from, deepFreeze(patch), pod)));
      expect(result).toEqual(withoutEmpty(to));
    }),
    { numRuns: 400 },
  );
});

/** $retainKeys of new list items stays in the result until it is decoded. */
function withoutDirectiveKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectiveKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('$')).map(([key, item]) => [key, withoutDirectiveKeys(item)]));
}
