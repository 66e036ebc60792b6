import type { Service } from '../../../api/types/core-v1.js';
import { externallyAccessible, isLoadBalancer, needsClusterIp, needsHealthCheckPort, needsNodePorts, nodePortsOf, sameClusterIps, sameFamilies } from './facts.js';

/**
 * How a Service's linked fields follow each other, so that clients which know only some of them, or send their
 * manifest again, get what they mean (pkg/registry/core/service).
 */

/** `clusterIPs` follows `clusterIP` where a client sets only that. */
export function linkClusterIps(service: Service, old: Service | undefined): void {
  const { spec } = service;
  const ip = spec.clusterIP ?? '';
  if (!old) {
    if (ip !== '' && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [ip];
    return;
  }
  const before = old.spec.clusterIP ?? '';
  if ((old.spec.clusterIPs ?? []).length > 0 && (spec.clusterIPs ?? []).length === 0 && before === ip) spec.clusterIPs = old.spec.clusterIPs;
  if (before === ip || !sameClusterIps(service, old)) return;
  if (before !== '' && ip === '') delete spec.clusterIPs;
  else spec.clusterIPs = [ip];
}

/** What was allocated and is left out now is kept. */
export function keepAllocated(service: Service, old: Service): void {
  const { spec } = service;
  if (needsClusterIp(old) && needsClusterIp(service)) {
    if (!spec.clusterIP && old.spec.clusterIP) spec.clusterIP = old.spec.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && (old.spec.clusterIPs ?? []).length > 0) spec.clusterIPs = old.spec.clusterIPs;
  }
  if (needsNodePorts(old) && needsNodePorts(service)) {
    const now = new Set(nodePortsOf(service));
    const used = new Set(nodePortsOf(old).filter((port) => now.has(port)));
    const byName = new Map((old.spec.ports ?? []).map((port) => [port.name ?? '', port.nodePort ?? 0]));
    for (const port of spec.ports ?? []) {
      const before = byName.get(port.name ?? '') ?? 0;
      if (!port.nodePort && before !== 0 && !used.has(before)) port.nodePort = before;
    }
  }
  if (needsHealthCheckPort(old) && needsHealthCheckPort(service) && !spec.healthCheckNodePort && old.spec.healthCheckNodePort) {
    spec.healthCheckNodePort = old.spec.healthCheckNodePort;
  }
}

/** What the new type has no use for goes, unless the client changed it as well: then validation tells. */
export function dropTypeFields(service: Service, old: Service): void {
  const { spec } = service;
  const left = (applies: (s: Service) => boolean): boolean => applies(old) && !applies(service);
  if (left(needsClusterIp)) {
    if ((old.spec.clusterIP ?? '') === (spec.clusterIP ?? '') && sameClusterIps(old, service)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (sameFamilies(old, service)) delete spec.ipFamilies;
    if (old.spec.ipFamilyPolicy === spec.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  const before = new Set(nodePortsOf(old));
  if (left(needsNodePorts) && nodePortsOf(service).every((port) => before.has(port))) for (const port of spec.ports ?? []) delete port.nodePort;
  if (left(needsHealthCheckPort) && (old.spec.healthCheckNodePort ?? 0) === (spec.healthCheckNodePort ?? 0)) delete spec.healthCheckNodePort;
  if (left(isLoadBalancer)) {
    if (spec.allocateLoadBalancerNodePorts === old.spec.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === old.spec.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (left(externallyAccessible) && (old.spec.externalTrafficPolicy ?? '') === (spec.externalTrafficPolicy ?? '')) delete spec.externalTrafficPolicy;
  if (!isLoadBalancer(service)) service.status = { ...service.status, loadBalancer: {} };
}
