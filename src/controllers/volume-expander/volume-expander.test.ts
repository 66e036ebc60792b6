import type { PersistentVolumeClaim } from '../../api/types/core-v1.js';
import { wantsMore } from './index.js';

test.each([
  ['Bound', '2Gi', '1Gi', true],
  ['Bound', '1Gi', '1024Mi', false],
  ['Bound', '1Gi', '2Gi', false],
  ['Bound', '1Gi', undefined, true],
  ['Pending', '2Gi', '1Gi', false],
])('a %s claim for %s that has %s wants more: %s', (phase, wanted, has, expected) => {
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c' }, spec: { resources: { requests: { storage: wanted } } }, status: { phase, ...(has ? { capacity: { storage: has } } : {}) } } as PersistentVolumeClaim;
  expect(wantsMore(claim)).toBe(expected);
});
