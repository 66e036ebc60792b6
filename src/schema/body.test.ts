import recorded from '../../test/fixtures/decode-errors.json' with { type: 'json' };
import { ApiError } from '../api/errors.js';
import type { GroupVersionKind } from '../api/gvk.js';
import { decodeBody, type BodyType } from './body.js';
import { definitionOf } from './catalogue.js';

// Wrong bodies and what the real server (v1.36.3, fieldValidation=Strict) answered.
const TYPED = recorded.typed as Array<[string, string, string, string, string]>;
const SYNTAX = recorded.syntax as Array<[string, string]>;
// YAML bodies of a ConfigMap: the error, or data and immutable of the object.
const YAML = recorded.yaml as Array<[string, string]>;
const CONFIG_MAP = { group: '', version: 'v1', kind: 'ConfigMap' };

/** The object, or the refusal as the pipeline would throw it. */
function decode(bytes: Buffer, type: BodyType, gvk: GroupVersionKind): Record<string, unknown> {
  const body = decodeBody(bytes, type, gvk);
  const { object, strictErrors } = body.typed(definitionOf(gvk));
  if (strictErrors.length > 0) throw body.strictRefusal(strictErrors);
  return object;
}

describe('bodies', () => {
  test.each(TYPED)('%s/%s %s %s is refused with the real text', (group, version, kind, body, message) => {
    expect(() => decode(Buffer.from(body), 'json', { group, version, kind })).toThrow(new ApiError(400, 'BadRequest', message));
  });

  test.each(SYNTAX)('%j is no JSON for the same reason as for Go', (body, message) => {
    expect(() => decode(Buffer.from(body, 'latin1'), 'json', CONFIG_MAP)).toThrow(new ApiError(400, 'BadRequest', message));
  });

  test.each(YAML)('YAML %j is read as by the real server', (body, answer) => {
    if (!answer.startsWith('{') && answer !== 'ok') return expect(() => decode(Buffer.from(body), 'yaml', CONFIG_MAP)).toThrow(new ApiError(400, 'BadRequest', answer));
    const { data, immutable } = decode(Buffer.from(body), 'yaml', CONFIG_MAP);
    if (answer !== 'ok') expect(JSON.parse(JSON.stringify({ data, immutable }))).toEqual(JSON.parse(answer));
  });

  test('kind and apiVersion come first and are filled in', () => {
    const object = decode(Buffer.from('{"metadata":{"name":"a"},"data":{"b":"1","a":"2"}}'), 'json', CONFIG_MAP);
    expect(JSON.stringify(object)).toBe('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"a":"2","b":"1"}}');
  });

  test('unknown and duplicate fields are told in the order of the text', () => {
    const body = decodeBody(Buffer.from('{"metadata":{"name":"a","x":1,"name":"b"},"y":2,"data":{"k":"1","k":"2"}}'), 'json', CONFIG_MAP);
    expect(body.typed('io.k8s.api.core.v1.ConfigMap').strictErrors).toEqual(['unknown field "metadata.x"', 'duplicate field "metadata.name"', 'unknown field "y"', 'duplicate field "data.k"']);
  });

  test('without strictness duplicates are not looked for and the last counts', () => {
    const body = decodeBody(Buffer.from('{"metadata":{"name":"a","name":"b"}}'), 'json', CONFIG_MAP, false);
    const { object, strictErrors } = body.typed('io.k8s.api.core.v1.ConfigMap');
    expect([(object['metadata'] as { name: string }).name, strictErrors]).toEqual(['b', []]);
  });

  test('DeleteOptions are refused without a frame', () => {
    expect(() => decodeBody(Buffer.from('{'), 'json', undefined)).toThrow("couldn't get version/kind; json parse error: unexpected end of JSON input");
    expect(() => decodeBody(Buffer.from('{"gracePeriodSeconds":"x"}'), 'json', undefined).typed('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')).toThrow(
      'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
    );
  });

  test('keys like __proto__ are data and pollute nothing', () => {
    const object = decode(Buffer.from('{"data":{"__proto__":"x","constructor":"y"}}'), 'json', CONFIG_MAP);
    expect(JSON.stringify(object['data'])).toBe('{"__proto__":"x","constructor":"y"}');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(() => decode(Buffer.from('{"__proto__":{"data":{"a":"b"}}}'), 'json', CONFIG_MAP)).toThrow('unknown field "__proto__"');
  });

  test('custom resources keep what they are given, but for metadata', () => {
    const gvk = { group: 'example.com', version: 'v1', kind: 'Foo' };
    const body = decodeBody(Buffer.from('{"apiVersion":"example.com/v1","kind":"Foo","metadata":{"name":"a","foo":1,"creationTimestamp":null},"spec":{"n":null,"x":1.0,"big":9007199254740993}}'), 'json', gvk);
    const { object, strictErrors } = body.typed(undefined);
    expect(object).toEqual({ apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'a' }, spec: { n: null, x: 1, big: 9007199254740993n } });
    expect(strictErrors).toEqual(['unknown field "metadata.foo"']);
  });

  test('nesting has a limit, in every format', () => {
    const deep = (n: number): Buffer => Buffer.from(`${'{"a":'.repeat(n)}1${'}'.repeat(n)}`);
    expect(() => decodeBody(deep(3000), 'json', CONFIG_MAP)).toThrow('exceeded max depth');
    expect(() => decodeBody(Buffer.from(`a: ${'['.repeat(50_000)}`), 'yaml', CONFIG_MAP)).toThrow('exceeded max depth');
  });

  test('a YAML bomb is refused quickly', () => {
    const levels = Array.from('bcdefghij', (name, i) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghij'[i]}`).join(',')}]`);
    expect(() => decodeBody(Buffer.from(['a: &a [x,x,x,x,x,x,x,x,x]', ...levels].join('\n')), 'yaml', CONFIG_MAP)).toThrow('excessive aliasing');
    expect(() => decodeBody(Buffer.from('a: &a [*a]'), 'yaml', CONFIG_MAP)).toThrow('contains itself');
  });
});
