import type { Job, PodFailurePolicyOnExitCodesRequirement, SuccessPolicy } from '../../api/types/batch-v1.js';
import type { ContainerStatus, Pod } from '../../api/types/core-v1.js';
import { parseIndexes } from './indexes.js';

/** What failures and successes of single pods mean for the whole Job (KEP-3329, KEP-3998). Pure. */

export interface FailureVerdict {
  readonly action: 'Ignore' | 'FailIndex' | 'Count' | 'FailJob' | undefined;
  /** Whether the failure counts against the backoff limit. */
  readonly counts: boolean;
  /** Of FailJob: why. */
  readonly message?: string;
}

/** What the first rule that fits says of a failed pod. */
export function judgeFailure({ spec }: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const why = rule.onExitCodes ? exitCodeReason(pod, rule.onExitCodes) : conditionReason(pod, rule.onPodConditions ?? []);
    if (why === undefined) continue;
    if (rule.action === 'FailJob') return { action: 'FailJob', counts: true, message: `${why} matching FailJob rule at index ${index}` };
    if (rule.action === 'Ignore' || rule.action === 'FailIndex' || rule.action === 'Count') return { action: rule.action, counts: rule.action !== 'Ignore' };
  }
  return { action: undefined, counts: true };
}

function exitCodeReason({ metadata, status }: Pod, requirement: PodFailurePolicyOnExitCodesRequirement): string | undefined {
  const matches = ({ name, state }: ContainerStatus): boolean => {
    const code = state?.terminated?.exitCode;
    if (!code || (requirement.containerName !== undefined && requirement.containerName !== name)) return false;
    const listed = requirement.values.includes(code);
    return requirement.operator === 'In' ? listed : requirement.operator === 'NotIn' && !listed;
  };
  const found = status?.containerStatuses?.find(matches) ?? status?.initContainerStatuses?.find(matches);
  return found && `Container ${found.name} for pod ${metadata.namespace}/${metadata.name} failed with exit code ${found.state?.terminated?.exitCode}`;
}

function conditionReason({ metadata, status }: Pod, patterns: ReadonlyArray<{ type: string; status?: string | undefined }>): string | undefined {
  const found = status?.conditions?.find((condition) => patterns.some((pattern) => pattern.type === condition.type && (pattern.status || 'True') === condition.status));
  return found && `Pod ${metadata.namespace}/${metadata.name} has condition ${found.type}`;
}

/** Why the success policy is met; undefined as long as it is not. */
export function successReason(policy: SuccessPolicy | undefined, completions: number, succeeded: ReadonlySet<number>): string | undefined {
  if (succeeded.size === 0) return undefined;
  const met = (policy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const required = parseIndexes(succeededIndexes, completions);
    if (required.size === 0) return false;
    const present = [...required].filter((index) => succeeded.has(index)).length;
    return present === required.size || (succeededCount !== undefined && present >= succeededCount);
  });
  return met < 0 ? undefined : `Matched rules at index ${met}`;
}
