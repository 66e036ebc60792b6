import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.js';
import { planCleanup, planStatus } from './plan.js';

const THEN = '2026-01-01T00:00:00Z';
const NOW = '2026-01-01T00:00:05Z';

function definition(plural: string, names: { kind?: string; shortNames?: string[] } = {}, group = 'example.com'): CustomResourceDefinition {
  const kind = names.kind ?? `K${plural}`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Cluster', names: { plural, singular: `${plural}one`, kind, listKind: `${kind}List`, ...names }, versions: [] },
    status: { storedVersions: ['v1'] },
  };
}

const settled = (one: CustomResourceDefinition, others: CustomResourceDefinition[] = []): CustomResourceDefinition => ({ ...one, status: planStatus(one, others, THEN) });
const said = (one: CustomResourceDefinition) => (one.status?.conditions ?? []).map(({ type, status, reason, message }) => [type, status, reason, message]);

const NAMES_ACCEPTED = ['NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'];
const ESTABLISHED = ['Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'];

test('a definition alone gets its names, is established, and then nothing changes', () => {
  const first = settled(definition('a', { shortNames: ['x'] }));
  expect(said(first)).toEqual([NAMES_ACCEPTED, ESTABLISHED]);
  expect(first.status?.acceptedNames).toEqual(first.spec.names);
  expect(planStatus(first, [], NOW)).toBeUndefined();
});

test('names of another in the group are refused, and given once it is gone', () => {
  const first = settled(definition('a', { kind: 'Same', shortNames: ['x', 'y'] }));
  const second = settled(definition('b', { kind: 'Same', shortNames: ['x', 'y'] }), [first]);
  expect(said(second)).toEqual([
    ['NamesAccepted', 'False', 'ListKindConflict', '"SameList" is already in use'],
    ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
  ]);
  expect(second.status?.acceptedNames).toEqual({ plural: 'b', singular: 'bone', kind: '' });
  expect(planStatus(second, [first], NOW)).toBeUndefined();
  const freed = { ...second, status: planStatus(second, [], NOW) };
  expect(said(freed)).toEqual([NAMES_ACCEPTED, ESTABLISHED]);
});

test('several short names that are taken are named together', () => {
  const first = settled(definition('a', { shortNames: ['x', 'y'] }));
  const second = settled(definition('b', { shortNames: ['x', 'y'] }), [first]);
  expect(said(second)[0]).toEqual(['NamesAccepted', 'False', 'ShortNamesConflict', '["x" is already in use, "y" is already in use]']);
});

test('names of another group are free', () => {
  const first = settled(definition('a', { kind: 'Same' }));
  expect(said(settled(definition('a', { kind: 'Same' }, 'other.org'), [first]))).toEqual([NAMES_ACCEPTED, ESTABLISHED]);
});

test('a definition that is established stays so, whatever names it asks for', () => {
  const first = settled(definition('a', { shortNames: ['x'] }));
  const second = settled(definition('b'), [first]);
  const greedy = { ...second, spec: { ...second.spec, names: { ...second.spec.names, shortNames: ['x'] } } };
  expect(said({ ...greedy, status: planStatus(greedy, [first], NOW) })).toEqual([['NamesAccepted', 'False', 'ShortNamesConflict', '"x" is already in use'], ESTABLISHED]);
});

test.each([
  ['established', settled(definition('a')), ['Terminating', 'False', 'InstanceDeletionCompleted', 'removed all instances']],
  ['never established', definition('a'), ['Terminating', 'False', 'NeverEstablished', 'resource was never established']],
])('one that was %s goes without its finalizer', (_what, one, expected) => {
  const gone = planCleanup({ ...one, metadata: { ...one.metadata, finalizers: ['keep.example.com/me', 'customresourcecleanup.apiextensions.k8s.io'] } }, NOW);
  expect(gone.metadata.finalizers).toEqual(['keep.example.com/me']);
  expect(said(gone).at(-1)).toEqual(expected);
});
