import type { DaemonSet } from '../../api/types/apps-v1.js';
import type { Affinity, Node, Pod, PodSpec, PodTemplateSpec, Toleration } from '../../api/types/core-v1.js';
import type { ObjectMeta } from '../../api/object.js';
import { REVISION_HASH_LABEL } from '../shared/history.js';
import { matchesRequiredNodeAffinity } from '../../api/node-selector.js';
import { untoleratedTaint } from '../shared/node-fit.js';

/** Pods of DaemonSets and the nodes that they are for. Pure. */

const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';
const GENERATION_LABEL = 'pod-template-generation';
const NODE_NAME_FIELD = 'metadata.name';

const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const HOST_NETWORK_TOLERATION: Toleration = { key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' };

function templateGeneration({ metadata }: DaemonSet): string | undefined {
  const text = metadata.annotations?.[GENERATION_ANNOTATION];
  return text !== undefined && /^-?\d+$/.test(text) ? text : undefined;
}

/** Daemons stay on nodes that are in trouble. */
export function daemonTolerations({ tolerations = [], hostNetwork }: PodSpec): Toleration[] {
  const wanted = hostNetwork ? [...TOLERATIONS, HOST_NETWORK_TOLERATION] : TOLERATIONS;
  const result = [...tolerations];
  for (const toleration of wanted) {
    const at = result.findIndex(({ key, operator = '', effect, value = '' }) => key === toleration.key && operator === toleration.operator && effect === toleration.effect && value === '');
    if (at < 0) result.push(toleration);
    else result[at] = toleration;
  }
  return result;
}

/** The template for the pod of one node; the scheduler binds it there. */
export function templateFor(daemonSet: DaemonSet, hash: string, nodeName: string): PodTemplateSpec {
  const { template } = daemonSet.spec;
  const generation = templateGeneration(daemonSet);
  const spec = template.spec ?? { containers: [] };
  const labels = { ...template.metadata?.labels, ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }), [REVISION_HASH_LABEL]: hash };
  return {
    ...template,
    metadata: { ...template.metadata, labels } as ObjectMeta,
    spec: { ...spec, tolerations: daemonTolerations(spec), affinity: pinned(spec.affinity, nodeName) },
  };
}

function pinned(affinity: Affinity | undefined, nodeName: string): Affinity {
  const nodeSelectorTerms = [{ matchFields: [{ key: NODE_NAME_FIELD, operator: 'In', values: [nodeName] }] }];
  return { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
}

/** The node that a pod is on or is meant for. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    const field = matchFields.find(({ key, operator }) => key === NODE_NAME_FIELD && operator === 'In');
    if (field) return field.values?.length === 1 ? field.values[0] : undefined;
  }
  return undefined;
}

/** Whether a daemon belongs on the node, and whether one that is there may stay. */
export function nodeFit(daemonSet: DaemonSet, node: Node): { shouldRun: boolean; mayStay: boolean } {
  const spec = daemonSet.spec.template.spec ?? { containers: [] };
  const no = { shouldRun: false, mayStay: false };
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return no;
  if (!matchesRequiredNodeAffinity(spec, node)) return no;
  const tolerations = daemonTolerations(spec);
  if (!untoleratedTaint(node.spec.taints, tolerations, ['NoExecute', 'NoSchedule'])) return { shouldRun: true, mayStay: true };
  return { shouldRun: false, mayStay: !untoleratedTaint(node.spec.taints, tolerations, ['NoExecute']) };
}

export function isUpdated(daemonSet: DaemonSet, pod: Pod, hash: string): boolean {
  const generation = templateGeneration(daemonSet);
  const labels = pod.metadata.labels ?? {};
  return labels[REVISION_HASH_LABEL] === hash || (generation !== undefined && labels[GENERATION_LABEL] === generation);
}

/** Bound pods first, then the oldest. */
export function byAge(a: Pod, b: Pod): number {
  if (Boolean(a.spec.nodeName) !== Boolean(b.spec.nodeName)) return a.spec.nodeName ? -1 : 1;
  const [timeA = '', timeB = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
