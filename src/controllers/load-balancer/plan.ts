import type { Service } from '../../api/types/core-v1.js';

/** Where a Service is to be reached on this machine. */
export interface WantedListeners {
  /** The Service's own ports, for type LoadBalancer: it is an error when one cannot be had. */
  readonly balanced: readonly ListenerSpec[];
  /** Node ports: welcome where they are free. */
  readonly nodePorts: readonly ListenerSpec[];
}

export interface ListenerSpec {
  /** On localhost. */
  readonly port: number;
  /** Port of the cluster IP that connections are passed to. */
  readonly servicePort: number;
}

const NONE: WantedListeners = { balanced: [], nodePorts: [] };

/** Which ports of localhost a Service is to be found at; none once it is being deleted. */
export function planListeners(service: Service | undefined): WantedListeners {
  if (!service || service.metadata.deletionTimestamp) return NONE;
  const { type, clusterIP, loadBalancerClass, ports = [] } = service.spec ?? {};
  if (!clusterIP || clusterIP === 'None' || (type !== 'LoadBalancer' && type !== 'NodePort')) return NONE;
  const tcp = ports.filter((port) => (port.protocol ?? 'TCP') === 'TCP');
  const nodePorts = tcp.flatMap(({ port, nodePort }) => (nodePort ? [{ port: nodePort, servicePort: port }] : []));
  // Another implementation looks after Services that name a class.
  const balanced = type === 'LoadBalancer' && !loadBalancerClass ? tcp.map(({ port }) => ({ port, servicePort: port })) : [];
  return { balanced, nodePorts };
}

/** Whether this controller balances the Service. */
export function isBalanced(service: Service | undefined): boolean {
  return planListeners(service).balanced.length > 0;
}
