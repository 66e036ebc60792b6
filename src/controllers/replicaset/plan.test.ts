import type { ReplicaSet } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { podsToDelete } from '../shared/pod-ranking.js';
import { planReplicas, sameStatus, statusOf } from './plan.js';

const NOW = Date.UTC(2026, 0, 1);
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace('.000', '');

interface Sketch {
  node?: string;
  phase?: string;
  /** Seconds since it became ready. */
  ready?: number;
  age?: number;
  restarts?: number;
  cost?: string;
  labels?: Record<string, string>;
}

function pod(name: string, { node = 'n', phase = 'Running', ready, age = 100, restarts = 0, cost, labels }: Sketch = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns', uid: name, creationTimestamp: ago(age), ...(labels ? { labels } : {}), ...(cost ? { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } } : {}) },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      conditions: ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: ago(ready) }],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: ready !== undefined, restartCount: restarts }],
    },
  };
}

describe('which pods go first', () => {
  test.each<[string, Sketch, Sketch]>([
    ['those without a node', { node: '' }, { ready: 1 }],
    ['pending ones before running ones', { phase: 'Pending' }, { phase: 'Running' }],
    ['those that are not ready', {}, { ready: 1 }],
    ['those whose deletion costs less', { ready: 50, cost: '-5' }, { ready: 50 }],
    ['those that became ready much later', { ready: 2 }, { ready: 2000 }],
    ['those that restarted more often', { ready: 50, restarts: 3 }, { ready: 50 }],
    ['those that are much younger', { ready: 50, age: 60 }, { ready: 50, age: 6000 }],
  ])('%s', (_name, first, other) => {
    const [a, b] = [pod('a', first), pod('b', other)];
    for (const pods of [[a, b], [b, a]]) expect(podsToDelete(pods, pods, 1, NOW).map(({ metadata }) => metadata.name)).toEqual(['a']);
  });

  test('those on nodes with more pods of the same owner', () => {
    const pods = [pod('a', { node: 'x', ready: 5 }), pod('b', { node: 'y', ready: 5 }), pod('c', { node: 'y', ready: 5 })];
    expect(podsToDelete(pods, pods, 1, NOW)[0]?.spec.nodeName).toBe('y');
  });
});

test.each([
  [5, 2, 3, 0],
  [2, 5, 0, 3],
  [2, 2, 0, 0],
  [2000, 0, 500, 0],
])('%i wanted and %i there: %i created, %i deleted', (wanted, there, create, remove) => {
  const plan = planReplicas(wanted, Array.from({ length: there }, (_, i) => pod(`p${i}`)), () => [], NOW);
  expect([plan.create, plan.delete.length]).toEqual([create, remove]);
});

describe('the status', () => {
  const replicaSet: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'rs', generation: 2 },
    spec: { replicas: 3, minReadySeconds: 10, selector: {}, template: { metadata: { name: '', labels: { a: 'b' } } } },
  };
  const observe = (failure?: string): ReturnType<typeof statusOf> =>
    statusOf({ replicaSet, active: [pod('a', { ready: 60, labels: { a: 'b' } }), pod('b', { ready: 5 }), pod('c')], terminating: 1, failure, nowMs: NOW, now: ago(0) });

  test('counts ready, available and fully labeled pods apart', () => {
    expect(observe()).toEqual({ replicas: 3, fullyLabeledReplicas: 1, readyReplicas: 2, availableReplicas: 1, terminatingReplicas: 1, observedGeneration: 2 });
  });

  test('tells why pods cannot be created, and stops once they can', () => {
    const short = { ...replicaSet, spec: { ...replicaSet.spec, replicas: 5 } };
    const failed = statusOf({ replicaSet: short, active: [], terminating: 0, failure: 'no quota', nowMs: NOW, now: ago(0) });
    expect(failed.conditions).toEqual([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'no quota', lastTransitionTime: ago(0) }]);
    const mended = statusOf({ replicaSet: { ...short, status: failed }, active: [], terminating: 0, failure: undefined, nowMs: NOW, now: ago(0) });
    expect(mended.conditions).toBeUndefined();
  });

  test('zero and absent are the same', () => {
    expect(sameStatus({ replicas: 0, readyReplicas: 0, observedGeneration: 1, terminatingReplicas: 0 }, { replicas: 0, observedGeneration: 1, terminatingReplicas: 0 })).toBe(true);
    expect(sameStatus(undefined, { replicas: 0 })).toBe(false);
  });
});
