import { formatIp, parseCidr, type Cidr } from './api/ip.js';
import type { KubeObject } from './api/object.js';
import { formatTime } from './api/time.js';
import type { Endpoints } from './api/types/core-v1.js';
import type { EndpointSlice } from './api/types/discovery-v1.js';
import { deepEqual } from './base/freeze.js';
import type { RegistryDependencies } from './registry/dependencies.js';
import { seed } from './registry/seed.js';
import { factText } from './schema/facts.js';

export interface BootstrapOptions {
  /** CIDR whose first address is the API server's own Service. */
  readonly serviceClusterIpRange: string;
  /** PEM of the authority of client certificates, for extension API servers. */
  readonly clientCa: string;
}

/**
 * Makes what every cluster has from the start, and leaves alone what is there already: namespaces, the default roles
 * and their bindings, flow control, priority classes, APIServices of the built-in groups, the service range and the
 * Service of the API server. All of it is one write.
 */
export async function bootstrapObjects(registry: RegistryDependencies, options: BootstrapOptions): Promise<void> {
  const now = formatTime(registry.clock.now());
  const range = parseCidr(options.serviceClusterIpRange);
  if (!range) throw new Error(`${options.serviceClusterIpRange} is no CIDR block`);
  const values: Readonly<Record<string, string>> = {
    NOW: now,
    TODAY: now.slice(0, 10),
    CLIENT_CA: options.clientCa,
    SERVICE_CIDR: options.serviceClusterIpRange,
    SERVICE_IP: firstAddress(range),
    IP_FAMILY: `IPv${range.family}`,
  };
  const text = factText('bootstrap').replace(/"\$([A-Z_]+)"/g, (whole, name: string) => (name in values ? JSON.stringify(values[name]) : whole));
  await seed(registry, JSON.parse(text) as KubeObject[]);
}

/** The API server's Service has the first address of the range. */
function firstAddress({ family, network }: Cidr): string {
  return formatIp({ family, value: network + 1n });
}

/**
 * Tells clients in pods where the API server listens: the endpoints of the Service `kubernetes`, which no controller
 * keeps. Written once the server listens; nothing happens when they are right already.
 */
export async function publishApiServer(registry: RegistryDependencies, { ip, port }: { readonly ip: string; readonly port: number }): Promise<void> {
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  const endpoints: Endpoints = {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip }], ports }],
  };
  const slice: EndpointSlice = {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: 'kubernetes', namespace: 'default', generation: 1, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: ip.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [{ name: 'https', protocol: 'TCP', port }],
  };
  await replace(registry, 'core/endpoints/default/kubernetes', endpoints, ({ subsets }) => subsets);
  await replace(registry, 'discovery.k8s.io/endpointslices/default/kubernetes', slice, (known) => [known.endpoints, known.ports]);
}

/** Stores the object unless what `content` shows of it is there already. */
async function replace<T extends KubeObject>(registry: RegistryDependencies, key: string, object: T, content: (object: T) => unknown): Promise<void> {
  const known = registry.store.head(key);
  if (!known) return seed(registry, [object]);
  const old = known.object as T;
  if (deepEqual(content(old), content(object))) return;
  await registry.store.commit([{ key, expected: known.revision, object: { ...object, metadata: old.metadata } }]);
}
