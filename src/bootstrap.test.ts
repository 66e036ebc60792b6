import { parseApiVersion } from './api/gvk.js';
import type { KubeObject } from './api/object.js';
import { FakeClock } from './base/fake-clock.js';
import { RandomIds } from './base/ids.js';
import { silentLogger } from './base/logger.js';
import { bootstrapObjects, publishApiServer } from './bootstrap.js';
import type { KindEnvironment } from './kinds/environment.js';
import { builtinKinds } from './kinds/index.js';
import { KindCatalogue } from './registry/catalogue.js';
import type { RegistryDependencies } from './registry/dependencies.js';
import { definitionOf } from './schema/catalogue.js';
import { factText, loadFact } from './schema/facts.js';
import { canonical } from './schema/typed.js';
import { openStore, type Store } from './storage/index.js';

const OPTIONS = { serviceClusterIpRange: '10.20.0.0/24', clientCa: 'PEM\n"quoted"\n' };

async function newRegistry(): Promise<RegistryDependencies & { store: Store }> {
  const clock = new FakeClock(Date.parse('2026-01-02T03:04:05Z'));
  const store = await openStore({ engine: 'memory', clock, logger: silentLogger });
  const environment = { serviceClusterIpRange: OPTIONS.serviceClusterIpRange, serviceNodePortRange: [30000, 32767] } as unknown as KindEnvironment;
  return { store, clock, ids: new RandomIds(), catalogue: new KindCatalogue(builtinKinds(environment)), logger: silentLogger } as unknown as RegistryDependencies & { store: Store };
}

test('a new cluster gets everything in one write', async () => {
  const registry = await newRegistry();
  const before = registry.store.revision;
  await bootstrapObjects(registry, OPTIONS);
  expect(registry.store.revision).toBe(before + 1);
  expect(registry.store.count('')).toBe((loadFact('bootstrap') as unknown[]).length);
  expect(registry.store.count('rbac.authorization.k8s.io/clusterroles/')).toBe(69);
  await registry.store.close();
});

test('objects are stamped with uid, time and the values of the cluster', async () => {
  const registry = await newRegistry();
  await bootstrapObjects(registry, OPTIONS);
  const namespace = registry.store.get('core/namespaces/kube-system')?.object;
  expect(namespace?.metadata).toMatchObject({ creationTimestamp: '2026-01-02T03:04:05Z', uid: expect.stringMatching(/^[0-9a-f-]{36}$/), labels: { 'kubernetes.io/metadata.name': 'kube-system' } });
  expect(namespace?.metadata.managedFields?.[0]).toMatchObject({ manager: 'kube-apiserver', time: '2026-01-02T03:04:05Z' });
  expect(registry.store.get('core/services/default/kubernetes')?.object).toMatchObject({ spec: { clusterIP: '10.20.0.1', clusterIPs: ['10.20.0.1'] } });
  expect(registry.store.get('networking.k8s.io/ipaddresses/10.20.0.1')).toBeDefined();
  expect(registry.store.get('networking.k8s.io/servicecidrs/kubernetes')?.object).toMatchObject({ spec: { cidrs: ['10.20.0.0/24'] } });
  expect(registry.store.get('core/configmaps/kube-system/extension-apiserver-authentication')?.object).toMatchObject({ data: { 'client-ca-file': OPTIONS.clientCa } });
  expect(registry.store.list('').some(({ json }) => /"\$[A-Z_]+"/.test(json.toString()))).toBe(false);
  await registry.store.close();
});

test('a second start writes nothing but what has gone', async () => {
  const registry = await newRegistry();
  await bootstrapObjects(registry, OPTIONS);
  const before = registry.store.revision;
  const uid = registry.store.get('core/namespaces/default')?.object.metadata.uid;
  await bootstrapObjects(registry, OPTIONS);
  expect(registry.store.revision).toBe(before);
  await registry.store.commit([{ key: 'rbac.authorization.k8s.io/clusterroles/view', object: null }]);
  await bootstrapObjects(registry, OPTIONS);
  expect(registry.store.get('rbac.authorization.k8s.io/clusterroles/view')).toBeDefined();
  expect(registry.store.get('core/namespaces/default')?.object.metadata.uid).toBe(uid);
  await registry.store.close();
});

test('the endpoints of the API server follow its port', async () => {
  const registry = await newRegistry();
  const ports = (): unknown => ['core/endpoints/default/kubernetes', 'discovery.k8s.io/endpointslices/default/kubernetes'].map((key) => {
    const object = registry.store.get(key)?.object as unknown as { subsets?: Array<{ ports: Array<{ port: number }> }>; ports?: Array<{ port: number }> };
    return (object.subsets?.[0]?.ports ?? object.ports)?.[0]?.port;
  });
  await publishApiServer(registry, { ip: '192.0.2.1', port: 6443 });
  expect(ports()).toEqual([6443, 6443]);
  const before = registry.store.revision;
  await publishApiServer(registry, { ip: '192.0.2.1', port: 6443 });
  expect(registry.store.revision).toBe(before);
  await publishApiServer(registry, { ip: '192.0.2.1', port: 7443 });
  expect(ports()).toEqual([7443, 7443]);
  await registry.store.close();
});

test('the facts are whole objects of known kinds in canonical form', () => {
  for (const object of JSON.parse(factText('bootstrap').replaceAll('$NOW', '2026-01-01T00:00:00Z')) as KubeObject[]) {
    const definition = definitionOf({ ...parseApiVersion(object.apiVersion), kind: object.kind });
    expect(definition).toBeDefined();
    expect(JSON.stringify(canonical(definition ?? '', object as unknown as Record<string, unknown>))).toBe(JSON.stringify(object));
  }
});
