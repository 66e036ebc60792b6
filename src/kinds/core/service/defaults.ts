import type { Service } from '../../../api/types/core-v1.js';
import { externallyAccessible, isExternalName, isLoadBalancer } from './facts.js';

/** Seconds for which a client sticks to a pod: three hours. */
const AFFINITY_SECONDS = 10_800;
const INTERNAL_POLICIES = new Set(['Cluster', 'Local']);

export function defaults(service: Service): void {
  service.spec ??= {};
  const { spec } = service;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
  }
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  if (externallyAccessible(service)) spec.externalTrafficPolicy ||= 'Cluster';
  if (['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec.type)) spec.internalTrafficPolicy ??= 'Cluster';
  if (isLoadBalancer(service)) {
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
  }
  // Older servers defaulted it where it has no meaning: nobody sees it there. What it may not be is left for validation to refuse.
  if (isExternalName(service) && INTERNAL_POLICIES.has(spec.internalTrafficPolicy ?? '')) delete spec.internalTrafficPolicy;
}
