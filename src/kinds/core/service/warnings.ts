import { Path, quote } from '../../../api/field.js';
import { warningsForCidr, warningsForIp } from '../../../api/ip.js';
import type { Service } from '../../../api/types/core-v1.js';
import { asksForHeadless, isExternalName } from './facts.js';

const SPEC = Path.of('spec');
const HINTS = 'service.kubernetes.io/topology-aware-hints';

export function warnings(service: Service): string[] {
  const { spec, metadata } = service;
  const { externalIPs = [], clusterIPs = [] } = spec;
  const headless = spec.type === 'ClusterIP' && asksForHeadless(service);
  const list: string[] = [];
  if (metadata.annotations?.[HINTS] !== undefined) list.push(`annotation ${HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  clusterIPs.forEach((ip, i) => list.push(...warningsForIp(SPEC.child('clusterIPs').index(i), ip)));
  if (headless) {
    if (spec.loadBalancerIP) list.push('spec.loadBalancerIP is ignored for headless services');
    if (externalIPs.length > 0) list.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') list.push('spec.SessionAffinity is ignored for headless services');
  }
  externalIPs.forEach((ip, i) => list.push(...warningsForIp(SPEC.child('externalIPs').index(i), ip)));
  if (externalIPs.length > 0 && !headless && !isExternalName(service)) list.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  if (spec.loadBalancerIP) list.push(...warningsForIp(SPEC.child('loadBalancerIP'), spec.loadBalancerIP));
  (spec.loadBalancerSourceRanges ?? []).forEach((range, i) => list.push(...warningsForCidr(SPEC.child('loadBalancerSourceRanges').index(i), range)));
  if (isExternalName(service) && externalIPs.length > 0) list.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternalName(service) && spec.externalName) list.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose') list.push(`spec.trafficDistribution: ${quote('PreferClose')} is deprecated; use ${quote('PreferSameZone')}`);
  return list;
}

export function statusWarnings(service: Service): string[] {
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, i) => (ip ? warningsForIp(Path.of('status', 'loadBalancer', 'ingress').index(i), ip) : []));
}
