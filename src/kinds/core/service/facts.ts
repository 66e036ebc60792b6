import type { Service } from '../../../api/types/core-v1.js';

/** What the type of a Service and its other fields mean for each other (pkg/api/service, pkg/registry/core/service). */

export const NONE = 'None';

export const isExternalName = ({ spec }: Service): boolean => spec.type === 'ExternalName';
export const isLoadBalancer = ({ spec }: Service): boolean => spec.type === 'LoadBalancer';
export const needsClusterIp = (service: Service): boolean => !isExternalName(service);
export const needsNodePorts = ({ spec }: Service): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';
export const isHeadless = ({ spec }: Service): boolean => spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === NONE;
/** Headless by what the client wrote, before `clusterIPs` is derived. */
export const asksForHeadless = ({ spec }: Service): boolean => spec.clusterIP === NONE;
export const hasSelector = ({ spec }: Service): boolean => Object.keys(spec.selector ?? {}).length > 0;

/** Whether traffic from outside the cluster reaches the Service, so that externalTrafficPolicy means something. */
export const externallyAccessible = (service: Service): boolean => needsNodePorts(service) || (service.spec.type === 'ClusterIP' && (service.spec.externalIPs ?? []).length > 0);
/** Load balancers ask this port of a node whether it has a pod of the Service. */
export const needsHealthCheckPort = ({ spec }: Service): boolean => spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
/** Whether ports that name no node port get one. */
export const allocatesNodePorts = ({ spec }: Service): boolean => spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

export const sameList = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean => (a ?? []).length === (b ?? []).length && (a ?? []).every((value, i) => value === b?.[i]);
export const sameClusterIps = (a: Service, b: Service): boolean => sameList(a.spec.clusterIPs, b.spec.clusterIPs);
export const sameFamilies = (a: Service, b: Service): boolean => sameList(a.spec.ipFamilies, b.spec.ipFamilies);

export const nodePortsOf = ({ spec }: Service): number[] => (spec.ports ?? []).flatMap((port) => (port.nodePort ? [port.nodePort] : []));

/** The cluster IPs that it holds. */
export const addressesOf = (service: Service): readonly string[] => (isExternalName(service) || isHeadless(service) ? [] : (service.spec.clusterIPs ?? []));
