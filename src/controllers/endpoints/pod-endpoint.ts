import { formatIp, parseIp } from '../../api/ip.js';
import type { Pod, Service, ServicePort } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';

/** What a pod means to the Services that select it (k8s.io/endpointslice/util). Pure. */

export function isPodReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

export function readyCondition(pod: Pod): { status: string; lastTransitionTime?: string | undefined } | undefined {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready');
}

/** Whether a pod has an address to offer. Endpoints leave pods out that are on their way out, slices mark them. */
export function hasEndpoint(pod: Pod, includeTerminating: boolean): boolean {
  const { phase, podIP, podIPs } = pod.status ?? {};
  if (phase === 'Failed' || phase === 'Succeeded') return false;
  if (!podIP && !podIPs?.length) return false;
  return includeTerminating || !pod.metadata.deletionTimestamp;
}

/** The pod's addresses of a family, in canonical form. */
export function podAddresses(pod: Pod, family: 4 | 6): string[] {
  return (pod.status?.podIPs ?? []).flatMap(({ ip }) => {
    const parsed = parseIp(ip ?? '');
    return parsed?.family === family ? [formatIp(parsed)] : [];
  });
}

/** The host name by which DNS knows the pod within the Service (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/). */
export function hostnameWithin(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace ? hostname : undefined;
}

/** The number behind a Service's port on a pod: by name among its containers and sidecars; undefined when it has none. */
export function findPort(pod: Pod, { targetPort, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof targetPort !== 'string') return targetPort;
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')];
  for (const { ports } of containers) {
    const found = ports?.find((port) => port.name === targetPort && (port.protocol ?? 'TCP') === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

export function isHeadless({ spec }: Service): boolean {
  return !spec?.clusterIP || spec.clusterIP === 'None';
}

/** Whether a change of a pod can change endpoints (`pod`), or which Services it belongs to (`membership`). */
export function endpointChange(old: Pod, pod: Pod): { readonly pod: boolean; readonly membership: boolean } {
  const membership = !deepEqual(old.metadata.labels, pod.metadata.labels) || old.spec.hostname !== pod.spec.hostname || old.spec.subdomain !== pod.spec.subdomain;
  const changed =
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    isPodReady(old) !== isPodReady(pod) ||
    isFinished(old) !== isFinished(pod) ||
    !deepEqual(old.status?.podIPs, pod.status?.podIPs);
  return { pod: changed, membership };
}

function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}
