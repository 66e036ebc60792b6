import type { KubeObject } from '../api/object.js';
import type { ResourceQuota } from '../api/types/core-v1.js';
import { matchesQuota, quotaEvaluator, quotaUsage } from './index.js';

const NOW = Date.parse('2030-01-01T00:01:00Z');

const object = (kind: string, rest: Record<string, unknown> = {}): KubeObject => ({ apiVersion: 'v1', kind, metadata: { name: 'x' }, ...rest }) as KubeObject;
const pod = (status: Record<string, unknown> = {}, spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): KubeObject =>
  object('Pod', {
    metadata: { name: 'x', ...metadata },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '1' } } }], ...spec },
    status: { phase: 'Running', qosClass: 'Burstable', ...status },
  });
const quota = (hard: Record<string, string>, spec: Partial<ResourceQuota['spec']> = {}): ResourceQuota =>
  ({ ...object('ResourceQuota'), spec: { hard, ...spec }, status: { hard } }) as unknown as ResourceQuota;

describe('what a pod costs', () => {
  const usage = (one: KubeObject): unknown => quotaEvaluator({ group: '', resource: 'pods' })?.usage(one, NOW);
  const full = { 'count/pods': '1', pods: '1', cpu: '100m', 'requests.cpu': '100m', memory: '1Gi', 'requests.memory': '1Gi', 'limits.cpu': '1' };

  test.each<[string, KubeObject, unknown]>([
    ['while it runs', pod(), full],
    ['when it has succeeded', pod({ phase: 'Succeeded' }), { 'count/pods': '1' }],
    ['when it has failed', pod({ phase: 'Failed' }), { 'count/pods': '1' }],
    ['while it goes', pod({}, {}, { deletionTimestamp: '2030-01-01T00:00:45Z', deletionGracePeriodSeconds: 30 }), full],
    ['when it should be gone', pod({}, {}, { deletionTimestamp: '2030-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }), { 'count/pods': '1' }],
    ['with overhead', pod({}, { overhead: { cpu: '50m', memory: '1Gi' } }), { ...full, cpu: '150m', 'requests.cpu': '150m', memory: '2Gi', 'requests.memory': '2Gi', 'limits.cpu': '1050m' }],
    [
      'while it is being made smaller',
      pod({ containerStatuses: [{ name: 'c', resources: { requests: { cpu: '300m' }, limits: { cpu: '2' } }, allocatedResources: { cpu: '200m' } }] }),
      { ...full, cpu: '300m', 'requests.cpu': '300m', 'limits.cpu': '2' },
    ],
    [
      'when it cannot be made bigger',
      pod({
        conditions: [{ type: 'PodResizePending', reason: 'Infeasible', status: 'True' }],
        containerStatuses: [{ name: 'c', resources: { requests: { cpu: '50m' }, limits: { cpu: '60m' } }, allocatedResources: { cpu: '50m' } }],
      }),
      { 'count/pods': '1', pods: '1', cpu: '50m', 'requests.cpu': '50m', 'limits.cpu': '60m' },
    ],
    [
      'with devices and huge pages',
      pod({}, { containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '2', 'hugepages-2Mi': '2Mi' } } }] }),
      { 'count/pods': '1', pods: '1', 'requests.example.com/gpu': '2', 'hugepages-2Mi': '2Mi', 'requests.hugepages-2Mi': '2Mi' },
    ],
  ])('%s', (_title, one, expected) => {
    expect(usage(one)).toEqual(expected);
  });
});

describe('what a claim for devices costs', () => {
  const usage = (requests: unknown[]): unknown =>
    quotaEvaluator({ group: 'resource.k8s.io', resource: 'resourceclaims' })?.usage(object('ResourceClaim', { spec: { devices: { requests } } }), NOW);
  const exactly = (deviceClassName: string, count: number): object => ({ deviceClassName, allocationMode: 'ExactCount', count });

  test.each<[string, unknown[], unknown]>([
    ['nothing', [], {}],
    ['two classes', [{ exactly: exactly('a', 2) }, { exactly: exactly('b', 1) }, { exactly: exactly('a', 3) }], { a: '5', b: '1' }],
    ['all devices', [{ exactly: { deviceClassName: 'a', allocationMode: 'All' } }], { a: '32' }],
    ['alternatives', [{ firstAvailable: [exactly('a', 2), exactly('a', 4), exactly('b', 1)] }], { a: '4', b: '1' }],
  ])('%s', (_title, requests, classes) => {
    const expected = Object.entries(classes as Record<string, string>).map(([name, amount]) => [`${name}.deviceclass.resource.k8s.io/devices`, amount]);
    expect(usage(requests)).toEqual({ 'count/resourceclaims.resource.k8s.io': '1', ...Object.fromEntries(expected) });
  });
});

describe('a quota counted anew', () => {
  const objects: Record<string, KubeObject[]> = {
    pods: [pod(), pod({ phase: 'Succeeded' }), pod({ qosClass: 'BestEffort' }, { containers: [{ name: 'c' }] })],
    configmaps: [object('ConfigMap'), object('ConfigMap')],
    deployments: [object('Deployment')],
    persistentvolumeclaims: [object('PersistentVolumeClaim', { spec: { storageClassName: 'gold', resources: { requests: { storage: '1Gi' } } }, status: { allocatedResources: { storage: '2Gi' } } })],
    services: [object('Service', { spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 1, nodePort: 30_000 }, { port: 2 }] } })],
    events: [object('Event')],
  };
  const count = (one: ResourceQuota): unknown => quotaUsage(one, ({ resource }) => objects[resource], NOW);

  test.each<[string, ResourceQuota, unknown]>([
    ['pods', quota({ pods: '9', 'count/pods': '9', cpu: '1', 'requests.memory': '1Gi', 'limits.memory': '1Gi' }), { pods: '2', 'count/pods': '3', cpu: '100m', 'requests.memory': '1Gi', 'limits.memory': '0' }],
    ['pods of a scope', quota({ pods: '9' }, { scopes: ['BestEffort'] }), { pods: '1' }],
    ['a scope that pods alone have', quota({ pods: '9', configmaps: '9' }, { scopes: ['NotBestEffort'] }), { pods: '1', configmaps: '0' }],
    ['counts of resources', quota({ configmaps: '1', 'count/configmaps': '1', 'count/deployments.apps': '1' }), { configmaps: '2', 'count/configmaps': '2', 'count/deployments.apps': '1' }],
    ['what does not exist, or is free', quota({ 'count/foos.example.com': '1', 'example.com/x': '1', 'count/events': '1' }), {}],
    ['claims', quota({ 'requests.storage': '1', 'gold.storageclass.storage.k8s.io/requests.storage': '1', 'silver.storageclass.storage.k8s.io/persistentvolumeclaims': '1' }), { 'requests.storage': '2Gi', 'gold.storageclass.storage.k8s.io/requests.storage': '2Gi', 'silver.storageclass.storage.k8s.io/persistentvolumeclaims': '0' }],
    ['services', quota({ services: '1', 'services.nodeports': '1', 'services.loadbalancers': '1' }), { services: '1', 'services.nodeports': '1', 'services.loadbalancers': '1' }],
  ])('%s', (_title, one, expected) => {
    expect(count(one)).toEqual(expected);
  });

  test('nothing counts towards a quota that its controller has not seen', () => {
    const evaluator = quotaEvaluator({ group: '', resource: 'configmaps' });
    const unseen = { ...quota({ configmaps: '1' }), status: {} };
    expect(evaluator && matchesQuota(unseen, evaluator, object('ConfigMap'))).toBe(false);
  });
});
