import type { Node, Pod, Service } from '../../api/types/core-v1.js';
import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import { planMirror } from '../endpoint-slice-mirroring/plan.js';
import { planSlices } from './plan.js';

const service = (extra: Partial<NonNullable<Service['spec']>> = {}, labels: Record<string, string> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'ns', uid: 's', labels },
  spec: { clusterIP: '10.96.0.1', ipFamilies: ['IPv4'], selector: { app: 'web' }, ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }], ...extra },
});
const pod = (i: number, { ready = true, terminating = false } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `p${i}`, namespace: 'ns', uid: `u${i}`, ...(terminating ? { deletionTimestamp: '2026-01-01T00:00:09Z' } : {}) },
  spec: { nodeName: 'node-0', containers: [{ name: 'c', image: 'i' }] },
  status: { phase: 'Running', podIP: `10.0.0.${i}`, podIPs: [{ ip: `10.0.0.${i}` }], conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const node: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-0', labels: { 'topology.kubernetes.io/zone': 'zone-a' } }, spec: {} };
const plan = (s: Service, pods: Pod[], slices: EndpointSlice[] = []): ReturnType<typeof planSlices> =>
  planSlices({ service: s, pods, slices, node: (name) => (name === 'node-0' ? node : undefined), triggerTime: undefined });
const named = (slices: readonly EndpointSlice[]): EndpointSlice[] => slices.map((slice, i) => ({ ...slice, metadata: { ...slice.metadata, name: slice.metadata.name || `web-${i}` } }));
const range = (n: number): Pod[] => Array.from({ length: n }, (_, i) => pod(i + 1));

describe('slices of a Service', () => {
  test('an endpoint says where it is and how it does', () => {
    const { create } = plan(service(), [pod(1), pod(2, { ready: false }), pod(3, { terminating: true })]);
    expect(create).toHaveLength(1);
    expect(create[0]?.endpoints?.map(({ conditions }) => conditions)).toEqual([
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: false, terminating: false },
      { ready: false, serving: true, terminating: true },
    ]);
    expect(create[0]?.endpoints?.[0]).toMatchObject({ nodeName: 'node-0', zone: 'zone-a', targetRef: { kind: 'Pod', name: 'p1', namespace: 'ns', uid: 'u1' } });
    expect(create[0]).toMatchObject({ metadata: { generateName: 'web-', labels: { 'kubernetes.io/service-name': 'web' } }, ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] });
  });

  test('nothing changes where nothing has changed', () => {
    const slices = named(plan(service(), range(3)).create);
    expect(plan(service(), range(3), slices)).toMatchObject({ create: [], update: [], delete: [] });
  });

  test('there is an empty slice where there are no endpoints, and it stays', () => {
    const { create } = plan(service(), []);
    expect(create.map(({ endpoints, ports }) => [endpoints, ports])).toEqual([[[], []]]);
    expect(plan(service(), [], named(create))).toMatchObject({ create: [], update: [], delete: [] });
  });

  test('the empty slice becomes that of the first endpoints', () => {
    const empty = named(plan(service(), []).create);
    const { create, update, delete: gone } = plan(service(), range(1), empty);
    expect([create.length, update.map(({ metadata }) => [metadata.name, metadata.generateName]), gone.length]).toEqual([0, [['web-0', 'web-']], 0]);
  });

  test('a slice takes a hundred endpoints', () => {
    const { create } = plan(service(), range(250));
    expect(create.map(({ endpoints }) => endpoints?.length)).toEqual([100, 100, 50]);
    const slices = named(create);
    const more = plan(service(), range(251), slices);
    expect([more.create.length, more.update.map(({ metadata, endpoints }) => [metadata.name, endpoints?.length])]).toEqual([0, [['web-2', 51]]]);
  });

  test('labels follow the Service', () => {
    const slices = named(plan(service(), range(1)).create);
    expect(plan(service({}, { team: 'a' }), range(1), slices).update[0]?.metadata.labels).toMatchObject({ team: 'a', 'kubernetes.io/service-name': 'web' });
  });

  test('pods on nodes that are not known come later', () => {
    const stray = { ...pod(1), spec: { ...pod(1).spec, nodeName: 'node-9' } };
    expect(plan(service(), [stray]).skipped).toEqual([stray]);
    expect(plan(service({ publishNotReadyAddresses: true }), [stray]).create[0]?.endpoints).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ['PreferClose', { forZones: [{ name: 'zone-a' }] }],
    ['PreferSameNode', { forNodes: [{ name: 'node-0' }], forZones: [{ name: 'zone-a' }] }],
  ])('traffic distribution %s gives hints, and its end takes them away', (trafficDistribution, hints) => {
    const slices = named(plan(service({ trafficDistribution }), range(1)).create);
    expect(slices[0]?.endpoints?.[0]?.hints).toEqual(hints);
    expect(plan(service({ trafficDistribution }), range(1), slices).update).toEqual([]);
    expect(plan(service(), range(1), slices).update[0]?.endpoints?.[0]?.hints).toBeUndefined();
  });
});

describe('mirrors of Endpoints', () => {
  const endpoints = (ips: string[], notReady: string[] = []): Parameters<typeof planMirror>[0] => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'db', namespace: 'ns', uid: 'e', labels: { a: 'b' }, annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': 'x', keep: 'y' } },
    subsets: [{ addresses: ips.map((ip) => ({ ip })), notReadyAddresses: notReady.map((ip) => ({ ip })), ports: [{ port: 5432 }] }],
  });

  test('a slice for each family', () => {
    const { create, invalid } = planMirror(endpoints(['192.0.2.1', '2001:db8::1'], ['192.0.2.2']), []);
    expect(create.map(({ addressType, endpoints: list }) => [addressType, list?.map((e) => [e.addresses[0], e.conditions?.ready])])).toEqual([
      ['IPv4', [['192.0.2.1', true], ['192.0.2.2', false]]],
      ['IPv6', [['2001:db8::1', true]]],
    ]);
    expect([invalid, create[0]?.metadata.annotations, create[0]?.metadata.labels?.['a']]).toEqual([0, { keep: 'y' }, 'b']);
    expect(planMirror(endpoints(['192.0.2.1', '2001:db8::1'], ['192.0.2.2']), named(create))).toMatchObject({ create: [], update: [], delete: [] });
  });

  test('what is no address is counted and left out', () => expect(planMirror(endpoints(['nonsense', '192.0.2.1']), [])).toMatchObject({ invalid: 1, skipped: 1 }));

  test('slices go with the addresses', () => {
    const slices = named(planMirror(endpoints(['192.0.2.1']), []).create);
    expect(planMirror({ ...endpoints([]), subsets: [] }, slices).delete).toEqual(slices);
  });
});
