import { imageMatcher } from '../runtimes/simulated/image-registry.js';
import { normalizedName, withDefaultTag } from './image-reference.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('image names', () => {
  test.each([
    ['nginx', 'nginx:latest', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['team/app', 'team/app:latest', 'docker.io/team/app:latest'],
    ['registry.example:5000/a/b', 'registry.example:5000/a/b:latest', 'registry.example:5000/a/b:latest'],
    ['localhost/x:1', 'localhost/x:1', 'localhost/x:1'],
    [`busybox@${DIGEST}`, `busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
    [`ghcr.io/o/i:v1@${DIGEST}`, `ghcr.io/o/i:v1@${DIGEST}`, `ghcr.io/o/i@${DIGEST}`],
  ])('%s', (image, tagged, normalized) => {
    expect(withDefaultTag(image)).toBe(tagged);
    expect(normalizedName(image)).toBe(normalized);
  });

  test.each([['', 'invalid reference format'], ['a b', 'invalid reference format'], ['UPPER', 'must be lowercase'], ['a:b:c', 'invalid reference format'], ['x@sha256:12', 'invalid reference format']])('%j is none', (image, why) => {
    expect(() => withDefaultTag(image)).toThrow(why);
  });

  test.each<[string, string, boolean]>([
    ['*/hello-node', 'hello-node', true],
    ['*/hello-node', 'registry.example/team/hello-node:v2', true],
    ['*/hello-node', 'my-hello-node', false],
    ['nginx', 'docker.io/library/nginx:1', true],
    ['nginx', 'quay.io/nginx', false],
    ['registry.example/app:*', 'registry.example/app', true],
    ['registry.example/app:1.*', 'registry.example/app:1.2', true],
    ['registry.example/app:1.*', 'registry.example/app:2.1', false],
    ['registry.example/team/*', 'registry.example/team/a/b:1', true],
    ['a.b/c', 'axb/c', false],
  ])('the pattern %s and %s: %s', (pattern, image, matches) => {
    expect(imageMatcher(pattern)(image)).toBe(matches);
  });
});
