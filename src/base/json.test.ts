import { decodeJson, encodeJson } from './json.js';

describe('JSON of stored objects', () => {
  test.each([
    [{ a: '<b>&\u2028\u2029', n: 1, u: undefined, l: [undefined, true, null] }, '{"a":"\\u003cb\\u003e\\u0026\\u2028\\u2029","n":1,"l":[null,true,null]}'],
    [{ n: 9007199254740993n, l: [-9223372036854775808n], s: '9007199254740993' }, '{"n":9007199254740993,"l":[-9223372036854775808],"s":"9007199254740993"}'],
    [{}, '{}'],
    [{ spec: { 10: 'a', 2: { 1: 'b', 0: 9007199254740993n }, a: '"3":' }, kind: 'x' }, '{"spec":{"10":"a","2":{"0":9007199254740993,"1":"b"},"a":"\\"3\\":"},"kind":"x"}'],
  ])('%# is written as Go writes it and read back', (value, text) => {
    expect(encodeJson(value)).toBe(text);
    expect(encodeJson(decodeJson(text))).toBe(text);
  });

  test('bigints are read only where a double is too small', () => {
    expect(decodeJson('{"a":9007199254740993,"b":1000000000000000,"c":"x,9007199254740993","d":1234567890123456.5}')).toEqual({ a: 9007199254740993n, b: 1000000000000000, c: 'x,9007199254740993', d: 1234567890123456.5 });
  });

  test('indented text is that of Go', () => {
    expect(encodeJson({ a: [], b: {}, c: [{ d: 1n }] }, true)).toBe('{\n  "a": [],\n  "b": {},\n  "c": [\n    {\n      "d": 1\n    }\n  ]\n}');
  });
});
