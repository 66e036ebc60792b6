import type { Endpoints, EndpointSubset, Pod, Service } from '../../api/types/core-v1.js';
import { endpointChange } from './pod-endpoint.js';
import { wantedEndpoints } from './plan.js';
import { repackSubsets } from './repack-subsets.js';
import { TriggerTimes } from './trigger-time.js';

const service = (spec: Partial<NonNullable<Service['spec']>> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'ns', uid: 's', labels: { team: 'a' }, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { clusterIP: '10.96.0.1', ipFamilies: ['IPv4'], selector: { app: 'web' }, ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }], ...spec },
});
const pod = (name: string, ip: string, { ready = true, terminating = false, phase = 'Running', portName = 'web' } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, labels: { app: 'web' }, ...(terminating ? { deletionTimestamp: '2026-01-01T00:00:09Z' } : {}) },
  spec: { nodeName: 'node-0', containers: [{ name: 'c', image: 'i', ports: [{ name: portName, containerPort: 8080, protocol: 'TCP' }] }] },
  status: { phase, podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:05Z' }] },
});
const ips = (subset: EndpointSubset | undefined): unknown => [subset?.addresses?.map(({ ip }) => ip) ?? [], subset?.notReadyAddresses?.map(({ ip }) => ip) ?? []];

describe('subsets', () => {
  test('ports with the same addresses share a subset, addresses are sorted', () => {
    const address = (ip: string): EndpointSubset['addresses'] => [{ ip }];
    const packed = repackSubsets([
      { addresses: address('10.0.0.2'), ports: [{ port: 1 }] },
      { addresses: address('10.0.0.1'), ports: [{ port: 1 }] },
      { addresses: address('10.0.0.1'), ports: [{ port: 2 }] },
      { addresses: address('10.0.0.2'), ports: [{ port: 2 }] },
    ]);
    expect(packed).toHaveLength(1);
    expect(ips(packed[0])).toEqual([['10.0.0.1', '10.0.0.2'], []]);
    expect(packed[0]?.ports?.map(({ port }) => port).sort()).toEqual([1, 2]);
  });

  test('an address that is not ready in one place is not ready', () => {
    expect(ips(repackSubsets([{ addresses: [{ ip: '1.1.1.1' }], notReadyAddresses: [{ ip: '1.1.1.1' }], ports: [{ port: 1 }] }])[0])).toEqual([[], ['1.1.1.1']]);
  });
});

describe('the Endpoints of a Service', () => {
  test.each<[string, Partial<NonNullable<Service['spec']>>, Pod[], unknown]>([
    ['ready pods are in, others apart', {}, [pod('a', '10.0.0.1'), pod('b', '10.0.0.2', { ready: false })], [['10.0.0.1'], ['10.0.0.2']]],
    ['terminating and finished pods are out', {}, [pod('a', '10.0.0.1', { terminating: true }), pod('b', '10.0.0.2', { phase: 'Succeeded' })], [[], []]],
    ['all are in with publishNotReadyAddresses', { publishNotReadyAddresses: true }, [pod('a', '10.0.0.1', { ready: false }), pod('b', '10.0.0.2', { terminating: true })], [['10.0.0.1', '10.0.0.2'], []]],
    ['pods without the named port are out', {}, [pod('a', '10.0.0.1', { portName: 'other' })], [[], []]],
    ['a headless Service goes without ports', { clusterIP: 'None', ports: [] }, [pod('a', '10.0.0.1')], [['10.0.0.1'], []]],
    ['other families are out', { ipFamilies: ['IPv6'] }, [pod('a', '10.0.0.1')], [[], []]],
  ])('%s', (_, spec, pods, expected) => expect(ips(wantedEndpoints(service(spec), pods, undefined, undefined)?.subsets?.[0])).toEqual(expected));

  test('are labelled, stamped, and left alone when nothing changes', () => {
    const wanted = wantedEndpoints(service({ clusterIP: 'None' }), [pod('a', '10.0.0.1')], undefined, '2026-01-01T00:00:00Z') as Endpoints;
    expect(wanted.metadata).toEqual({
      name: 'web',
      namespace: 'ns',
      labels: { team: 'a', 'service.kubernetes.io/headless': '', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' },
    });
    expect(wanted.subsets?.[0]?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
    expect(wantedEndpoints(service({ clusterIP: 'None' }), [pod('a', '10.0.0.1')], wanted, undefined)).toBeUndefined();
    expect(wantedEndpoints(service({ clusterIP: 'None' }), [pod('a', '10.0.0.9')], wanted, undefined)?.metadata.annotations).toEqual({});
  });

  test('are cut at a thousand addresses, those not ready first', () => {
    const pods = Array.from({ length: 1200 }, (_, i) => pod(`p${i}`, `10.0.${i >> 8}.${i & 255}`, { ready: i < 900 }));
    const wanted = wantedEndpoints(service(), pods, undefined, undefined);
    expect([wanted?.subsets?.[0]?.addresses?.length, wanted?.subsets?.[0]?.notReadyAddresses?.length]).toEqual([900, 100]);
    expect(wanted?.metadata.annotations).toEqual({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
    expect(wantedEndpoints(service(), pods, wanted, undefined)).toBeUndefined();
  });
});

test('the trigger time is the Service itself first, then the earliest change of pods', () => {
  const times = new TriggerTimes();
  expect(times.next('ns/web', service(), [])).toBe('2026-01-01T00:00:00Z');
  expect(times.next('ns/web', service(), [pod('a', '10.0.0.1')])).toBe('2026-01-01T00:00:05Z');
  expect(times.next('ns/web', service(), [pod('a', '10.0.0.1')])).toBeUndefined();
});

test.each<[string, Partial<Pod>, { pod: boolean; membership: boolean }]>([
  ['nothing of interest', { metadata: { ...pod('a', '1.1.1.1').metadata, annotations: { x: 'y' } } }, { pod: false, membership: false }],
  ['labels', { metadata: { ...pod('a', '1.1.1.1').metadata, labels: {} } }, { pod: false, membership: true }],
  ['readiness', { status: { ...pod('a', '1.1.1.1').status, conditions: [] } }, { pod: true, membership: false }],
  ['the address', { status: { ...pod('a', '1.1.1.1').status, podIPs: [{ ip: '1.1.1.2' }] } }, { pod: true, membership: false }],
])('a change of %s', (_, change, expected) => expect(endpointChange(pod('a', '1.1.1.1'), { ...pod('a', '1.1.1.1'), ...change })).toEqual(expected));
