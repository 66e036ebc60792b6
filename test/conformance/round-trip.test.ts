import fc from 'fast-check';
import { apiVersionOf, type GroupVersionKind } from '../../src/api/gvk.js';
import { definitionOf, resourceFacts } from '../../src/schema/catalogue.js';
import { canonical, decodeBody, type BodyType } from '../../src/schema/decode.js';
import { encodeJson } from '../../src/schema/json.js';
import { encodeProtobuf } from '../../src/schema/protobuf/index.js';
import { encodeYaml } from '../../src/schema/yaml.js';
import { objectsOf } from '../support/generate-object.js';

/** How an object is written in each encoding. */
const ENCODINGS: ReadonlyArray<readonly [BodyType, (object: object) => Buffer]> = [
  ['json', (object) => Buffer.from(encodeJson(object))],
  ['yaml', (object) => Buffer.from(encodeYaml(object))],
  ['protobuf', (object) => encodeProtobuf(object)],
];
const SEED = 36;

/** Every built-in kind that has a body, those of subresources too. */
function kinds(): GroupVersionKind[] {
  const all = new Map<string, GroupVersionKind>();
  for (const { group, version, kind, subresources } of resourceFacts()) {
    const own = subresources.map((subresource) => ({ group: subresource.kind.group || group, version: subresource.kind.version || version, kind: subresource.kind.kind }));
    // Options of streams come in the query.
    for (const gvk of [{ group, version, kind }, ...own]) if (!gvk.kind.endsWith('Options')) all.set(`${apiVersionOf(gvk)} ${gvk.kind}`, gvk);
  }
  return [...all.values(), { group: '', version: 'v1', kind: 'DeleteOptions' }];
}

/** As JSON, exact, whatever order fields and keys had: YAML sorts data that has no schema. */
const sortedJson = (value: unknown): string => encodeJson(sorted(value));

/** What the server keeps of a body, as it would print it. */
function kept(gvk: GroupVersionKind, type: BodyType, bytes: Buffer): string {
  const definition = definitionOf(gvk);
  const { object, strictErrors } = decodeBody(bytes, type, gvk).typed(definition);
  expect(strictErrors).toEqual([]);
  return sortedJson(canonical(definition, object));
}

/** The first place where two texts part, for messages that can be read. */
function difference(actual: string, expected: string): string | undefined {
  if (actual === expected) return undefined;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  return `at ${at}: ${around(actual)} instead of ${around(expected)}`;
}

describe.each(kinds().map((gvk) => [`${apiVersionOf(gvk)} ${gvk.kind}`, gvk] as const))('%s', (_name, gvk) => {
  test('an object with every field set comes out as it went in, in every encoding', () => {
    for (const object of fc.sample(objectsOf(gvk, { fields: 'all' }), { numRuns: 4, seed: SEED })) {
      const printed = sortedJson(canonical(definitionOf(gvk), object));
      expect(difference(printed, sortedJson(object))).toBeUndefined();
      for (const [type, encode] of ENCODINGS) expect([type, difference(kept(gvk, type, encode(object)), printed)]).toEqual([type, undefined]);
    }
  });

  test('an object with some fields and zero values is the same in every encoding', () => {
    for (const object of fc.sample(objectsOf(gvk, { fields: 'some' }), { numRuns: 6, seed: SEED })) {
      const stored = canonical(definitionOf(gvk), object);
      const printed = sortedJson(stored);
      for (const [type, encode] of ENCODINGS) {
        expect([type, 'stored', difference(kept(gvk, type, encode(stored)), printed)]).toEqual([type, 'stored', undefined]);
        expect([type, 'sent', difference(kept(gvk, type, encode(object)), printed)]).toEqual([type, 'sent', undefined]);
      }
    }
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)] as const));
}
