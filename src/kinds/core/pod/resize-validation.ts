import { forbidden, invalid, type FieldError, type Path } from '../../../api/field.js';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../../api/types/core-v1.js';
import { isSidecar } from '../../shared/containers.js';
import { MIRROR_POD } from '../../shared/pod-annotation-validation.js';
import { qosClass } from '../../shared/qos.js';
import { semanticEqual } from '../../shared/semantic-equal.js';
import { podValidationOptions } from '../../shared/validation-options.js';
import { SPEC, validatePodSpecAndAnnotations } from './pod-validation.js';

const NOT_CPU_OR_MEMORY = 'only cpu and memory resources are mutable';

/** An error of the pod as a whole: Go prints the empty path as an index of nothing. */
const ofPod = (text: string): FieldError => ({ type: 'FieldValueForbidden', field: '[]', value: '', detail: text });

/**
 * Errors of a write to pods/NAME/resize (ValidatePodResize): cpu and memory of containers that run on a node which
 * can resize. What else the body changes was put back before, unless containers were added, removed or renamed.
 */
export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR_POD] !== undefined) return [ofPod('static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') return [ofPod('windows pods cannot be resized')];
  const errors = validatePodSpecAndAnnotations(pod, podValidationOptions(true, old.spec, old.metadata.annotations));
  if ((old.status?.qosClass || qosClass(old.spec)) !== qosClass(pod.spec)) {
    errors.push(invalid(SPEC, pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'));
  }
  if (!nodeSupportsResize(old)) errors.push(forbidden(SPEC, 'Pod running on node without support for resize'));
  const masked: PodSpec = { ...pod.spec };
  if (hasOwnResources(old.spec) || hasOwnResources(pod.spec)) errors.push(...validatePodLevel(masked, pod.spec, old.spec));
  if ((old.status?.nodeAllocatableResourceClaimStatuses ?? []).length > 0) errors.push(forbidden(SPEC, 'pods with node allocatable resource claims cannot be resized'));

  const order = [...validateOrder(pod.spec, old.spec, 'containers'), ...validateOrder(pod.spec, old.spec, 'initContainers')];
  if (order.length > 0) return [...errors, ...order];
  for (const list of ['initContainers', 'containers'] as const) {
    (old.spec[list] ?? []).forEach((before, i) => errors.push(...validateNothingRemoved(pod.spec[list]?.[i]?.resources, before.resources, SPEC.child(list).index(i).child('resources'))));
  }
  masked.containers = (pod.spec.containers ?? []).map((container, i) => {
    const before = old.spec.containers[i] as Container;
    const rest = withoutCpuAndMemory(container, before);
    if (!semanticEqual(rest, before)) errors.push(forbidden(SPEC, NOT_CPU_OR_MEMORY));
    return rest;
  });
  if (pod.spec.initContainers) {
    masked.initContainers = pod.spec.initContainers.map((container, i) => {
      const before = old.spec.initContainers?.[i] as Container;
      const rest = withoutCpuAndMemory(container, before);
      const at = SPEC.child('initContainers').index(i);
      if (!semanticEqual(rest, before)) errors.push(forbidden(at, 'only cpu and memory resources for init or sidecar containers are mutable'));
      if (!isSidecar(container) && !semanticEqual(container, before)) {
        for (const { restartPolicy } of container.resizePolicy ?? []) {
          if (restartPolicy === 'RestartContainer') errors.push(forbidden(at, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'));
        }
      }
      return rest;
    });
  }
  if (errors.length === 0 && !semanticEqual(masked, old.spec)) errors.push(forbidden(SPEC, NOT_CPU_OR_MEMORY));
  return errors;
}

/** A node shows that it can resize by reporting resources in its containers' statuses. */
function nodeSupportsResize(pod: Pod): boolean {
  const running = (pod.status?.containerStatuses ?? []).find((status) => status.state?.running);
  return !running || running.resources !== undefined;
}

const hasOwnResources = ({ resources }: PodSpec): boolean => Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;

/** Requests and limits of the pod as a whole; masks them in `masked`. */
function validatePodLevel(masked: PodSpec, spec: PodSpec, old: PodSpec): FieldError[] {
  const path = SPEC.child('resources');
  if (old.resources && !spec.resources) return [forbidden(path, 'pod-level resources cannot be removed')];
  const errors: FieldError[] = [];
  if (old.resources) {
    if (removes(spec.resources?.requests, old.resources.requests)) errors.push(forbidden(path.child('requests'), 'pod-level resource requests cannot be removed'));
    if (removes(spec.resources?.limits, old.resources.limits)) errors.push(forbidden(path.child('limits'), 'pod-level resource limits cannot be removed'));
  }
  const rest = maskResources(spec.resources ?? {}, old.resources);
  if (!old.resources && [rest.limits, rest.requests, rest.claims].every((part) => Object.keys(part ?? {}).length === 0)) delete masked.resources;
  else masked.resources = rest;
  if (!semanticEqual(masked.resources ?? {}, old.resources ?? {})) errors.push(forbidden(SPEC, `${NOT_CPU_OR_MEMORY} at pod-level`));
  return errors;
}

function validateOrder(spec: PodSpec, old: PodSpec, list: 'containers' | 'initContainers'): FieldError[] {
  const after = spec[list] ?? [];
  const before = old[list] ?? [];
  if (after.length !== before.length) return [forbidden(SPEC.child(list), `${list} may not be added or removed on resize`)];
  return before.flatMap(({ name }, i) => (after[i]?.name === name ? [] : [forbidden(SPEC.child(list).index(i).child('name'), `${list} may not be renamed or reordered on resize`)]));
}

function validateNothingRemoved(resources: ResourceRequirements | undefined, old: ResourceRequirements | undefined, path: Path): FieldError[] {
  return [
    ...(removes(resources?.requests, old?.requests) ? [forbidden(path.child('requests'), 'resource requests cannot be removed')] : []),
    ...(removes(resources?.limits, old?.limits) ? [forbidden(path.child('limits'), 'resource limits cannot be removed')] : []),
  ];
}

const removes = (list: object | undefined, old: object | undefined): boolean => Object.keys(old ?? {}).some((name) => !Object.hasOwn(list ?? {}, name));

/** The container with the cpu and memory that it had before; a claim of devices goes away, as in the real server. */
function withoutCpuAndMemory(container: Container, before: Container): Container {
  const { claims: _claims, ...rest } = maskResources(container.resources ?? {}, before.resources);
  return { ...container, resources: rest };
}

function maskResources(resources: ResourceRequirements, old: ResourceRequirements | undefined): ResourceRequirements {
  const mask = (which: 'limits' | 'requests'): Record<string, string | number> | undefined => {
    const before = old?.[which];
    if (!resources[which] && !before) return undefined;
    const { cpu: _cpu, memory: _memory, ...rest } = resources[which] ?? {};
    for (const name of ['cpu', 'memory']) if (before?.[name] !== undefined) rest[name] = before[name];
    return Object.keys(rest).length > 0 ? rest : undefined;
  };
  const limits = mask('limits');
  const requests = mask('requests');
  return { ...(resources.claims ? { claims: resources.claims } : {}), ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) };
}
