import type { Container, ContainerStatus, Pod, PodSpec } from '../../api/types/core-v1.js';

/** `name_namespace(uid)`: how the kubelet's messages name a pod. */
export function podText(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})`;
}

/** From this priority on a pod is critical (system-cluster-critical, system-node-critical). */
const CRITICAL_PRIORITY = 2_000_000_000;

/** A pod that a node takes whatever it is short of. */
export function isCriticalPod({ spec }: Pod): boolean {
  return (spec.priority ?? 0) >= CRITICAL_PRIORITY;
}

/** A sidecar: an init container that runs as long as the pod. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

export function statusOf(statuses: readonly ContainerStatus[] | undefined, name: string): ContainerStatus | undefined {
  return statuses?.find((status) => status.name === name);
}

/** Ephemeral containers as containers. */
export function ephemeralContainers(pod: Pod): readonly Container[] {
  return (pod.spec.ephemeralContainers ?? []) as readonly Container[];
}

/** Any container of the pod by its name. */
export function containerSpec(pod: Pod, name: string): Container | undefined {
  return pod.spec.containers.find((c) => c.name === name) ?? pod.spec.initContainers?.find((c) => c.name === name) ?? ephemeralContainers(pod).find((c) => c.name === name);
}

/** Where an event about a container points: `spec.containers{name}`. */
export function containerFieldPath(pod: Pod, name: string): string {
  if (pod.spec.containers.some((c) => c.name === name)) return `spec.containers{${name}}`;
  if (pod.spec.initContainers?.some((c) => c.name === name)) return `spec.initContainers{${name}}`;
  return `spec.ephemeralContainers{${name}}`;
}

/**
 * Whether a container that ended with this code is started again: by the container's own rules and policy where it has
 * them (KEP-5307), else by the pod's policy.
 */
export function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  for (const rule of container.restartPolicyRules ?? []) {
    const { operator, values } = rule.exitCodes ?? { operator: '', values: [] };
    const listed = values?.includes(exitCode) ?? false;
    const matches = operator === 'In' ? listed : operator === 'NotIn' && !listed;
    if (matches && rule.action === 'Restart') return true;
  }
  switch (container.restartPolicy ?? spec.restartPolicy) {
    case 'Never':
      return false;
    case 'OnFailure':
      return exitCode !== 0;
    default:
      return true;
  }
}
