import type { NamespaceCondition } from '../../api/types/core-v1.js';

/** What stands in the way of a namespace's end (k8s.io/kubernetes/pkg/controller/namespace/deletion). Pure. */
export interface DeletionProgress {
  /** Messages of what went wrong with content. */
  readonly failures: readonly string[];
  /** Number of objects that remain by `resource.group`; undefined while only pods were tried. */
  readonly remaining: ReadonlyMap<string, number> | undefined;
  readonly finalizers: ReadonlyMap<string, number>;
}

const TYPES: ReadonlyArray<readonly [type: string, reason: string, message: string]> = [
  ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
  ['NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  ['NamespaceDeletionContentFailure', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  ['NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
];

/** The conditions of a namespace on its way out; `old` itself when nothing changes. `now`: RFC 3339. */
export function deletionConditions(old: readonly NamespaceCondition[], progress: DeletionProgress, now: string): readonly NamespaceCondition[] {
  const problems = problemsOf(progress);
  const conditions = [...old];
  let changed = false;
  for (const [type, okReason, okMessage] of TYPES) {
    const problem = problems.get(type);
    const status = problem ? 'True' : 'False';
    const { reason, message } = problem ?? { reason: okReason, message: okMessage };
    const at = conditions.findIndex((condition) => condition.type === type);
    const present = conditions[at];
    if (!present) conditions.push({ type, status, lastTransitionTime: now, reason, message });
    else if (present.status !== status || present.reason !== reason || present.message !== message) {
      conditions[at] = { ...present, status, reason, message, lastTransitionTime: present.status === status ? present.lastTransitionTime : now };
    } else continue;
    changed = true;
  }
  return changed ? conditions : old;
}

function problemsOf({ failures, remaining, finalizers }: DeletionProgress): Map<string, { reason: string; message: string }> {
  const problems = new Map<string, { reason: string; message: string }>();
  if (failures.length > 0) {
    const message = `Failed to delete all resource types, ${failures.length} remaining: ${failures.toSorted().join(', ')}`;
    problems.set('NamespaceDeletionContentFailure', { reason: 'ContentDeletionFailed', message });
  }
  if (remaining && remaining.size > 0) {
    const resources = [...remaining].map(([resource, count]) => `${resource} has ${count} resource instances`).sort();
    problems.set('NamespaceContentRemaining', { reason: 'SomeResourcesRemain', message: `Some resources are remaining: ${resources.join(', ')}` });
  }
  if (remaining && finalizers.size > 0) {
    const names = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).sort();
    problems.set('NamespaceFinalizersRemaining', { reason: 'SomeFinalizersRemain', message: `Some content in the namespace has finalizers remaining: ${names.join(', ')}` });
  }
  return problems;
}
