import type { Entry } from '../storage/types.js';
import { labelsOf } from './stored-labels.js';

const entryOf = (object: object): Entry => ({ json: Buffer.from(JSON.stringify(object)), object }) as unknown as Entry;
const type = { kind: 'Pod', apiVersion: 'v1' };

test.each([
  ['behind other fields', { ...type, metadata: { name: 'a', generation: 1, labels: { app: 'x', 'example.com/y': '' }, annotations: { labels: 'no' } } }],
  ['first', { ...type, metadata: { labels: { a: 'b' }, name: 'a' } }],
  ['with odd characters', { ...type, metadata: { name: 'a', labels: { a: '"}\\{', 'ü': '\\' } } }],
  ['none', { ...type, metadata: { labels: {} } }],
  ['after braces and brackets in strings', { ...type, metadata: { annotations: { a: '{"labels":{"no":"no"}', b: '[[[' }, ownerReferences: [{ name: 'o' }], labels: { a: 'b' } } }],
  ['absent, while others have some', { ...type, metadata: { name: 'a', annotations: { labels: 'x' }, managedFields: [{ fieldsV1: { 'f:labels': {}, labels: { no: 'no' } } }] }, spec: { template: { metadata: { labels: { no: 'no' } } } } }],
  ['absent, without any metadata', { ...type, metadata: {}, labels: { no: 'no' } }],
  ['of an object in another order', { apiVersion: 'v1', kind: 'Thing', spec: {}, metadata: { labels: { a: 'b' } } }],
])('labels that are %s', (_, object) => {
  expect(labelsOf(entryOf(object))).toEqual((object.metadata as { labels?: object }).labels);
});
