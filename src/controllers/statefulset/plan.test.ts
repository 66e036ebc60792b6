import type { ControllerRevision, StatefulSet } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { isInconsistent, membersOf, nextToUpdate, statusOf, usesCurrent } from './plan.js';

const NOW = Date.UTC(2026, 0, 1);

interface Sketch {
  revision?: string;
  phase?: string;
  ready?: boolean;
  leaving?: boolean;
  /** Seconds since it became ready. */
  since?: number;
}

function pod(ordinal: number, { revision = 'new', phase = 'Running', ready = true, leaving = false, since = 60 }: Sketch = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `db-${ordinal}`, namespace: 'ns', labels: { 'controller-revision-hash': revision }, ...(leaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: { containers: [] },
    status: { phase, conditions: ready ? [{ type: 'Ready', status: 'True', lastTransitionTime: new Date(NOW - since * 1000).toISOString() }] : [] },
  };
}

const set = (spec: object = {}, status?: object): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'ns', generation: 3 },
  spec: { replicas: 3, selector: {}, serviceName: 'db', template: { metadata: { name: '' } }, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, ...spec },
  ...(status ? { status: status as StatefulSet['status'] } : {}),
});

const revision = (name: string): ControllerRevision => ({ apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name }, revision: 1 });
const revisions = { current: revision('old'), update: revision('new'), collisionCount: 0 };

test.each<[string, StatefulSet, number[], Array<number | undefined>, number[]]>([
  ['each in its place', set(), [2, 0, 1], [0, 1, 2], []],
  ['gaps show', set(), [2], [undefined, undefined, 2], []],
  ['those beyond are condemned, the highest first', set({ replicas: 1 }), [0, 1, 2, 10], [0], [10, 2, 1]],
  ['ordinals may start elsewhere', set({ replicas: 2, ordinals: { start: 5 } }), [4, 5, 6], [5, 6], [4]],
])('members: %s', (_name, subject, there, replicas, condemned) => {
  const members = membersOf(subject, there.map((ordinal) => pod(ordinal)));
  expect(members.replicas.map((found) => found && Number(found.metadata.name.slice(3)))).toEqual(replicas);
  expect(members.condemned.map(({ metadata }) => Number(metadata.name.slice(3)))).toEqual(condemned);
});

describe('the pod that is replaced next', () => {
  const partition = (from: number): object => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: from } } });
  test.each<[string, StatefulSet, Array<Pod | undefined>, number | 'wait' | undefined]>([
    ['the highest first', set(), [pod(0, { revision: 'old' }), pod(1, { revision: 'old' }), pod(2, { revision: 'old' })], 2],
    ['then the next one', set(), [pod(0, { revision: 'old' }), pod(1, { revision: 'old' }), pod(2)], 1],
    ['but not before the one above is ready', set(), [pod(0, { revision: 'old' }), pod(1, { revision: 'old' }), pod(2, { ready: false })], 'wait'],
    ['and available', set({ minReadySeconds: 30 }), [pod(0, { revision: 'old' }), pod(1, { revision: 'old' }), pod(2, { since: 10 })], 'wait'],
    ['one that is missing is waited for', set(), [pod(0, { revision: 'old' }), pod(1, { revision: 'old' }), undefined], 'wait'],
    ['one that is leaving is waited for', set(), [pod(0, { revision: 'old' }), pod(1), pod(2, { revision: 'old', leaving: true })], 'wait'],
    ['an old one that is not ready may go', set(), [pod(0, { revision: 'old' }), pod(1), pod(2, { revision: 'old', ready: false })], 2],
    ['none below the partition', set(partition(2)), [pod(0, { revision: 'old' }), pod(1, { revision: 'old' }), pod(2)], undefined],
    ['none when all are new', set(), [pod(0), pod(1), pod(2)], undefined],
  ])('%s', (_name, subject, replicas, expected) => {
    const next = nextToUpdate(subject, replicas, 'new', NOW);
    expect(next === undefined || next === 'wait' ? next : Number(next.metadata.name.slice(3))).toBe(expected);
  });
});

test('pods below the partition are made of the revision before the update', () => {
  const subject = set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
  expect([0, 1, 2, 3].map((ordinal) => usesCurrent(subject, ordinal))).toEqual([true, true, false, false]);
});

describe('the status', () => {
  test('counts pods by state and revision', () => {
    const status = statusOf(set({ minReadySeconds: 30 }), [pod(0), pod(1, { revision: 'old', since: 5 }), pod(2, { revision: 'old', ready: false }), pod(3, { leaving: true }), pod(4, { phase: '' })], revisions, NOW);
    expect(status).toEqual({ observedGeneration: 3, replicas: 4, readyReplicas: 3, availableReplicas: 2, currentReplicas: 2, updatedReplicas: 1, currentRevision: 'old', updateRevision: 'new', collisionCount: 0 });
  });

  test('the new revision becomes the current one when all pods are of it', () => {
    expect(statusOf(set(), [pod(0), pod(1), pod(2)], revisions, NOW)).toMatchObject({ currentReplicas: 3, updatedReplicas: 3, currentRevision: 'new' });
    expect(statusOf(set({ updateStrategy: { type: 'OnDelete' } }), [pod(0), pod(1), pod(2)], revisions, NOW)).toMatchObject({ currentReplicas: 0, currentRevision: 'old' });
  });

  test('is written only when it says something new', () => {
    const status = statusOf(set(), [pod(0), pod(1), pod(2)], revisions, NOW);
    expect(isInconsistent(set({}, status), status)).toBe(false);
    expect(isInconsistent(set({}, { ...status, readyReplicas: 1 }), status)).toBe(true);
    expect(isInconsistent(set(), status)).toBe(true);
  });
});
