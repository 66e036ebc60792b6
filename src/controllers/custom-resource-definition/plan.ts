import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '../../api/types/apiextensions-v1.js';
import { approvalOf, isProtectedGroup, type ApprovalState } from '../../api/api-approval.js';
import { deepEqual } from '../../base/freeze.js';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** A condition without its time. */
type Said = Pick<CustomResourceDefinitionCondition, 'type' | 'status' | 'reason' | 'message'>;

const APPROVAL: Readonly<Record<ApprovalState, readonly [status: string, reason: string]>> = {
  invalid: ['False', 'InvalidAnnotation'],
  missing: ['False', 'MissingAnnotation'],
  approved: ['True', 'ApprovedAnnotation'],
  bypassed: ['False', 'UnapprovedAnnotation'],
};

export const isTrue = ({ status }: CustomResourceDefinition, type: string): boolean => (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

/** Conditions with one of them replaced or added; its time changes with its status only. */
function withCondition(conditions: readonly CustomResourceDefinitionCondition[], said: Said, now: string): CustomResourceDefinitionCondition[] {
  const present = conditions.find(({ type }) => type === said.type);
  if (!present) return [...conditions, { ...said, lastTransitionTime: now }];
  const since = present.status === said.status ? (present.lastTransitionTime ?? now) : now;
  return conditions.map((condition) => (condition === present ? { ...condition, ...said, lastTransitionTime: since } : condition));
}

/** Which names are the definition's, and what keeps it from the others; undefined where nothing changes. */
function planNames(definition: CustomResourceDefinition, others: readonly CustomResourceDefinition[], now: string): CustomResourceDefinitionStatus | undefined {
  const { spec, status = {} } = definition;
  if (deepEqual(spec.names, status.acceptedNames)) return undefined;
  const inGroup = [definition, ...others].filter((other) => other.spec.group === spec.group).map((other) => other.status?.acceptedNames);
  const resources = new Set(inGroup.flatMap((names) => (names ? [names.plural, names.singular, ...(names.shortNames ?? [])] : [])));
  const kinds = new Set(inGroup.flatMap((names) => (names ? [names.kind, names.listKind] : [])));
  const accepted: CustomResourceDefinitionNames = { ...(status.acceptedNames ?? { plural: '', kind: '' }) };
  let said: Said = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  const refuse = (reason: string, message: string): void => {
    said = { type: 'NamesAccepted', status: 'False', reason, message };
  };
  const used = (name: string): string => `${JSON.stringify(name)} is already in use`;
  const claim = (field: 'plural' | 'singular' | 'kind' | 'listKind', taken: ReadonlySet<string | undefined>, reason: string): void => {
    const wanted = spec.names[field] ?? '';
    if (wanted !== (accepted[field] ?? '') && taken.has(wanted)) refuse(reason, used(wanted));
    else accepted[field] = wanted;
  };
  claim('plural', resources, 'PluralConflict');
  claim('singular', resources, 'SingularConflict');
  const wanted = spec.names.shortNames ?? [];
  const conflicts = [...new Set(wanted.filter((name) => !accepted.shortNames?.includes(name) && resources.has(name)))].map(used);
  if (conflicts.length > 0) refuse('ShortNamesConflict', conflicts.length === 1 ? (conflicts[0] ?? '') : `[${conflicts.join(', ')}]`);
  else if (wanted.length > 0) accepted.shortNames = wanted;
  else delete accepted.shortNames;
  claim('kind', kinds, 'KindConflict');
  claim('listKind', kinds, 'ListKindConflict');
  if (spec.names.categories) accepted.categories = spec.names.categories;
  else delete accepted.categories;

  const conditions = withCondition(status.conditions ?? [], said, now);
  if (isTrue(definition, 'Established')) return { ...status, acceptedNames: accepted, conditions };
  const installing: Said =
    said.status === 'True'
      ? { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' }
      : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  const kept = said.status === 'False' && (status.conditions ?? []).some(({ type }) => type === 'Established');
  return { ...status, acceptedNames: accepted, conditions: kept ? conditions : withCondition(conditions, installing, now) };
}

/**
 * The status that a definition has next; undefined where it has it. Names first, then whether it is established, as
 * the API server's naming, establishing and approval controllers say it one after the other.
 */
export function planStatus(definition: CustomResourceDefinition, others: readonly CustomResourceDefinition[], now: string): CustomResourceDefinitionStatus | undefined {
  let status: CustomResourceDefinitionStatus = planNames(definition, others, now) ?? definition.status ?? {};
  const named = { ...definition, status };
  if (isTrue(named, 'NamesAccepted') && !isTrue(named, 'Established')) {
    const established: Said = { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' };
    status = { ...status, conditions: withCondition(status.conditions ?? [], established, now) };
  }
  if (isProtectedGroup(definition.spec.group)) {
    const { state, reason: message } = approvalOf(definition);
    const [conformant, reason] = APPROVAL[state];
    status = { ...status, conditions: withCondition(status.conditions ?? [], { type: 'KubernetesAPIApprovalPolicyConformant', status: conformant, reason, message }, now) };
  }
  return deepEqual(status, definition.status) ? undefined : status;
}

/** A definition that is to go, with the condition that says that its objects are being deleted; undefined where it says so already. */
export function planDeletion(definition: CustomResourceDefinition, now: string): CustomResourceDefinition | undefined {
  const said: Said = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' };
  const { status = {} } = definition;
  const conditions = withCondition(status.conditions ?? [], said, now);
  return deepEqual(conditions, status.conditions) ? undefined : { ...definition, status: { ...status, conditions } };
}

/** A definition that is to go and whose objects are gone: without its finalizer, and with the condition that says so. */
export function planCleanup(definition: CustomResourceDefinition, now: string): CustomResourceDefinition {
  const said: Said = isTrue(definition, 'Established')
    ? { type: 'Terminating', status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' }
    : { type: 'Terminating', status: 'False', reason: 'NeverEstablished', message: 'resource was never established' };
  const { metadata, status = {} } = definition;
  return {
    ...definition,
    metadata: { ...metadata, finalizers: (metadata.finalizers ?? []).filter((name) => name !== CLEANUP_FINALIZER) },
    status: { ...status, conditions: withCondition(status.conditions ?? [], said, now) },
  };
}
