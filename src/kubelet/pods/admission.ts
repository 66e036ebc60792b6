import { Quantity } from '../../api/quantity.js';
import { matchesRequiredNodeAffinity } from '../../api/node-selector.js';
import { tolerates } from '../../api/tolerations.js';
import type { Node, Pod } from '../../api/types/core-v1.js';
import { isSidecar, isTerminalPhase } from './pod-helpers.js';
import { podRequests } from './resources.js';

/** Why a node refuses a pod that was bound to it. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/**
 * Whether a node takes a pod: the checks the scheduler made, made again, for pods that were bound by hand
 * or in a race. Undefined when it does.
 */
export function admitPod(pod: Pod, node: Node, others: readonly Pod[]): Refusal | undefined {
  const wanted = pod.spec.nodeSelector?.['kubernetes.io/os'];
  if (wanted !== undefined && wanted !== node.metadata.labels?.['kubernetes.io/os']) return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label" };
  const os = pod.spec.os?.name;
  if (os !== undefined && os !== 'linux') return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  return insufficient(pod, node, others) ?? mismatch(pod, node, others);
}

function insufficient(pod: Pod, node: Node, others: readonly Pod[]): Refusal | undefined {
  const allocatable = node.status?.allocatable ?? {};
  const active = others.filter((other) => !isTerminalPhase(other.status?.phase));
  const pods = Number(allocatable['pods'] ?? 110);
  if (active.length + 1 > pods) return outOf('pods', 1n, BigInt(active.length), BigInt(pods));
  const requests = Object.entries(podRequests(pod));
  if (requests.length === 0) return undefined;
  const used = active.map(podRequests);
  for (const [name, quantity] of requests) {
    const capacity = allocatable[name];
    // What the node does not know is accounted for elsewhere.
    if (capacity === undefined && name.includes('/')) continue;
    const amount = (q: string | number | undefined): bigint => {
      const parsed = Quantity.tryParse(q) ?? Quantity.zero;
      return name === 'cpu' ? parsed.milliValue() : parsed.value();
    };
    const requested = amount(quantity);
    if (requested === 0n) continue;
    const taken = used.reduce((sum, list) => sum + amount(list[name]), 0n);
    if (taken + requested > amount(capacity)) return outOf(name, requested, taken, amount(capacity));
  }
  return undefined;
}

function outOf(resource: string, requested: bigint, used: bigint, capacity: bigint): Refusal {
  return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}` };
}

function mismatch(pod: Pod, node: Node, others: readonly Pod[]): Refusal | undefined {
  if (pod.spec.nodeName !== node.metadata.name) return predicate('NodeName', "node(s) didn't match the requested node name");
  if (!matchesRequiredNodeAffinity(pod.spec, node)) return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  if (portsTaken(pod, others)) return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  const tolerations = pod.spec.tolerations ?? [];
  const untolerated = (node.spec?.taints ?? []).some((taint) => taint.effect === 'NoExecute' && !tolerates(tolerations, taint));
  return untolerated ? predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate") : undefined;
}

function portsTaken(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return false;
  const used = others.filter((other) => !isTerminalPhase(other.status?.phase)).flatMap(hostPortsOf);
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
