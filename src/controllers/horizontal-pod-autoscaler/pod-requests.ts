import { effectiveResources } from '../../api/pod-resources.js';
import { Quantity } from '../../api/quantity.js';
import type { Pod } from '../../api/types/core-v1.js';

/**
 * What each pod (or one container of it) requests of a resource, in thousandths, by the pod's name. Throws an Error that
 * says which container requests nothing: there is no utilization of it then. Pure.
 */
export function podRequests(pods: readonly Pod[], container: string, resource: string): ReadonlyMap<string, bigint> {
  return new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, container, resource)]));
}

function requestOf(pod: Pod, container: string, resource: string): bigint {
  const { name } = pod.metadata;
  const { containers, initContainers = [], resources } = pod.spec;
  // Requests of the pod as a whole take the place of its containers' (KEP-2837), unless one container is meant.
  if (container === '' && Object.keys(resources?.requests ?? {}).length > 0) {
    const request = effectiveResources(pod.spec, 'requests')[resource];
    if (request === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${name}`);
    return Quantity.parse(request).milliValue();
  }
  let total = 0n;
  for (const one of [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]) {
    if (container !== '' && container !== one.name) continue;
    const request = one.resources?.requests?.[resource];
    if (request === undefined) throw new Error(`missing request for ${resource} in container ${one.name} of Pod ${name}`);
    total += Quantity.parse(request).milliValue();
    if (container === one.name) return total;
  }
  if (container !== '') throw new Error(`container ${container} not found in Pod ${name}`);
  return total;
}
