import { defaultPullPolicy, imageTag } from './image-name.js';

const SHA = 'sha256:' + 'a'.repeat(64);

describe('imageTag', () => {
  test.each([
    ['nginx', 'latest'],
    ['nginx:1.27', '1.27'],
    ['nginx:latest', 'latest'],
    ['my/app', 'latest'],
    ['localhost:5000/app', 'latest'],
    ['localhost:5000/app:v1', 'v1'],
    ['registry.example.com/team/app', 'latest'],
    [`nginx@${SHA}`, ''],
    [`nginx:1@${SHA}`, '1'],
    [`nginx:latest@${SHA}`, 'latest'],
    ['nginx@sha256:abc', ''],
    ['Nginx', ''],
    ['UPPER/app', 'latest'],
    ['a b', ''],
    ['', ''],
    ['nginx:', ''],
    ['a'.repeat(64), ''],
    ['index.docker.io/nginx', 'latest'],
    ['[fc00::1]:5000/app', 'latest'],
  ])('%s has the tag %p', (image, tag) => {
    expect(imageTag(image)).toBe(tag);
  });

  test('only the tag latest is always pulled', () => {
    expect([defaultPullPolicy('nginx'), defaultPullPolicy('nginx:1'), defaultPullPolicy(`nginx@${SHA}`), defaultPullPolicy(undefined)]).toEqual([
      'Always',
      'IfNotPresent',
      'IfNotPresent',
      'IfNotPresent',
    ]);
  });
});
