import fc from 'fast-check';
import { nilMap, unprinted } from '../base/nil.js';
import { schemas } from '../schema/catalogue.js';
import { compare } from './compare.js';
import { fieldTypeOf } from './field-type.js';
import { fieldsOfNew } from './known-fields.js';
import type { PathSet } from './path-set.js';

const schema = schemas().definition('io.k8s.api.core.v1.Pod');
const type = fieldTypeOf(schema);
const computed = (object: object): PathSet => compare(type, {}, object).added;

const scalar = fc.constantFrom('a', 'b', '', 1, 0, true, null, undefined);
const container = fc.record({ name: fc.constantFrom('x', 'y'), image: scalar, args: fc.array(fc.constantFrom('p', 'q'), { maxLength: 2 }) }, { requiredKeys: ['name'] });
const pod = fc.record(
  {
    metadata: fc.record({ name: scalar, labels: fc.dictionary(fc.constantFrom('l', 'm', '__proto__'), scalar), finalizers: fc.array(fc.constantFrom('f/a', 'f/b'), { maxLength: 2 }) }, { requiredKeys: [] }),
    spec: fc.record({ containers: fc.uniqueArray(container, { selector: ({ name }) => name, maxLength: 2 }), nodeSelector: fc.oneof(fc.constantFrom(null, undefined, {}, { a: 'b' }), fc.constant(null).map(() => unprinted({})), fc.constant(null).map(() => nilMap())), nodeName: scalar }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

test('the fields of an object are the same whether it was seen before, resembles another, or is new', () => {
  fc.assert(
    fc.property(fc.array(pod, { minLength: 2, maxLength: 30 }), (pods) => {
      const kind = {};
      for (const object of pods) expect(fieldsOfNew(kind, object, () => computed(object)).fields).toEqual(computed(object).fields);
    }),
    { numRuns: 300 },
  );
});

test('objects of one template are looked into once', () => {
  const kind = {};
  let times = 0;
  const fields = (name: string, image: string): PathSet => {
    const object = { metadata: { name, labels: { l: name } }, spec: { containers: [{ name: 'x', image }] } };
    return fieldsOfNew(kind, object, () => (times++, computed(object)));
  };
  const first = fields('a', 'i');
  expect(fields('b', 'i')).toBe(first);
  fields('c', 'other');
  expect(fields('d', 'i')).toBe(first);
  expect(times).toBe(2);
});
