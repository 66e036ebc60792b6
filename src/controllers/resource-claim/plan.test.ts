import type { Pod } from '../../api/types/core-v1.js';
import type { ResourceClaim, ResourceClaimTemplate } from '../../api/types/resource-v1.js';
import { claimFromTemplate, claimNameOf, isPodDone, needsReservation, remainingConsumers } from './plan.js';

const pod = (name: string, status: object = {}, change: object = {}): Pod =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns', uid: `uid-${name}`, ...change }, spec: { containers: [] }, status }) as Pod;
const claim = (status: object): ResourceClaim => ({ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name: 'c', namespace: 'ns' }, spec: {}, status }) as ResourceClaim;
const consumer = (name: string): object => ({ resource: 'pods', name, uid: `uid-${name}` });

test.each<[string, object, object, string | undefined]>([
  ['named by the pod', { resourceClaimName: 'own' }, {}, 'own'],
  ['not made yet', { resourceClaimTemplateName: 't' }, {}, ''],
  ['made', { resourceClaimTemplateName: 't' }, { resourceClaimStatuses: [{ name: 'e', resourceClaimName: 'p-e-abc' }] }, 'p-e-abc'],
  ['known not to be needed', { resourceClaimTemplateName: 't' }, { resourceClaimStatuses: [{ name: 'e' }] }, undefined],
])('a claim that is %s', (_, entry, status, expected) => {
  expect(claimNameOf(pod('p', status), { name: 'e', ...entry })).toBe(expected);
});

test('a claim from a template belongs to the pod and says what it is for', () => {
  const template = { metadata: { name: 't' }, spec: { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: { devices: {} } } } as unknown as ResourceClaimTemplate;
  expect(claimFromTemplate(pod('p'), 'e', template)).toMatchObject({
    metadata: { generateName: 'p-e-', namespace: 'ns', labels: { a: 'b' }, annotations: { c: 'd', 'resource.kubernetes.io/pod-claim-name': 'e' }, ownerReferences: [{ kind: 'Pod', name: 'p', uid: 'uid-p', controller: true }] },
    spec: { devices: {} },
  });
  const long = claimFromTemplate(pod('p'.repeat(60)), 'e'.repeat(60), template).metadata as { generateName?: string };
  expect(long.generateName).toMatch(/^p{28}-e+$/);
  expect(long.generateName?.length).toBeLessThanOrEqual(58);
});

test('consumers are kept while their pods may run; what is no pod is kept', () => {
  const pods = new Map([pod('runs'), pod('done', { phase: 'Succeeded' }), pod('new', {}, { uid: 'other' }), pod('cancelled', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })].map((one) => [one.metadata.name, one]));
  const group = { apiGroup: 'example.com', resource: 'things', name: 'x', uid: 'u' };
  const reservedFor = [consumer('runs'), consumer('done'), consumer('new'), consumer('gone'), consumer('cancelled'), group];
  expect(remainingConsumers(claim({ reservedFor }), (name) => pods.get(name))).toEqual([consumer('runs'), group]);
});

test.each<[string, object, boolean]>([
  ['not allocated', {}, false],
  ['allocated', { allocation: {} }, true],
  ['reserved for the pod', { allocation: {}, reservedFor: [consumer('p')] }, false],
  ['reserved for another', { allocation: {}, reservedFor: [consumer('q')] }, true],
  ['full', { allocation: {}, reservedFor: Array.from({ length: 256 }, (_, i) => consumer(`q${i}`)) }, false],
])('a claim that is %s is to be reserved: %#', (_, status, expected) => {
  expect(needsReservation(pod('p'), claim(status))).toBe(expected);
});

test('a pod is done when it has finished, or was deleted before it had a node', () => {
  const gone = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  expect([isPodDone(pod('p')), isPodDone(pod('p', { phase: 'Failed' })), isPodDone(pod('p', {}, gone)), isPodDone({ ...pod('p', {}, gone), spec: { containers: [], nodeName: 'n' } })]).toEqual([false, true, true, false]);
});
