import type { DaemonSet } from '../../api/types/apps-v1.js';
import type { Node, Pod } from '../../api/types/core-v1.js';
import { planNodes, planUpdate, statusOf, type Observed } from './plan.js';

const NOW = Date.UTC(2026, 0, 1);

interface Sketch {
  /** Revision. */
  hash?: 'old' | 'new';
  phase?: string;
  ready?: boolean;
  leaving?: boolean;
  /** Meant for the node, not on it yet. */
  unbound?: boolean;
  age?: number;
}

function pod(name: string, { hash = 'new', phase = 'Running', ready = true, leaving = false, unbound = false, age = 100 }: Sketch = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      labels: { 'controller-revision-hash': hash },
      creationTimestamp: new Date(NOW - age * 1000).toISOString(),
      ...(leaving ? { deletionTimestamp: new Date(NOW).toISOString() } : {}),
    },
    spec: { containers: [], ...(unbound ? {} : { nodeName: 'somewhere' }) },
    status: { phase, conditions: ready ? [{ type: 'Ready', status: 'True', lastTransitionTime: new Date(NOW - 60_000).toISOString() }] : [] },
  };
}

const daemonSet = (rollingUpdate: object = { maxUnavailable: 1, maxSurge: 0 }, spec: object = {}): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'd', namespace: 'ns', generation: 7 },
  spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { name: '', labels: { a: 'b' } }, spec: { containers: [] } }, updateStrategy: { type: 'RollingUpdate', rollingUpdate }, ...spec },
});

const node = (name: string, taint?: string): Node => ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: taint ? { taints: [{ key: 'k', effect: taint }] } : {} });

function observe(nodes: readonly Node[], pods: Readonly<Record<string, readonly Pod[]>>, set = daemonSet()): Observed {
  return { daemonSet: set, nodes, podsByNode: new Map(Object.entries(pods)), hash: 'new', nowMs: NOW };
}

const named = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.name);

describe('which daemons come and go', () => {
  test.each<[string, Observed, { create?: string[]; delete?: string[]; failed?: string[]; succeeded?: string[] }]>([
    ['a node without one gets one', observe([node('a'), node('b')], { a: [pod('1')] }), { create: ['b'] }],
    ['a node whose taint they do not tolerate gets none', observe([node('a', 'NoSchedule')], {}), {}],
    ['one that is there stays for NoSchedule', observe([node('a', 'NoSchedule')], { a: [pod('1')] }), {}],
    ['one that is there goes for NoExecute', observe([node('a', 'NoExecute')], { a: [pod('1')] }), { delete: ['1'] }],
    ['one that is leaving is waited for', observe([node('a')], { a: [pod('1', { leaving: true })] }), {}],
    ['of two on a node the younger goes', observe([node('a')], { a: [pod('1', { age: 5 }), pod('2', { age: 50 })] }), { delete: ['1'] }],
    ['those that failed are told apart', observe([node('a')], { a: [pod('1', { phase: 'Failed' })] }), { failed: ['1'] }],
    ['those that came to an end are told apart', observe([node('a')], { a: [pod('1', { phase: 'Succeeded' })] }), { succeeded: ['1'] }],
    ['one meant for a node that is gone goes', observe([], { gone: [pod('1', { unbound: true })] }), { delete: ['1'] }],
    ['one on a node that is gone is for others to collect', observe([], { gone: [pod('1')] }), {}],
    ['while it surges the old one stays until the new one is available', observe([node('a')], { a: [pod('1', { hash: 'old' }), pod('2', { ready: false })] }, daemonSet({ maxSurge: 1, maxUnavailable: 0 })), {}],
    ['and goes then', observe([node('a')], { a: [pod('1', { hash: 'old' }), pod('2')] }, daemonSet({ maxSurge: 1, maxUnavailable: 0 })), { delete: ['1'] }],
    ['an old one that is not ready is not waited with', observe([node('a')], { a: [pod('1', { hash: 'old', ready: false }), pod('2', { ready: false })] }, daemonSet({ maxSurge: 1, maxUnavailable: 0 })), { delete: ['1'] }],
  ])('%s', (_name, observed, expected) => {
    const plan = planNodes(observed);
    expect({ create: plan.create, delete: named(plan.delete), failed: plan.failed.map(({ pod: { metadata } }) => metadata.name), succeeded: named(plan.succeeded) }).toEqual({ create: [], delete: [], failed: [], succeeded: [], ...expected });
  });
});

describe('the next step of a rolling update', () => {
  const three = [node('a'), node('b'), node('c')];
  const old = { hash: 'old' } as const;
  test.each<[string, Observed, { create?: string[]; delete?: string[] }]>([
    ['one at a time', observe(three, { a: [pod('1', old)], b: [pod('2', old)], c: [pod('3', old)] }), { delete: ['1'] }],
    ['as many as may be unavailable', observe(three, { a: [pod('1', old)], b: [pod('2', old)], c: [pod('3', old)] }, daemonSet({ maxUnavailable: '50%' })), { delete: ['1', '2'] }],
    ['none while a new one is not available', observe(three, { a: [pod('1', { ready: false })], b: [pod('2', old)], c: [pod('3', old)] }), {}],
    ['none while a node has none', observe(three, { b: [pod('2', old)], c: [pod('3', old)] }), {}],
    ['old ones that are not available at once', observe(three, { a: [pod('1', { ...old, ready: false })], b: [pod('2', { ...old, ready: false })], c: [pod('3', old)] }), { delete: ['1', '2'] }],
    ['nothing when all are new', observe(three, { a: [pod('1')], b: [pod('2')], c: [pod('3')] }), {}],
    ['new ones beside the old ones where it may surge', observe(three, { a: [pod('1', old)], b: [pod('2', old)], c: [pod('3', old)] }, daemonSet({ maxSurge: 2, maxUnavailable: 0 })), { create: ['a', 'b'] }],
    ['neither unavailable nor surging is one at a time', observe(three, { a: [pod('1', old)], b: [pod('2', old)], c: [pod('3', old)] }, daemonSet({ maxSurge: 0, maxUnavailable: 0 })), { delete: ['1'] }],
  ])('%s', (_name, observed, expected) => {
    const plan = planUpdate(observed);
    expect({ create: plan.create, delete: named(plan.delete) }).toEqual({ create: [], delete: [], ...expected });
  });
});

test('the status counts nodes by what is on them', () => {
  const observed = observe([node('a'), node('b'), node('c'), node('off', 'NoSchedule')], { a: [pod('1')], b: [pod('2', { hash: 'old', ready: false })], off: [pod('3')] });
  expect(statusOf(observed, 7)).toEqual({
    currentNumberScheduled: 2,
    numberMisscheduled: 1,
    desiredNumberScheduled: 3,
    numberReady: 1,
    observedGeneration: 7,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
  });
});
