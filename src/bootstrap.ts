import { ApiError } from './api/errors.js';
import { apiVersionOf } from './api/gvk.js';
import type { KubeObject } from './api/object.js';
import type { Namespace, Service } from './api/types/core-v1.js';
import type { Client } from './client/types.js';

export interface BootstrapOptions {
  /** CIDR whose first address is the API server's own Service. */
  readonly serviceClusterIpRange: string;
}

const NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

/** Makes what every cluster has from the start, and leaves alone what is there already. */
export async function bootstrapObjects(client: Client, options: BootstrapOptions): Promise<void> {
  const namespaces = client.resource<Namespace>({ group: '', version: 'v1', resource: 'namespaces' });
  await Promise.all(NAMESPACES.map((name) => ensure(() => namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} }))));
  const services = client.resource<Service>({ group: '', version: 'v1', resource: 'services' });
  await ensure(() => services.create(kubernetesService(options.serviceClusterIpRange)));
}

async function ensure(create: () => Promise<KubeObject>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
  }
}

/** The Service by which programs in pods reach the API server: the first address of the range. */
function kubernetesService(range: string): Service {
  const [a = '10', b = '96', c = '0', d = '0'] = (range.split('/')[0] ?? '').split('.');
  return {
    apiVersion: apiVersionOf({ group: '', version: 'v1' }),
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP: `${a}.${b}.${c}.${Number(d) + 1}`,
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
  };
}
