import { podResources, type ResourceAmounts } from '../api/pod-resources.js';
import { HUGE_PAGES_PREFIX, isExtendedResource, isHugePages, isNativeResource, REQUESTS_PREFIX } from '../api/resource-names.js';
import type { Container, Pod, PodAffinityTerm } from '../api/types/core-v1.js';
import { countName } from './object-count.js';
import { nameMatches } from './scope.js';
import type { QuotaEvaluator, ScopeRequirement } from './types.js';

const PODS = { group: '', resource: 'pods' };
const COUNT = countName(PODS);
const DEVICE_CLASS_PREFIX = 'deviceclass.resource.kubernetes.io/';
/** Each container must say how much of these it wants once a quota limits them. */
const COMPULSORY = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];
const COMPUTE = new Set([...COMPULSORY, 'ephemeral-storage', 'limits.ephemeral-storage', 'requests.ephemeral-storage']);

/** Pods cost what they request until they are finished. */
export const podEvaluator: QuotaEvaluator<Pod> = {
  resource: PODS,
  covers: (name) => name === COUNT || name === 'pods' || COMPUTE.has(name) || isHugePages(name) || name.startsWith(`${REQUESTS_PREFIX}${HUGE_PAGES_PREFIX}`) || isExtendedRequest(name),
  concerns({ operation, subresource, object, oldObject }) {
    if (subresource === 'resize') return operation === 'UPDATE';
    if (subresource !== '') return false;
    return operation === 'CREATE' || isTerminating(object as Pod) !== isTerminating(oldObject as Pod);
  },
  usage(pod, now) {
    // `pods` and what they request is for pods that may still run, the count for all that are stored.
    if (isOver(pod, now)) return { [COUNT]: '1' };
    return { [COUNT]: '1', ...computeUsage(podResources(pod, 'requests'), podResources(pod, 'limits')) };
  },
  inScope,
  uncountable({ spec }, names) {
    const ownResources = [...Object.keys(spec.resources?.requests ?? {}), ...Object.keys(spec.resources?.limits ?? {})];
    if (ownResources.some((name) => name === 'cpu' || name === 'memory' || isHugePages(name))) return undefined;
    const containers: Container[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    const silent = COMPULSORY.filter((name) => names.has(name)).flatMap((name) => {
      const without = containers.filter(({ resources }) => !Object.hasOwn(computeUsage(resources?.requests ?? {}, resources?.limits ?? {}), name));
      return without.length > 0 ? [`${name} for: ${[...new Set(without.map((container) => container.name))].sort().join(',')}`] : [];
    });
    return silent.length > 0 ? `must specify ${silent.join('; ')}` : undefined;
  },
};

/** `requests.example.com/gpu`: extended resources are limited by their requests only. */
function isExtendedRequest(name: string): boolean {
  return name.startsWith(REQUESTS_PREFIX) && (!isNativeResource(name) || name.startsWith(`${REQUESTS_PREFIX}${DEVICE_CLASS_PREFIX}`));
}

function computeUsage(requests: Readonly<ResourceAmounts>, limits: Readonly<ResourceAmounts>): ResourceAmounts {
  const usage: ResourceAmounts = { pods: '1' };
  for (const [name, amount] of Object.entries(requests)) {
    const isCompute = COMPUTE.has(name) || isHugePages(name);
    if (isCompute) usage[name] = amount;
    if (isCompute || isExtendedResource(name) || name.startsWith(DEVICE_CLASS_PREFIX)) usage[`${REQUESTS_PREFIX}${name}`] = amount;
  }
  for (const [name, amount] of Object.entries(limits)) if (COMPUTE.has(name)) usage[`limits.${name}`] = amount;
  return usage;
}

/** Finished, or gone for longer than it was given to go: such pods must not keep others out. */
function isOver({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  return now > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

const isTerminating = ({ spec }: Pod): boolean => spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;

function inScope(pod: Pod, requirement: ScopeRequirement): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return pod.status?.qosClass === 'BestEffort';
    case 'NotBestEffort':
      return pod.status?.qosClass !== 'BestEffort';
    case 'PriorityClass':
      return nameMatches(requirement, pod.spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return affinityTerms(pod).some(({ namespaces, namespaceSelector }) => (namespaces ?? []).length > 0 || namespaceSelector !== undefined);
    default:
      return false;
  }
}

function affinityTerms({ spec }: Pod): PodAffinityTerm[] {
  return [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
}
