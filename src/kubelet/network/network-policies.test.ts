import type { Namespace, Pod } from '../../api/types/core-v1.js';
import type { NetworkPolicy, NetworkPolicySpec } from '../../api/types/networking-v1.js';
import { FakeClock } from '../../base/fake-clock.js';
import { silentLogger } from '../../base/logger.js';
import { Informers } from '../../client/informers.js';
import { FakeApi } from '../testing/fake-api.js';
import { InformerServiceRouter } from './informer-service-router.js';
import { NetworkPolicies } from './network-policies.js';

const NODE = '172.18.0.2';
const OUTSIDE = '192.0.2.7';
/** Pods by name: namespace, address, labels. */
const PODS = { web: ['default', '10.244.0.2', { app: 'web' }], api: ['default', '10.244.0.3', { app: 'api' }], probe: ['tools', '10.244.0.4', { app: 'probe' }], other: ['tools', '10.244.0.5', { app: 'other' }] } as const;
type Name = keyof typeof PODS;
const ipOf = (who: string): string => (Object.hasOwn(PODS, who) ? PODS[who as Name][1] : who);

describe('network policies', () => {
  const clock = new FakeClock();
  let api: FakeApi;
  let informers: Informers;
  let policies: NetworkPolicies;

  beforeEach(async () => {
    api = new FakeApi(clock);
    informers = new Informers(api, { clock, logger: silentLogger });
    policies = new NetworkPolicies(informers, new InformerServiceRouter(informers, clock));
    await informers.start();
    const core = (resource: string) => ({ group: '', version: 'v1', resource });
    for (const [name, labels] of [['default', { team: 'a' }], ['tools', { team: 'b' }], ['kube-system', { 'kubernetes.io/metadata.name': 'kube-system' }]] as const) {
      await api.resource<Namespace>(core('namespaces')).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { ...labels } }, spec: {} });
    }
    for (const [name, [namespace, ip, labels]] of Object.entries(PODS)) {
      await api.resource<Pod>(core('pods')).create({
        apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels: { ...labels } },
        spec: { nodeName: 'node-0', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] }, status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
      });
    }
    api.put('nodes', 'ADDED', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-0', uid: 'n' }, status: { addresses: [{ type: 'InternalIP', address: NODE }] } } as never);
    await settle();
  });
  afterEach(() => informers.stop());

  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const apply = async (spec: NetworkPolicySpec, namespace = 'default', name = `p${Math.trunc(clock.now())}${namespace}${JSON.stringify(spec).length}`): Promise<void> => {
    await api.resource<NetworkPolicy>({ group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' }).create({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec });
    await settle();
  };
  const allowed = (from: string, to: string, port = 8080): boolean => policies.allows({ from: ipOf(from), to: ipOf(to), port, protocol: 'TCP' });

  test('without any everything is let through', () => {
    expect([allowed('api', 'web'), allowed('probe', 'web'), allowed(OUTSIDE, 'web'), allowed('web', OUTSIDE)]).toEqual([true, true, true, true]);
  });

  const web = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress' as const] };
  test.each<[string, NetworkPolicySpec, Record<string, boolean>]>([
    ['default deny of ingress, for the pods it selects', { podSelector: {}, policyTypes: ['Ingress'] }, { 'api>web': false, 'probe>web': false, [`${OUTSIDE}>web`]: false, 'web>probe': true, [`${NODE}>web`]: true, 'web>web': true }],
    ['pods of the same namespace', { ...web, ingress: [{ from: [{ podSelector: {} }] }] }, { 'api>web': true, 'probe>web': false, 'probe>api': true }],
    ['pods by label', { ...web, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }] }] }, { 'api>web': true, 'probe>web': false }],
    ['namespaces by label', { ...web, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }] }, { 'api>web': false, 'probe>web': true, 'other>web': true }],
    ['pods and namespaces together', { ...web, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'b' } }, podSelector: { matchLabels: { app: 'probe' } } }] }] }, { 'probe>web': true, 'other>web': false }],
    ['one or the other', { ...web, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }, { podSelector: { matchLabels: { app: 'api' } } }] }] }, { 'api>web': true, 'other>web': true, [`${OUTSIDE}>web`]: false }],
    ['an empty rule, which lets all through', { ...web, ingress: [{}] }, { 'probe>web': true, [`${OUTSIDE}>web`]: true }],
    ['blocks of addresses with exceptions', { ...web, ingress: [{ from: [{ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.0/30'] } }] }] }, { [`${OUTSIDE}>web`]: true, '192.0.2.1>web': false, 'api>web': false }],
    ['ports by number', { ...web, ingress: [{ ports: [{ port: 80 }] }] }, { 'api>web:80': true, 'api>web:8080': false }],
    ['ports by name', { ...web, ingress: [{ ports: [{ port: 'http' }] }] }, { 'api>web:80': false, 'api>web:8080': true }],
    ['ranges of ports', { ...web, ingress: [{ ports: [{ port: 8000, endPort: 8090 }] }] }, { 'api>web:7999': false, 'api>web:8000': true, 'api>web:8090': true, 'api>web:8091': false }],
    ['ports of another protocol', { ...web, ingress: [{ ports: [{ protocol: 'UDP', port: 8080 }] }] }, { 'api>web': false }],
    ['default deny of egress', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'] }, { 'web>api': false, [`web>${OUTSIDE}`]: false, 'api>web': true }],
    ['egress to pods and ports', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'], egress: [{ to: [{ podSelector: { matchLabels: { app: 'api' } } }], ports: [{ port: 'http' }] }] }, { 'web>api': true, 'web>api:80': false, 'web>probe': false }],
    ['egress by address', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }] }, { [`web>${OUTSIDE}`]: true, 'web>198.51.100.1': false }],
  ])('with %s', async (_what, spec, expected) => {
    await apply(spec);
    const found = Object.fromEntries(Object.keys(expected).map((key) => {
      const [, from = '', to = '', port] = /^(.*)>([^:]*)(?::(\d+))?$/.exec(key) ?? [];
      return [key, allowed(from, to, port === undefined ? undefined : Number(port))];
    }));
    expect(found).toEqual(expected);
  });

  test('policies add up: one that lets through is enough', async () => {
    await apply({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expect(allowed('api', 'web')).toBe(false);
    await apply({ ...web, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }] }] });
    expect(allowed('api', 'web')).toBe(false);
    await apply({ podSelector: { matchLabels: { app: 'api' } }, policyTypes: ['Egress'], egress: [{ to: [{ podSelector: { matchLabels: { app: 'web' } } }] }] });
    expect(allowed('api', 'web')).toBe(true);
    expect(allowed('web', 'api')).toBe(false);
  });

  test('the cluster\'s DNS is behind egress policies as a pod of kube-system', async () => {
    const dns = (who: Name): boolean => policies.allowsDns(ipOf(who), '10.96.0.10');
    await apply({ podSelector: {}, policyTypes: ['Egress'] });
    expect([dns('web'), dns('probe')]).toEqual([false, true]);
    await apply({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } }, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }], ports: [{ protocol: 'UDP', port: 53 }] }] });
    expect(dns('web')).toBe(true);
    expect(allowed('web', 'api')).toBe(false);
  });
});
