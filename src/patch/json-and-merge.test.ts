import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ApiError } from '../api/errors.js';
import { deepClone, deepFreeze } from '../base/freeze.js';
import { applyJsonPatch, decodeJsonPatch, decodeMergePatch, decodeStrategicPatch, type FieldValidation, jsonPatch, mergePatch } from './index.js';

interface Recorded {
  type: 'json' | 'merge' | 'strategic';
  validation: FieldValidation;
  patch: string;
  result?: { finalizers?: string[]; labels?: object; annotations?: object; data?: object };
  code?: number;
  message?: string;
}

/** Answers of the real server v1.36.3 to patches of one ConfigMap (dry runs). */
const recorded = JSON.parse(readFileSync(new URL('./testdata/json-and-merge.json', import.meta.url), 'utf8')) as { document: ConfigMap; cases: Recorded[] };

interface ConfigMap {
  metadata: { finalizers?: string[]; labels?: object; annotations?: object };
  data?: object;
}

function run({ type, validation, patch }: Recorded): { object: ConfigMap; strictErrors: readonly string[] } {
  const bytes = Buffer.from(patch);
  const document = deepFreeze(deepClone(recorded.document));
  if (type === 'json') {
    const decoded = decodeJsonPatch(bytes, validation);
    return { object: applyJsonPatch(document, decoded.patch), strictErrors: decoded.strictErrors };
  }
  if (type === 'strategic') return { object: document, strictErrors: decodeStrategicPatch(bytes, validation).strictErrors };
  const decoded = decodeMergePatch(bytes, validation);
  return { object: mergePatch(document, deepFreeze(decoded.patch)), strictErrors: decoded.strictErrors };
}

/** What decoding to the type leaves out or puts in the place of null. */
function decoded(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? value : undefined;
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const entries = Object.entries(value).map(([key, item]) => [key, item === null ? '' : item] as const);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Answers that come from a later step: decoding the patched object, validation, strict errors. */
const isLater = ({ message, type }: Recorded): boolean =>
  message !== undefined && type !== 'strategic' && /strict decoding error|cannot unmarshal \w+ into Go struct field (ConfigMap|ObjectMeta)|unmarshal JSON string into|ConfigMap "j" is invalid/.test(message);

describe('JSON and merge patches of a ConfigMap equal the real server', () => {
  const cases = recorded.cases.filter((row) => !isLater(row) && !row.message?.includes('strict decoding error')).map((row) => [row.type, row.validation, row.patch, row] as const);
  test.each(cases)('%s %s %s', (_type, _validation, _patch, row) => {
    if (row.result) {
      const { metadata, data } = run(row).object;
      const parts = { finalizers: metadata.finalizers, labels: metadata.labels, annotations: metadata.annotations, data };
      const expected = row.type === 'strategic' ? {} : row.result;
      if (row.type !== 'strategic') expect(Object.fromEntries(Object.entries(parts).map(([key, value]) => [key, decoded(value)]))).toEqual(expected);
      return;
    }
    let thrown: unknown;
    try {
      run(row);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ApiError);
    expect({ code: (thrown as ApiError).code, message: (thrown as ApiError).message }).toEqual({ code: row.code, message: row.message });
  });

  const strict = recorded.cases.filter((row) => row.message?.includes('strict decoding error: '));
  test.each(strict.map((row) => [row.type, row.patch, row] as const))('strict errors of %s %s are told in order', (_type, _patch, row) => {
    const told = /strict decoding error: (.*)$/.exec(row.message ?? '')?.[1] ?? '';
    expect(`${told}, `.startsWith(`${run(row).strictErrors.join(', ')}, `)).toBe(true);
  });

  test('several strict errors were recorded', () => {
    expect(strict.length).toBeGreaterThan(2);
  });
});

describe('jsonPatch', () => {
  test('shares what it does not enter and leaves a frozen document alone', () => {
    const document = deepFreeze({ spec: { list: [1, 2] }, other: { deep: { a: 1 } } });
    const result = jsonPatch(document, Buffer.from('[{"op":"add","path":"/spec/list/-","value":3}]'));
    expect(result).toEqual({ spec: { list: [1, 2, 3] }, other: { deep: { a: 1 } } });
    expect(result.other).toBe(document.other);
    expect(document.spec.list).toEqual([1, 2]);
  });

  test('more than 10,000 operations are refused with 413', () => {
    const many = JSON.stringify(Array.from({ length: 10_001 }, () => ({ op: 'add', path: '/a', value: 1 })));
    expect(() => jsonPatch({}, Buffer.from(many))).toThrow('Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001');
  });

  test('10,000 operations apply', () => {
    const many = JSON.stringify(Array.from({ length: 10_000 }, (_, i) => ({ op: 'add', path: '/a', value: i })));
    expect(jsonPatch({}, Buffer.from(many))).toEqual({ a: 9999 });
  });

  test('prototypes cannot be reached', () => {
    const result = jsonPatch({ data: {} }, Buffer.from('[{"op":"add","path":"/data/__proto__","value":{}},{"op":"add","path":"/data/__proto__/polluted","value":1}]'));
    expect(JSON.stringify(result)).toBe('{"data":{"__proto__":{"polluted":1}}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('objects that were entered come out with sorted keys, the rest as it was', () => {
    const result = jsonPatch({ z: { b: 1, a: 2 }, m: { y: 1, x: 2 } }, Buffer.from('[{"op":"add","path":"/m/k","value":1}]'));
    expect(JSON.stringify(result)).toBe('{"m":{"k":1,"x":2,"y":1},"z":{"b":1,"a":2}}');
  });

  test('an integer beyond 2^53 keeps its digits', () => {
    expect(jsonPatch({}, Buffer.from('[{"op":"add","path":"/a","value":9007199254740993}]'))).toEqual({ a: 9007199254740993n });
  });

  test('a copy does not follow later changes of its source', () => {
    const patch = '[{"op":"add","path":"/a/x","value":1},{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/a/x","value":2}]';
    expect(jsonPatch({ a: {} }, Buffer.from(patch))).toEqual({ a: { x: 2 }, b: { x: 1 } });
  });

  test('deep nesting is an error, not a crash', () => {
    const deep = `[{"op":"add","path":"/a","value":${'['.repeat(20_000)}${']'.repeat(20_000)}}]`;
    expect(() => jsonPatch({}, Buffer.from(deep))).toThrow('error decoding patch: exceeded max depth');
  });
});

describe('mergePatch', () => {
  // The examples of RFC 7386, appendix A, that have an object on both sides.
  test.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['{"e":null}', '{"a":1}', '{"a":1,"e":null}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
    ['{"a":{"b":1}}', '{"__proto__":{"x":1}}', '{"__proto__":{"x":1},"a":{"b":1}}'],
  ])('%s with %s gives %s', (document, patch, result) => {
    expect(JSON.stringify(mergePatch(deepFreeze(JSON.parse(document) as object), JSON.parse(patch) as object))).toBe(result);
  });

  test('shares what the patch does not name', () => {
    const document = { a: { b: 1 }, c: { d: 1 } };
    expect(mergePatch(document, { a: { b: 2 } }).c).toBe(document.c);
  });
});

/** 31 copies of 100,000 bytes are taken by the real server, 32 are not. */
test.each([
  [31, true],
  [32, false],
])('%d copies of 100 kB: %s', (count, taken) => {
  const document = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: 'x'.repeat(100_000) } };
  const copies = Array.from({ length: count }, () => ({ op: 'copy', from: '/data/a', path: '/data/b' }));
  const run = (): object => jsonPatch(document, Buffer.from(JSON.stringify(copies)));
  if (taken) expect(run()).toMatchObject({ data: { b: document.data.a } });
  else expect(run).toThrow('the server rejected our request due to an error in our request');
});
