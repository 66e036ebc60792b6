import { originForm, refusalOf } from './request-target.js';

const request = (headers: Record<string, string>, [major, minor] = [1, 1]): Parameters<typeof refusalOf>[0] => ({ httpVersionMajor: major as number, httpVersionMinor: minor as number, headers, rawHeaders: Object.entries(headers).flat() });

test.each([
  [request({ host: 'a:1' }), undefined],
  [request({ host: '[::1]:443' }), undefined],
  [request({ host: '' }), undefined],
  [request({}), '400 Bad Request: missing required Host header'],
  [request({}, [1, 0]), undefined],
  [request({ host: 'a b' }), '400 Bad Request: malformed Host header'],
  [{ ...request({ host: 'a' }), rawHeaders: ['Host', 'a', 'HOST', 'b'] }, '400 Bad Request'],
  [request({ host: 'a' }, [2, 0]), '505 HTTP Version Not Supported: unsupported protocol version'],
  [request({ host: 'a' }, [0, 9]), '400 Bad Request'],
])('%j is refused with %s', (asked, refusal) => {
  expect(refusalOf(asked)).toBe(refusal);
});

test.each([
  ['/api', '/api'],
  ['//api', '//api'],
  ['*', '*'],
  ['https://x:1/version?a=b', '/version?a=b'],
  ['http://x', '/'],
  ['http://x?a=b', '/?a=b'],
  ['x:443', 'x:443'],
])('the target %s asks for %s', (target, path) => {
  expect(originForm(target)).toBe(path);
});
