import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deepFreeze } from '../base/freeze.js';
import { compareElements, elementText, keyElement, parseElement, type Path, valueElement } from './path-element.js';
import { PathSet, pathSet } from './path-set.js';
import { canonicalJson, compareText, compareValues } from './value.js';

const element = fc.oneof(
  fc.constantFrom('f:a', 'f:b', 'f:c'),
  fc.integer({ min: 0, max: 3 }).map((port) => keyElement({ port, name: 'x' })),
  fc.constantFrom('x', 'y', 2, 10, true).map(valueElement),
  fc.integer({ min: 0, max: 12 }).map((index) => `i:${index}`),
);
const path = fc.array(element, { minLength: 1, maxLength: 3 });
const paths = fc.array(path, { maxLength: 8 });

/** The naive model: a set of texts. */
const modelOf = (all: readonly Path[]): Set<string> => new Set(all.map((one) => JSON.stringify(one)));
const setOf = (all: readonly Path[]): PathSet => PathSet.of(deepFreeze(PathSet.fromPaths(all)).fields);
const sorted = (texts: Iterable<string>): string[] => [...texts].sort();
const isBelow = (text: string, of: string): boolean => {
  const inner = JSON.parse(text) as Path;
  return (JSON.parse(of) as Path).every((step, i) => inner[i] === step);
};

describe('path sets behave as sets of paths', () => {
  const check = (operation: (a: PathSet, b: PathSet) => PathSet, model: (a: Set<string>, b: Set<string>) => string[]): void => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const result = operation(setOf(left), setOf(right));
        expect(sorted(modelOf(result.paths()))).toEqual(sorted(model(modelOf(left), modelOf(right))));
        expect(PathSet.fromJSON(JSON.parse(JSON.stringify(result))).equals(result)).toBe(true);
        expect(result.isEmpty).toBe(result.paths().length === 0);
      }),
    );
  };

  test('union', () => check((a, b) => a.union(b), (a, b) => [...new Set([...a, ...b])]));
  test('difference leaves what is below a path that goes', () => check((a, b) => a.difference(b), (a, b) => [...a].filter((text) => !b.has(text))));
  test('intersection', () => check((a, b) => a.intersection(b), (a, b) => [...a].filter((text) => b.has(text))));
  test('recursive difference takes what is below too', () =>
    check((a, b) => a.recursiveDifference(b), (a, b) => [...a].filter((text) => ![...b].some((of) => isBelow(text, of)))));

  test('membership', () => {
    fc.assert(fc.property(paths, path, (all, one) => expect(setOf(all).has(one)).toBe(modelOf(all).has(JSON.stringify(one)))));
  });

  test('the wire form is the same whatever the order of insertion', () => {
    fc.assert(fc.property(paths, (all) => expect(JSON.stringify(setOf(all.toReversed()))).toBe(JSON.stringify(setOf(all)))));
  });

  test('what changes nothing returns the very same fields', () => {
    fc.assert(
      fc.property(paths, (all) => {
        const set = setOf(all);
        expect(set.union(setOf(all.slice(1))).fields).toBe(set.fields);
        expect(set.difference(PathSet.empty).fields).toBe(set.fields);
        expect(set.union(PathSet.empty).fields).toBe(set.fields);
      }),
    );
  });

  test('reading canonical fields keeps their identity', () => {
    const fields = deepFreeze({ 'f:data': { '.': {}, 'f:x': {} } });
    expect(PathSet.fromJSON(fields).fields).toBe(fields);
  });
});

describe('FieldsV1', () => {
  test.each([
    ['sorts steps', '{"f:b":{},"f:a":{}}', '{"f:a":{},"f:b":{}}'],
    ['puts the path itself first', '{"f:a":{"f:x":{},".":{}}}', '{"f:a":{".":{},"f:x":{}}}'],
    ['a path alone needs no dot', '{"f:a":{".":{}}}', '{"f:a":{}}'],
    ['fields, keys, values, indices', '{"i:0":{},"v:1":{},"k:{\\"a\\":1}":{},"f:z":{}}', '{"f:z":{},"k:{\\"a\\":1}":{},"v:1":{},"i:0":{}}'],
    ['keys by value, not by text', '{"k:{\\"p\\":8080}":{},"k:{\\"p\\":80}":{},"k:{\\"p\\":9}":{}}', '{"k:{\\"p\\":9}":{},"k:{\\"p\\":80}":{},"k:{\\"p\\":8080}":{}}'],
    ['keys in any order', '{"k:{\\"protocol\\":\\"TCP\\",\\"containerPort\\":80}":{}}', '{"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}":{}}'],
    ['numbers before strings before booleans', '{"v:true":{},"v:\\"a\\"":{},"v:10":{},"v:9":{}}', '{"v:9":{},"v:10":{},"v:\\"a\\"":{},"v:true":{}}'],
    ['unknown kinds of steps are dropped', '{"z:x":{},"f:a":{"y:q":{}}}', '{"f:a":{}}'],
    ['null is a path alone', '{"f:a":null}', '{"f:a":{}}'],
    ['a dot at the top says nothing', '{".":{},"f:a":{}}', '{"f:a":{}}'],
    ['strange field names', '{"f:__proto__":{},"f:constructor":{},"f:a.b/c":{}}', '{"f:__proto__":{},"f:a.b/c":{},"f:constructor":{}}'],
  ])('%s', (_, input, output) => {
    expect(JSON.stringify(PathSet.fromJSON(JSON.parse(input)))).toBe(output);
  });

  test.each(['{"q":{}}', '{"fx":{}}', '{"k:not json":{}}', '{"i:x":{}}', '{"f:a":[]}', '{"f:a":"x"}', '[]'])('malformed: %s', (input) => {
    expect(() => PathSet.fromJSON(JSON.parse(input))).toThrow();
  });
});

describe('path elements', () => {
  test.each([
    ['f:spec', '.spec'],
    ['k:{"name":"x"}', '[name="x"]'],
    ['k:{"containerPort":80,"protocol":"TCP"}', '[containerPort=80,protocol="TCP"]'],
    ['v:"a/b"', '[="a/b"]'],
    ['v:3', '[=3]'],
    ['v:true', '[=true]'],
    ['i:4', '[4]'],
  ])('%s reads %s', (text, shown) => {
    expect(elementText(text)).toBe(shown);
    expect(parseElement(text)).toBe(text);
  });

  test('texts in keys are escaped as Go does', () => {
    expect(keyElement({ name: '<a&b>' })).toBe('k:{"name":"\\u003ca\\u0026b\\u003e"}');
    expect(valueElement('a"b\\c\n')).toBe('v:"a\\"b\\\\c\\n"');
  });

  test('order is total and agrees with equality', () => {
    fc.assert(
      fc.property(element, element, element, (a, b, c) => {
        expect(compareElements(a, b) === 0).toBe(a === b);
        expect(Math.sign(compareElements(a, b)) + Math.sign(compareElements(b, a))).toBe(0);
        if (compareElements(a, b) <= 0 && compareElements(b, c) <= 0) expect(compareElements(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test('pathSet takes dotted texts and lists of names', () => {
    expect(JSON.stringify(pathSet('spec.replicas', 'status', ['metadata', 'annotations', 'a.b/c']))).toBe(
      '{"f:metadata":{"f:annotations":{"f:a.b/c":{}}},"f:spec":{"f:replicas":{}},"f:status":{}}',
    );
  });
});

describe('values', () => {
  test('texts are ordered by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(compareText(a, b)).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
    expect(compareText('\uffee', '\u{1f600}')).toBe(-1);
  });

  test('numbers, strings, booleans, lists, maps and null, in this order', () => {
    const ordered = [-1, 0.5, 1, 2n ** 60n, '', 'A', 'a', false, true, [], [1], [1, 2], [2], {}, { a: 1 }, { a: 2 }, { b: 0 }, null];
    for (const [i, a] of ordered.entries()) for (const [j, b] of ordered.entries()) expect(compareValues(a, b)).toBe(Math.sign(i - j));
  });

  test('canonical JSON sorts keys and keeps big integers', () => {
    expect(canonicalJson({ b: [1, { d: null, c: '<' }], a: 9007199254740993n })).toBe('{"a":9007199254740993,"b":[1,{"c":"\\u003c","d":null}]}');
  });
});
