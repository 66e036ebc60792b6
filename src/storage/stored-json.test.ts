import type { KubeObject } from '../api/object.js';
import { jsonCodec } from './codec.js';
import { StoredJson } from './stored-json.js';

const SET = { 'f:metadata': { 'f:labels': { '.': {}, 'f:a"}{b': {} } }, 'f:spec': { 'f:items': { 'v:"}]"': {}, 'k:{"name":"x"}': { '.': {} } } } };
const object = (managedFields: unknown, rest: object = {}): KubeObject =>
  ({ kind: 'Thing', apiVersion: 'v1', metadata: { name: 'a', annotations: { text: '"managedFields":[{"fieldsV1":{"f:x":{}}}]', 'managedFields': '[' }, managedFields }, ...rest }) as unknown as KubeObject;
const entry = (fieldsV1: unknown, more: object = {}): object => ({ manager: 'm"fieldsV1":{', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', ...(fieldsV1 === undefined ? {} : { fieldsV1 }), ...more });
const decode = (value: unknown, json = new StoredJson(jsonCodec)): KubeObject => json.decode(JSON.stringify(value));

const CASES: ReadonlyArray<readonly [string, unknown]> = [
  ['one set', object([entry(SET)])],
  ['several sets and other fields behind them', object([entry(SET), entry({}, { subresource: 'status' }), entry({ 'f:x': {} })], { spec: { managedFields: [{ fieldsV1: { a: 1 } }] } })],
  ['an entry without a set', object([entry(undefined), entry(SET)])],
  ['a set that is a number, a string or null', object([entry(0), entry('0'), entry(null)])],
  ['numbers among sets', object([entry(SET), entry(1)])],
  ['none', object([])],
  ['no managed fields, but a field of that name elsewhere', { kind: 'Thing', apiVersion: 'v1', metadata: { name: 'a' }, spec: { managedFields: [{ fieldsV1: { a: 1 } }] } }],
  ['managed fields that are no list', object({ fieldsV1: {} })],
  ['a nested list', object([[entry(SET)], entry(SET)])],
  ['integers beyond doubles', object([entry(SET)], { spec: { n: 1 } })],
  ['unicode', object([entry({ 'f:ünï\u2028"': {} })])],
];

test.each(CASES)('%s is read as it was written', (_name, value) => {
  expect(decode(value)).toEqual(JSON.parse(JSON.stringify(value)));
});

test('equal sets are one frozen object', () => {
  const json = new StoredJson(jsonCodec);
  const [a, b] = [decode(object([entry(SET)]), json), decode(object([entry({ 'f:other': {} }), entry(SET)]), json)];
  const set = a.metadata.managedFields?.[0]?.fieldsV1;
  expect(b.metadata.managedFields?.[1]?.fieldsV1).toBe(set);
  expect(Object.isFrozen(set)).toBe(true);
});

test.each(['{"metadata":{"managedFields":[', '{"metadata":{"managedFields":[{"fieldsV1":{"a":"', '{"metadata":{"managedFields":[{"x'])('broken text %s is an error', (text) => {
  expect(() => new StoredJson(jsonCodec).decode(text)).toThrow(SyntaxError);
});
