import { Quantity } from '../../api/quantity.js';
import type { Node, NodeSelectorTerm, Pod, Taint, Toleration } from '../../api/types/core-v1.js';
import { isTerminalPhase } from './pod-helpers.js';
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
  const os = pod.spec.os?.name;
  if (os !== undefined && os !== 'linux') return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  return insufficient(pod, node, others) ?? mismatch(pod, node);
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

function mismatch(pod: Pod, node: Node): Refusal | undefined {
  if (pod.spec.nodeName !== node.metadata.name) return predicate('NodeName', "node(s) didn't match the requested node name");
  if (!matchesAffinity(pod, node)) return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  const tolerations = pod.spec.tolerations ?? [];
  const untolerated = (node.spec?.taints ?? []).some((taint) => taint.effect === 'NoExecute' && !tolerations.some((t) => tolerates(t, taint)));
  return untolerated ? predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate") : undefined;
}

function predicate(name: string, why: string): Refusal {
  return { reason: name, message: `Predicate ${name} failed: ${why}` };
}

function matchesAffinity(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, labels, node.metadata.name));
}

function matchesTerm(term: NodeSelectorTerm, labels: Readonly<Record<string, string>>, name: string): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  const holds = (operator: string, value: string | undefined, values: readonly string[]): boolean => {
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      case 'Gt':
        return value !== undefined && Number(value) > Number(values[0]);
      case 'Lt':
        return value !== undefined && Number(value) < Number(values[0]);
      default:
        return false;
    }
  };
  return expressions.every((e) => holds(e.operator, labels[e.key], e.values ?? [])) && fields.every((f) => f.key === 'metadata.name' && holds(f.operator, name, f.values ?? []));
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '');
}
