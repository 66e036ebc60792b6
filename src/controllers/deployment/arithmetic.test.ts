import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.js';
import { maxSurge, maxUnavailable, planNew, planOld, planProportional } from './arithmetic.js';

function deployment(replicas: number, surge: number | string = '25%', unavailable: number | string = '25%'): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { replicas, selector: {}, template: {}, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } } },
  };
}

let age = 0;
function replicaSet(name: string, replicas: number, available = replicas, max?: number): ReplicaSet {
  const creationTimestamp = `2026-01-01T00:00:${String(age++ % 60).padStart(2, '0')}Z`;
  const annotations = max === undefined ? {} : { 'deployment.kubernetes.io/max-replicas': String(max) };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, creationTimestamp, annotations }, spec: { replicas, selector: {} }, status: { replicas, availableReplicas: available } };
}

const sizes = (plan: ReadonlyArray<{ replicaSet: ReplicaSet; replicas: number }>): Record<string, number> => Object.fromEntries(plan.map((step) => [step.replicaSet.metadata.name, step.replicas]));

describe('room in a rolling update', () => {
  test.each([
    [10, '25%', '25%', 3, 2],
    [1, '25%', '25%', 1, 0],
    [10, 0, 0, 0, 1],
    [3, 1, 0, 1, 0],
    [2, 0, 5, 0, 2],
    [0, '50%', '50%', 0, 0],
  ])('%i replicas, maxSurge %s, maxUnavailable %s: %i more, %i less', (replicas, surge, unavailable, more, less) => {
    const given = deployment(replicas, surge, unavailable);
    expect([maxSurge(given), maxUnavailable(given)]).toEqual([more, less]);
  });
});

describe('the new ReplicaSet', () => {
  test.each([
    ['grows as far as the surge allows', 10, 10, 0, 3],
    ['takes the room that old pods have left', 10, 8, 3, 5],
    ['waits while there is no room', 10, 10, 3, undefined],
    ['stands still when it is there', 10, 0, 10, undefined],
    ['shrinks to what is wanted', 4, 0, 10, 4],
    ['never grows beyond what is wanted', 10, 0, 8, 10],
  ])('%s', (_name, wanted, old, current, expected) => {
    const fresh = replicaSet('new', current);
    expect(planNew(deployment(wanted), [replicaSet('old', old), fresh], fresh)?.replicas).toBe(expected);
  });
});

describe('the old ReplicaSets', () => {
  test.each([
    ['go as far as availability allows', [10, 10], [3, 0], { old: 8 }],
    ['go further as new pods become available', [8, 8], [5, 3], { old: 5 }],
    ['stay while too few are available', [8, 6], [3, 0], {}],
    ['go entirely when the new pods do', [3, 3], [10, 10], { old: 0 }],
  ])('%s', (_name, [size = 0, available = 0], [freshSize = 0, freshAvailable = 0], expected) => {
    const fresh = replicaSet('new', freshSize, freshAvailable);
    expect(sizes(planOld(deployment(10), [replicaSet('old', size, available)], fresh))).toEqual(expected);
  });

  test('sick pods go first, whatever ReplicaSet they are of', () => {
    const old = [replicaSet('a', 5, 5), replicaSet('b', 5, 3)];
    expect(sizes(planOld(deployment(10), old, replicaSet('new', 0)))).toEqual({ b: 3 });
  });

  test('nothing happens without old pods', () => {
    expect(planOld(deployment(10), [replicaSet('old', 0)], replicaSet('new', 10))).toEqual([]);
  });
});

describe('a change of size in the middle of a rollout', () => {
  test.each([
    ['up, by share', 20, [8, 5], { old: 15, new: 10 }],
    ['down, by share', 5, [8, 5], { old: 4, new: 3 }],
    ['to nothing', 0, [8, 5], { old: 0, new: 0 }],
  ])('%s', (_name, wanted, [old = 0, fresh = 0], expected) => {
    expect(sizes(planProportional(deployment(wanted), [replicaSet('old', old, old, 13)], replicaSet('new', fresh, fresh, 13)))).toEqual(expected);
  });
});
