import { badRequest, notFound } from '../../../api/errors.js';
import type { Pod } from '../../../api/types/core-v1.js';
import type { ConnectRequest } from '../../../registry/subresource.js';
import { allContainers } from '../../shared/containers.js';

const PODS = { group: '', resource: 'pods' };

/** The pod that a request names. Throws ApiError 404. */
export function podOf({ verbs, namespace }: ConnectRequest, name: string): Pod {
  const pod = verbs.get(PODS, namespace, name) as Pod | undefined;
  if (!pod) throw notFound(PODS, name);
  return pod;
}

/** The container that a request means: the one it names, or the only one. Throws ApiError 400. */
export function chooseContainer(pod: Pod, asked: string): string {
  const { name } = pod.metadata;
  const containers = allContainers(pod.spec).map((container) => container.name);
  if (asked) {
    if (!containers.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const [only, ...others] = pod.spec.containers ?? [];
  if (!only) throw badRequest(`a container name must be specified for pod ${name}`);
  if (others.length > 0) throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]`);
  return only.name;
}

/** The node that a request to a pod's containers goes to. Throws ApiError 400 where there is none yet. */
export function hostOf(pod: Pod): string {
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return pod.spec.nodeName;
}
