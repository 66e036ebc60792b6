import type { Pod } from '../../api/types/core-v1.js';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.js';
import { disruptedOf, expectedOf, failedStatus, needsScale, selectorText, statusOf } from './plan.js';

const NOW = Date.UTC(2026, 0, 1);
const now = '2026-01-01T00:00:00Z';
const before = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace('.000', '');
const budget = (spec: object, status?: object): PodDisruptionBudget => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b', namespace: 'ns', generation: 2 }, spec, ...(status ? { status: status as PodDisruptionBudget['status'] } : {}) });
const pod = (name: string, ready = true, leaving = false): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...(leaving ? { deletionTimestamp: now } : {}) },
  spec: { containers: [] },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

test.each<[string, object, boolean, { pods: number; healthy: number }]>([
  ['a number that must stay counts the pods that are there', { minAvailable: 2 }, false, { pods: 3, healthy: 2 }],
  ['a share that must stay is of what is wanted, rounded up', { minAvailable: '50%' }, true, { pods: 5, healthy: 3 }],
  ['a number that may go', { maxUnavailable: 1 }, true, { pods: 5, healthy: 4 }],
  ['a share that may go is rounded up', { maxUnavailable: '30%' }, true, { pods: 5, healthy: 3 }],
  ['more than there are', { maxUnavailable: 9 }, true, { pods: 5, healthy: 0 }],
  ['nothing said', {}, false, { pods: 0, healthy: 0 }],
])('%s', (_name, spec, scaled, expected) => {
  expect(needsScale(budget(spec))).toBe(scaled);
  expect(expectedOf(budget(spec), 3, 5)).toEqual(expected);
});

test('evictions that were granted are remembered for two minutes, or until they show', () => {
  const disruptedPods = { fresh: before(30), old: before(121), leaving: before(30), gone: before(30) };
  const { pods, overdue, recheckMs } = disruptedOf(budget({}, { disruptedPods }), [pod('fresh'), pod('old'), pod('leaving', true, true), pod('other')], NOW);
  expect({ pods, overdue: overdue.map(({ metadata }) => metadata.name), recheckMs }).toEqual({ pods: { fresh: before(30) }, overdue: ['old'], recheckMs: 90_000 });
});

describe('the status', () => {
  const expected = { pods: 3, healthy: 2 };
  test('leaves out those that are not ready, on their way out, or about to go', () => {
    const status = statusOf(budget({}), [pod('a'), pod('b'), pod('c'), pod('d', false), pod('e', true, true), pod('f')], expected, { f: now }, now);
    expect(status).toMatchObject({ currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1, observedGeneration: 2, disruptedPods: { f: now } });
    expect(status?.conditions).toEqual([{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '', observedGeneration: 2, lastTransitionTime: now }]);
  });

  test('allows nothing where nothing is expected', () => {
    expect(statusOf(budget({}), [pod('a')], { pods: 0, healthy: 0 }, {}, now)).toMatchObject({ disruptionsAllowed: 0, conditions: [{ reason: 'InsufficientPods' }] });
  });

  test('is not written when it says the same, and keeps the time of its condition', () => {
    const first = statusOf(budget({}), [pod('a'), pod('b')], expected, {}, before(60));
    expect(statusOf(budget({}, first), [pod('a'), pod('b')], expected, {}, now)).toBeUndefined();
    expect(statusOf(budget({}, first), [pod('a')], expected, {}, now)?.conditions?.[0]?.lastTransitionTime).toBe(before(60));
  });

  test('allows nothing where it cannot be worked out', () => {
    expect(failedStatus(budget({}, { disruptionsAllowed: 4, currentHealthy: 4, desiredHealthy: 0, expectedPods: 4 }), 'why', now)).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 4, conditions: [{ status: 'False', reason: 'SyncFailed', message: 'why' }] });
  });
});

test('selectors as Go prints them', () => {
  expect(selectorText(undefined)).toBe('nil');
  expect(selectorText({ matchLabels: { b: '2', a: '1' }, matchExpressions: [{ key: 'k', operator: 'In', values: ['x', 'y'] }] })).toBe(
    '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}',
  );
});
