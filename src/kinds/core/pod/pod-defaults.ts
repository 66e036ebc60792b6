import { containerResources } from '../../../api/pod-resources.js';
import { isHugePages } from '../../../api/resource-names.js';
import type { Pod, PodSpec } from '../../../api/types/core-v1.js';
import { dropInitContainerAnnotations, podSpecDefaults } from '../../shared/pod-spec-defaults.js';
import type { ResourceList } from '../../shared/resource-list.js';
import { isOvercommitAllowed, isPodLevelResource } from '../../shared/resource-names.js';

/** Fills in what a pod leaves out: what its spec has as a template too, and what only pods get. Idempotent. */
export function podDefaults(pod: Pod): void {
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const limits = container.resources?.limits;
    if (!container.resources || !limits || Object.keys(limits).length === 0) continue;
    container.resources.requests = { ...limits, ...container.resources.requests };
  }
  podResourceDefaults(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
      for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
    }
  }
  podSpecDefaults(spec);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  dropInitContainerAnnotations(pod.metadata.annotations);
  mirrorPodIps(pod);
}

/** Requests of the pod as a whole follow from its containers' and from its limits (KEP-2837). */
function podResourceDefaults(spec: PodSpec): void {
  const { resources } = spec;
  if (!resources) return;
  const { limits = {}, requests = {} } = resources;
  if (Object.keys(limits).length + Object.keys(requests).length > 0) {
    const hugePages = missing(containerResources(spec, 'limits'), limits, (name) => isHugePages(name) && !Object.hasOwn(requests, name));
    if (Object.keys(hugePages).length > 0) resources.limits = { ...limits, ...hugePages };
  }
  if (Object.keys(resources.limits ?? {}).length === 0) return;
  const fromContainers = missing(containerResources(spec, 'requests'), requests, (name) => isPodLevelResource(name) && isOvercommitAllowed(name));
  const known = { ...requests, ...fromContainers };
  const all = { ...known, ...missing(resources.limits ?? {}, known, isPodLevelResource) };
  if (Object.keys(all).length > 0) resources.requests = all;
}

/** Entries of `list` that `present` does not have and that `wanted` takes. */
function missing(list: Readonly<ResourceList>, present: Readonly<ResourceList>, wanted: (name: string) => boolean): ResourceList {
  return Object.fromEntries(Object.entries(list).filter(([name]) => !Object.hasOwn(present, name) && wanted(name)));
}

/** `podIP` is the first of `podIPs`; where they differ, the older field counts. */
function mirrorPodIps({ status }: Pod): void {
  if (!status) return;
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: status.podIP }];
  const first = status.podIPs?.[0]?.ip;
  if (first) status.podIP = first;
}
