import { matchesRequiredNodeAffinity } from '../../api/node-selector.js';
import { tolerates } from '../../api/tolerations.js';
import type { Node, Pod } from '../../api/types/core-v1.js';
import { isCriticalPod, isSidecar, isTerminalPhase } from './pod-helpers.js';
import { podsToPreempt, type Insufficiency } from './preemption.js';
import { podRequests, resourceAmount } from './resources.js';

/** Why a node refuses a pod that was bound to it. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Why a node does not take a pod, and which pods would have to go so that it could: only a critical pod has any. */
export interface AdmissionFailure extends Refusal {
  readonly preempts?: readonly Pod[];
}

/**
 * Whether a node takes a pod: the checks the scheduler made, made again, for pods that were bound by hand
 * or in a race. Undefined when it does. A critical pod that lacks nothing but room makes others go.
 */
export function admitPod(pod: Pod, node: Node, others: readonly Pod[]): AdmissionFailure | undefined {
  const wanted = pod.spec.nodeSelector?.['kubernetes.io/os'];
  if (wanted !== undefined && wanted !== node.metadata.labels?.['kubernetes.io/os']) return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label" };
  const os = pod.spec.os?.name;
  if (os !== undefined && os !== 'linux') return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  const active = others.filter((other) => !isTerminalPhase(other.status?.phase));
  const missing = insufficient(pod, node, active);
  const other = mismatch(pod, node, active);
  const [first] = missing;
  if (!first) return other;
  if (!isCriticalPod(pod)) return outOf(first);
  if (other) return other;
  try {
    return { ...outOf(first), preempts: podsToPreempt(pod, active, missing) };
  } catch (error) {
    return { reason: 'UnexpectedAdmissionError', message: `Unexpected error while attempting to recover from admission failure: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function insufficient(pod: Pod, node: Node, active: readonly Pod[]): Insufficiency[] {
  const allocatable = node.status?.allocatable ?? {};
  const missing: Insufficiency[] = [];
  const pods = Number(allocatable['pods'] ?? 110);
  if (active.length + 1 > pods) missing.push({ resource: 'pods', requested: 1n, used: BigInt(active.length), capacity: BigInt(pods) });
  const requests = Object.entries(podRequests(pod));
  if (requests.length === 0) return missing;
  const taken = active.map(podRequests);
  for (const [resource, quantity] of requests) {
    // What the node does not know is accounted for elsewhere.
    if (allocatable[resource] === undefined && resource.includes('/')) continue;
    const requested = resourceAmount(resource, quantity);
    if (requested === 0n) continue;
    const used = taken.reduce((sum, list) => sum + resourceAmount(resource, list[resource]), 0n);
    const capacity = resourceAmount(resource, allocatable[resource]);
    if (used + requested > capacity) missing.push({ resource, requested, used, capacity });
  }
  return missing;
}

function outOf({ resource, requested, used, capacity }: Insufficiency): Refusal {
  return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}` };
}

function mismatch(pod: Pod, node: Node, active: readonly Pod[]): Refusal | undefined {
  if (pod.spec.nodeName !== node.metadata.name) return predicate('NodeName', "node(s) didn't match the requested node name");
  if (!matchesRequiredNodeAffinity(pod.spec, node)) return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  if (portsTaken(pod, active)) return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  const tolerations = pod.spec.tolerations ?? [];
  const untolerated = (node.spec?.taints ?? []).some((taint) => taint.effect === 'NoExecute' && !tolerates(tolerations, taint));
  return untolerated ? predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate") : undefined;
}

function portsTaken(pod: Pod, active: readonly Pod[]): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return false;
  const used = active.flatMap(hostPortsOf);
  const everywhere = (ip: string): boolean => ip === '' || ip === '0.0.0.0';
  return wanted.some((a) => used.some((b) => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || everywhere(a.ip) || everywhere(b.ip))));
}

function hostPortsOf({ spec }: Pod): Array<{ readonly port: number; readonly protocol: string; readonly ip: string }> {
  const holders = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
  return holders.flatMap(({ ports = [] }) => ports.flatMap(({ hostPort, protocol = 'TCP', hostIP = '' }) => (hostPort ? [{ port: hostPort, protocol, ip: hostIP }] : [])));
}

function predicate(name: string, why: string): Refusal {
  return { reason: name, message: `Predicate ${name} failed: ${why}` };
}
