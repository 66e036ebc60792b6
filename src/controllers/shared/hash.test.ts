import { readFileSync } from 'node:fs';
import type { PodTemplateSpec } from '../../api/types/core-v1.js';
import { deepFreeze } from '../../base/freeze.js';
import { goDump } from './go-dump.js';
import { Fnv32a, fnv128a, podTemplateHash, safeEncode } from './hash.js';

interface Recorded {
  readonly template: PodTemplateSpec;
  readonly hash: string;
  readonly afterThreeCollisions: string;
}

/** Computed by Kubernetes' own Go code (controller.ComputeHash) of templates that the real server had completed. */
const recorded = JSON.parse(readFileSync('test/fixtures/pod-template-hashes.json', 'utf8')) as Recorded[];

describe('pod-template-hash', () => {
  test.each(recorded.map((each, i) => [i, each] as const))('of recorded template %i is the one that Kubernetes computes', (_i, { template, hash, afterThreeCollisions }) => {
    expect(podTemplateHash(template)).toBe(hash);
    expect(podTemplateHash(template, 3)).toBe(afterThreeCollisions);
  });

  test('does not depend on the order of keys, and empty lists are like absent ones', () => {
    const a = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'c', image: 'i', args: [] }] } } as unknown as PodTemplateSpec;
    const b = { spec: { containers: [{ image: 'i', name: 'c' }] }, metadata: { labels: { b: '2', a: '1' } } } as unknown as PodTemplateSpec;
    expect(podTemplateHash(a)).toBe(podTemplateHash(b));
  });

  test('is remembered for frozen templates, for each number of collisions', () => {
    const { template, hash, afterThreeCollisions } = deepFreeze((recorded as [Recorded])[0]);
    expect([podTemplateHash(template), podTemplateHash(template, 3), podTemplateHash(template)]).toEqual([hash, afterThreeCollisions, hash]);
  });
});

test.each([
  ['v1.EndpointPort', { name: 'http', port: 80, protocol: 'TCP' }, '754b003f50f133a539c60d18cfb30a55'],
  ['v1.EndpointPort', { name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' }, 'd076f4fe2056195b8bf843571ce8e176'],
  ['discovery/v1.EndpointPort', { name: 'http', port: 80, protocol: 'TCP' }, 'b6c4d325122a5ba6f795b0bbffcebb6f'],
  [
    'v1.EndpointSubset',
    {
      addresses: [
        { ip: '10.0.0.1', nodeName: 'node-0', targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'u' } },
        { ip: '10.0.0.2', hostname: 'x' },
      ],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    },
    '791f4175dd375715bd4e258e384fc812',
  ],
])('the 128-bit hash of a %s is the one that Go computes', (type, value, hash) => expect(fnv128a(goDump(type, value))).toBe(hash));

test('FNV-1a of known texts', () => {
  expect(new Fnv32a().sum()).toBe(0x811c9dc5);
  expect(new Fnv32a().write(Buffer.from('foobar')).sum()).toBe(0xbf9cf968);
});

test('safe encoding spells numbers without vowels', () => {
  // '0' is 48, 48 mod 27 letters is the 22nd, '4'.
  expect(safeEncode('0123456789')).toBe('456789bcdf');
});
