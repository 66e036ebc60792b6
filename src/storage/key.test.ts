import { objectKey, prefixRange, resourcePrefix, resourcePrefixOf, underPrefix } from './key.js';

describe('keys', () => {
  test('name group, resource, namespace and object', () => {
    expect(objectKey({ group: '', resource: 'pods', namespace: 'default', name: 'a' })).toBe('core/pods/default/a');
    expect(objectKey({ group: '', resource: 'nodes', name: 'node-0' })).toBe('core/nodes/node-0');
    expect(objectKey({ group: 'apps', resource: 'deployments', namespace: 'x', name: 'a' })).toBe('apps/deployments/x/a');
    expect(resourcePrefix({ group: 'apps', resource: 'deployments', namespace: '' })).toBe('apps/deployments/');
  });

  test.each([
    ['core/pods/default/a', 'core/pods/'],
    ['core/pods/', 'core/pods/'],
    ['core/pods', undefined],
    ['', undefined],
  ])('the resource of %j is %j', (key, resource) => {
    expect(resourcePrefixOf(key)).toBe(resource);
  });

  test.each([
    { prefix: '', key: 'core/pods/default/a', under: true },
    { prefix: 'core/pods/', key: 'core/pods/default/a', under: true },
    { prefix: 'core/pods/default/', key: 'core/pods/default-2/a', under: false },
    { prefix: 'core/pods/default/a', key: 'core/pods/default/a', under: true },
    { prefix: 'core/pods/default/a', key: 'core/pods/default/ab', under: false },
    { prefix: 'core/pods/default/a', key: 'core/pods/default/a/b', under: false },
  ])('$key under $prefix: $under', ({ prefix, key, under }) => {
    expect(underPrefix(key, prefix)).toBe(under);
    const { from, to } = prefixRange(prefix);
    expect(key >= from && (to === undefined || key < to)).toBe(under);
  });

  test('after a key the range of a prefix begins behind it, never before the prefix', () => {
    expect(prefixRange('core/pods/', 'core/pods/a/b')).toEqual({ from: 'core/pods/a/b\0', to: 'core/pods0' });
    expect(prefixRange('core/pods/', 'apps/x')).toEqual({ from: 'core/pods/', to: 'core/pods0' });
  });
});
