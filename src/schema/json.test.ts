import { encodeJson, JsonSyntaxError, parseJson, parseJsonExactly } from './json.js';

describe('JSON', () => {
  test('int64 stays exact, other numbers are doubles', () => {
    expect(parseJson('[9007199254740993,-9223372036854775808,1.0,1e3,9223372036854775808,-0.5]')).toEqual([9007199254740993n, -9223372036854775808n, 1, 1000, 9223372036854775808, -0.5]);
    expect(parseJson('12345678901234567890123')).toBe(Number('12345678901234567890123'));
  });

  test('half surrogates become the replacement character, pairs stay', () => {
    expect(parseJson('"\\ud800x\\ud83d\\ude00"')).toBe('\ufffdx\u{1f600}');
  });

  test('only objects with a repeated key have occurrences', () => {
    const { value, occurrences } = parseJsonExactly('{"a":{"b":1,"b":{"c":2}},"d":[{"x":"y:\\"z"}]}', { duplicates: true });
    expect(value).toEqual({ a: { b: { c: 2 } }, d: [{ x: 'y:"z' }] });
    expect([...(occurrences?.values() ?? [])]).toEqual([[['b', 1], ['b', { c: 2 }]]]);
    expect(parseJsonExactly('{"a":1,"b":{"a":1}}', { duplicates: true }).occurrences).toBeUndefined();
  });

  test('syntax errors have the text of Go', () => {
    expect(() => parseJson('{"a":}')).toThrow(new JsonSyntaxError("invalid character '}' looking for beginning of value"));
  });

  test('encoding escapes what Go escapes and writes bigints', () => {
    expect(encodeJson({ a: '<b>&\u2028', n: 9007199254740993n, u: undefined, l: [undefined, 1n] })).toBe('{"a":"\\u003cb\\u003e\\u0026\\u2028","n":9007199254740993,"l":[null,1]}');
  });
});
