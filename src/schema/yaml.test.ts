import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { ApiError } from '../api/errors.js';
import { decodeYaml, decodeYamlStrictly, encodeYaml, strictWarnings } from './yaml.js';

const fixture = (name: string): string => readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url), 'utf8');

describe('YAML', () => {
  test('an object full of awkward texts prints as the real server prints it', () => {
    expect(encodeYaml(JSON.parse(fixture('awkward.json')))).toBe(fixture('awkward.yaml'));
  });

  test('what is printed is read back', () => {
    const object = JSON.parse(fixture('awkward.json')) as { metadata: { annotations: Record<string, string> } };
    object.metadata.annotations['nel'] = object.metadata.annotations['nel']?.replace('\u0085', ' ') ?? '';
    // To YAML 1.1 this is a line break, to our reader it is not.
    delete object.metadata.annotations['u2028'];
    expect(decodeYaml(Buffer.from(encodeYaml(object)))).toEqual(object);
  });

  test.each([
    [{}, '{}\n'],
    [[], '[]\n'],
    ['x', 'x\n'],
    [null, 'null\n'],
    [{ a: [], b: {}, c: [[1, 2], [{ d: null, e: 1.5 }]], f: 9007199254740993n }, 'a: []\nb: {}\nc:\n- - 1\n  - 2\n- - d: null\n    e: 1.5\nf: 9007199254740993\n'],
  ])('%j prints in block style', (value, text) => {
    expect(encodeYaml(value)).toBe(text);
  });

  test('apply configurations that are no YAML or no object are refused', () => {
    expect(() => decodeYaml(Buffer.from('a: b: c'))).toThrow(new ApiError(400, 'BadRequest', 'error decoding YAML: error converting YAML to JSON: yaml: mapping values are not allowed in this context'));
    expect(() => decodeYaml(Buffer.from('[]'))).toThrow('error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}');
    expect(decodeYaml(Buffer.from(''))).toEqual({});
  });

  /** Asked of the real server. */
  test.each([
    ['a: "\u0001"\n', 'control characters are not allowed'],
    [Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a]), 'invalid leading UTF-8 octet'],
    ['a: !!binary "!"\n', '!!binary value contains invalid base64 data'],
    ['a: !!int b\n', 'cannot decode !!str `b` as a !!int'],
    ['a: !!float x\n', 'cannot decode !!str `x` as a !!float'],
    ['%YAML 9.9\n---\na: b\n', 'found incompatible YAML document'],
    ['%FOO bar\n---\na: b\n', 'found unknown directive name'],
    ['? {a: b}\n: c\n', 'invalid map key: map[interface {}]interface {}{"a":"b"}'],
    ['? [a]\n: c\n', 'invalid map key: []interface {}{"a"}'],
    ['x: y\na: "\\xZZ"\n', 'line 2: did not find expected hexdecimal number'],
    ['x: y\na: &\n', 'line 2: did not find expected alphabetic or numeric character'],
  ])('%j is refused: %s', (text, problem) => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    expect(() => decodeYaml(bytes)).toThrow(new ApiError(400, 'BadRequest', `error decoding YAML: error converting YAML to JSON: yaml: ${problem}`));
  });

  test('UTF-16 with its byte order mark is read, UTF-8 with and without', () => {
    const text = 'a: \u00e9\n';
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [little, Buffer.from(little).swap16(), Buffer.from(`\ufeff${text}`), Buffer.from(text)]) expect(decodeYaml(bytes)).toEqual({ a: '\u00e9' });
  });

  test('what strict decoding finds is one warning a line', () => {
    expect(strictWarnings('yaml: unmarshal errors:\n  line 3: key "a" already set in map\n  line 4: key "b" already set in map')).toEqual(['line 3: key "a" already set in map', 'line 4: key "b" already set in map']);
    expect(strictWarnings('unknown field "x"')).toEqual(['unknown field "x"']);
  });

  test('duplicate keys are told, the last counts', () => {
    expect(decodeYamlStrictly(Buffer.from('a: 1\nb: 2\na: 3\n'))).toEqual({ value: { a: 3, b: 2 }, strictErrors: ['yaml: unmarshal errors:\n  line 3: key "a" already set in map'] });
  });

  // A comment makes it YAML for certain.
  const read = (text: string): unknown[] =>
    [text, `# x\n${text}`].map((source) => {
      try {
        return decodeYamlStrictly(Buffer.from(source));
      } catch (error) {
        return (error as Error).message.replace(/line \d+/, 'line N');
      }
    });

  test.each(['{"<<":{"a":1},"b":2}', '{"a":-0}', '{"a":1.0,"b":1e3,"c":12345678901234567890}', '{"a":"\\/\\u00e9\\ud83d\\ude00"}', '{"a":"\u2028\u00e9"}', '{"a":"\t"}', '{"a":1,}', '{"a" : [ 1 ,\n 2 ] }\n', '{"yes":"no","012":"0x1","":null}'])(
    'the short way for JSON reads %j as the long one does',
    (text) => {
      const [short, long] = read(text);
      expect(short).toEqual(long);
    },
  );

  test('the short way for JSON reads any object as the long one does', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, 2), (object, indent) => {
        const [short, long] = read(JSON.stringify(object, undefined, indent));
        expect(short).toEqual(long);
      }),
      { numRuns: 300 },
    );
  });

  test('JSON is YAML too', () => {
    expect(decodeYaml(Buffer.from('{"a":[1,2,{"b":"c"}],"__proto__":{"x":1}}'))).toEqual(JSON.parse('{"a":[1,2,{"b":"c"}],"__proto__":{"x":1}}'));
  });
});
