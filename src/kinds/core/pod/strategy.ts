import { Path } from '../../../api/field.js';
import { isDns1123Label, nameIsDnsSubdomain } from '../../../api/names.js';
import { warningsForIp } from '../../../api/ip.js';
import type { Container, Pod, PodStatus } from '../../../api/types/core-v1.js';
import type { Strategy } from '../../../registry/kind.js';
import { keepMetadata, keepMetadataFields } from '../../common/keep-metadata.js';
import { dropDisabledFields } from '../../shared/disabled-fields.js';
import { podWarnings } from '../../shared/pod-warnings.js';
import { semanticEqual } from '../../shared/semantic-equal.js';
import { validateEphemeralUpdate } from './ephemeral-validation.js';
import { podDefaults } from './pod-defaults.js';
import { validatePodCreate } from './pod-validation.js';
import { preparePodForCreate } from './prepare-create.js';
import { validatePodResize } from './resize-validation.js';
import { validatePodStatusUpdate } from './status-validation.js';
import { validatePodUpdate } from './update-validation.js';

const AT_ONCE = 0;

/** metadata.generation of a pod counts changes of its spec, whatever route they take. */
function countGeneration(pod: Pod, old: Pod): void {
  if (!semanticEqual(pod.spec, old.spec)) pod.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** pods and pods/NAME (pkg/registry/core/pod podStrategy). */
export const podStrategy: Strategy<Pod> = {
  defaults: podDefaults,
  nameErrors: nameIsDnsSubdomain,
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: (pod, old) => {
    dropDisabledFields(pod.spec, old.spec);
    countGeneration(pod, old);
  },
  validate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  warnings: (pod, old) => {
    if (old) return [];
    const problems = isDns1123Label(pod.metadata.name);
    const hostname = `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`;
    return [...(problems.length > 0 ? [hostname] : []), ...podWarnings({ metadata: pod.metadata, spec: pod.spec, path: Path.of(), isTemplate: false })];
  },
  gracePeriod: (pod, asked) => {
    const finished = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
    if (!pod.spec.nodeName || finished) return AT_ONCE;
    const period = asked ?? pod.spec.terminationGracePeriodSeconds ?? AT_ONCE;
    return period < 0 ? 1 : period;
  },
  keepsStatus: true,
  returnsDeleted: true,
  resetFields: [['status']],
};

/** pods/NAME/status: labels and annotations may come along, owner references may not. */
export const podStatusStrategy: Strategy<Pod> = {
  defaults: podDefaults,
  nameErrors: nameIsDnsSubdomain,
  prepareForUpdate: (pod, old) => {
    pod.spec = old.spec;
    keepMetadataFields(pod, old, ['ownerReferences', 'deletionTimestamp']);
    const status = (pod.status ??= {});
    if (!status.qosClass && old.status?.qosClass) status.qosClass = old.status.qosClass;
    keepObservedGenerations(status, old.status ?? {});
    dropDisabledStatus(status, old.status ?? {});
  },
  validateUpdate: validatePodStatusUpdate,
  warnings: ({ status }) => {
    const path = Path.of('status');
    return [
      ...(status?.podIPs ?? []).flatMap(({ ip }, i) => warningsForIp(path.child('podIPs').index(i).child('ip'), ip)),
      ...(status?.hostIPs ?? []).flatMap(({ ip }, i) => warningsForIp(path.child('hostIPs').index(i).child('ip'), ip)),
    ];
  },
  generation: 'none',
  keepsStatus: false,
  resetFields: [['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']],
};

/** A writer that knows nothing of observedGeneration does not clear it. */
function keepObservedGenerations(status: PodStatus, old: PodStatus): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration;
  const before = new Map<string, Array<number | undefined>>();
  for (const { type, observedGeneration } of old.conditions ?? []) before.set(type, [...(before.get(type) ?? []), observedGeneration]);
  for (const condition of status.conditions ?? []) {
    const generation = before.get(condition.type)?.shift();
    if (!condition.observedGeneration && generation) condition.observedGeneration = generation;
  }
}

/** Status fields whose feature gates are off in v1.36. */
function dropDisabledStatus(status: PodStatus, old: PodStatus): void {
  if (!old.nodeAllocatableResourceClaimStatuses) delete status.nodeAllocatableResourceClaimStatuses;
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const) {
    for (const container of status[list] ?? []) for (const mount of container.volumeMounts ?? []) delete mount.volumeStatus;
  }
}

/** What subresources of the spec leave alone. */
function keepMetadataAndStatus(pod: Pod, old: Pod): void {
  keepMetadata(pod, old);
  if (old.status) pod.status = old.status;
  else delete pod.status;
}

function keep<T extends object, K extends keyof T>(to: T, from: T, field: K): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

/** pods/NAME/ephemeralcontainers: adds containers for debugging. */
export const podEphemeralStrategy: Strategy<Pod> = {
  defaults: podDefaults,
  nameErrors: nameIsDnsSubdomain,
  prepareForUpdate: (pod, old) => {
    const { ephemeralContainers } = pod.spec;
    pod.spec = { ...old.spec, ...(ephemeralContainers ? { ephemeralContainers } : {}) };
    if (!ephemeralContainers) delete pod.spec.ephemeralContainers;
    keepMetadataAndStatus(pod, old);
    countGeneration(pod, old);
  },
  validateUpdate: validateEphemeralUpdate,
  generation: 'none',
  keepsStatus: true,
};

/** pods/NAME/resize: changes cpu and memory of containers in place (KEP-1287). */
export const podResizeStrategy: Strategy<Pod> = {
  defaults: podDefaults,
  nameErrors: nameIsDnsSubdomain,
  prepareForUpdate: (pod, old) => {
    keepAllButResources(pod, old);
    countGeneration(pod, old);
  },
  validateUpdate: validatePodResize,
  generation: 'none',
  keepsStatus: true,
};

/** Puts everything back but resources and resize policies. Containers that came, went or moved are left for validation to refuse. */
function keepAllButResources(pod: Pod, old: Pod): void {
  const lists = ['containers', 'initContainers'] as const;
  if (lists.some((list) => (pod.spec[list] ?? []).length !== (old.spec[list] ?? []).length)) return;
  const { resources } = pod.spec;
  const spec = { ...old.spec };
  if (resources) spec.resources = resources;
  else delete spec.resources;
  for (const list of lists) {
    const containers = pod.spec[list];
    if (containers && containers.length > 0) spec[list] = mergeResources(containers, old.spec[list] ?? []);
  }
  pod.spec = spec;
  keepMetadataAndStatus(pod, old);
}

function mergeResources(containers: readonly Container[], old: readonly Container[]): Container[] {
  if (containers.some((container, i) => container.name !== old[i]?.name)) return [...containers];
  return containers.map((container, i) => {
    const merged = { ...(old[i] as Container) };
    keep(merged, container, 'resources');
    keep(merged, container, 'resizePolicy');
    return merged;
  });
}
