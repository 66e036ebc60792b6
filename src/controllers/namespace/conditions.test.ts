import type { NamespaceCondition } from '../../api/types/core-v1.js';
import { deletionConditions, type DeletionProgress } from './conditions.js';

const EARLIER = '2026-01-01T00:00:00Z';
const NOW = '2026-01-01T00:00:05Z';
const progress = (given: Partial<DeletionProgress> = {}): DeletionProgress => ({ failures: [], remaining: new Map(), finalizers: new Map(), ...given });
const brief = (conditions: readonly NamespaceCondition[]): string[] => conditions.map(({ type, status, message }) => `${type}=${status}: ${message}`);

test('nothing is in the way', () => {
  expect(brief(deletionConditions([], progress(), NOW))).toEqual([
    'NamespaceDeletionDiscoveryFailure=False: All resources successfully discovered',
    'NamespaceDeletionGroupVersionParsingFailure=False: All legacy kube types successfully parsed',
    'NamespaceDeletionContentFailure=False: All content successfully deleted, may be waiting on finalization',
    'NamespaceContentRemaining=False: All content successfully removed',
    'NamespaceFinalizersRemaining=False: All content-preserving finalizers finished',
  ]);
});

test.each<[string, Partial<DeletionProgress>, string[]]>([
  ['content', { remaining: new Map([['pods.', 2], ['configmaps.', 1]]) }, ['NamespaceContentRemaining=True: Some resources are remaining: configmaps. has 1 resource instances, pods. has 2 resource instances']],
  ['finalizers', { remaining: new Map([['pods.', 1]]), finalizers: new Map([['b/y', 1], ['a/x', 2]]) }, ['NamespaceContentRemaining=True: Some resources are remaining: pods. has 1 resource instances', 'NamespaceFinalizersRemaining=True: Some content in the namespace has finalizers remaining: a/x in 2 resource instances, b/y in 1 resource instances']],
  ['failures', { failures: ['b', 'a'] }, ['NamespaceDeletionContentFailure=True: Failed to delete all resource types, 2 remaining: a, b']],
  ['finalizers of pods, while nothing else was tried', { remaining: undefined, finalizers: new Map([['a/x', 1]]) }, []],
])('%s in the way', (_name, given, expected) => {
  expect(brief(deletionConditions([], progress(given), NOW)).filter((line) => line.includes('=True'))).toEqual(expected);
});

test('what has not changed stays as it is, with its time', () => {
  const first = deletionConditions([], progress({ remaining: new Map([['pods.', 2]]) }), EARLIER);
  expect(deletionConditions(first, progress({ remaining: new Map([['pods.', 2]]) }), NOW)).toBe(first);
  const fewer = deletionConditions(first, progress({ remaining: new Map([['pods.', 1]]) }), NOW);
  expect(fewer.find(({ type }) => type === 'NamespaceContentRemaining')).toMatchObject({ lastTransitionTime: EARLIER, message: 'Some resources are remaining: pods. has 1 resource instances' });
  const none = deletionConditions(fewer, progress(), NOW);
  expect(none.find(({ type }) => type === 'NamespaceContentRemaining')).toMatchObject({ status: 'False', lastTransitionTime: NOW });
});
