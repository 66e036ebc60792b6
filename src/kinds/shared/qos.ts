import type { PodSpec } from '../../api/types/core-v1.js';
import { addAmounts } from '../../api/pod-resources.js';
import { Quantity } from '../../api/quantity.js';
import { compareQuantities, type ResourceList } from './resource-list.js';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const COMPUTE = ['cpu', 'memory'];

/** The compute resources of a list that are more than zero. */
function compute(list: Readonly<ResourceList> | undefined): ResourceList {
  return Object.fromEntries(Object.entries(list ?? {}).filter(([name, amount]) => COMPUTE.includes(name) && Quantity.parse(amount).sign > 0));
}

/**
 * The quality of service that a pod's requests and limits give it (pkg/apis/core/helper/qos).
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export function qosClass(spec: PodSpec): QosClass {
  const requests: ResourceList = {};
  const limits: ResourceList = {};
  let limited = true;
  const own = spec.resources;
  const sources = own ? [own] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.resources ?? {});
  for (const source of sources) {
    addAmounts(requests, compute(source.requests));
    const found = compute(source.limits);
    addAmounts(limits, found);
    // A pod's own resources with no limits at all say nothing about limits.
    const counts = !own || Object.keys(source.limits ?? {}).length > 0;
    if (counts && COMPUTE.some((name) => found[name] === undefined)) limited = false;
  }
  if (Object.keys(requests).length === 0 && Object.keys(limits).length === 0) return 'BestEffort';
  const same = Object.entries(requests).every(([name, amount]) => limits[name] !== undefined && compareQuantities(limits[name], amount) === 0);
  return limited && same && Object.keys(requests).length === Object.keys(limits).length ? 'Guaranteed' : 'Burstable';
}
