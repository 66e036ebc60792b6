import type { Service } from '../api/types/core-v1.js';
import { countName } from './object-count.js';
import type { QuotaEvaluator } from './types.js';

const SERVICES = { group: '', resource: 'services' };
const NAMES = new Set([countName(SERVICES), 'services', 'services.loadbalancers', 'services.nodeports']);

/** Services cost load balancers and node ports, too; updates change what they want. */
export const serviceEvaluator: QuotaEvaluator<Service> = {
  resource: SERVICES,
  covers: (name) => NAMES.has(name),
  concerns: ({ subresource }) => subresource === '',
  usage(service) {
    const isBalanced = service.spec.type === 'LoadBalancer';
    return { [countName(SERVICES)]: '1', services: '1', 'services.loadbalancers': isBalanced ? '1' : '0', 'services.nodeports': String(nodePorts(service)) };
  },
};

/** The ports are not allocated yet: what counts is what the service asks for. */
function nodePorts({ spec }: Service): number {
  const ports = spec.ports ?? [];
  if (spec.type === 'NodePort') return ports.length;
  if (spec.type !== 'LoadBalancer') return 0;
  return spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort).length : ports.length;
}
