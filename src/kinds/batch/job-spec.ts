import { duplicate, invalid, notSupported, OMITTED, required, tooLong, tooMany, type FieldError, type Path } from '../../api/field.js';
import { isDns1123Subdomain, isHttpPath, isQualifiedName } from '../../api/names.js';
import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, SuccessPolicyRule } from '../../api/types/batch-v1.js';
import { validatePodTemplate } from '../shared/pod-spec-validation.js';
import { podTemplateDefaults } from '../shared/pod-spec-defaults.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import type { PodValidationOptions } from '../shared/validation-options.js';
import { indexesProblem, totalIndexes } from './indexes.js';

const INDEXED = 'Indexed';
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const EXIT_CODE_OPERATORS = ['In', 'NotIn'];
const CONDITION_STATUSES = ['False', 'True', 'Unknown'];
const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
/** From here on an indexed Job with a limit per index must stay small in other ways. */
const MANY_COMPLETIONS = 100_000;
const LIMIT_FOR_MANY = 10_000;
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_INDEXES_BYTES = 64 * 1024;
const MAX_MANAGED_BY = 63;

const values = (list: readonly string[]): string => `valid values: [${list.map((value) => JSON.stringify(value)).join(' ')}]`;

/** Fills in what the template inside a Job or CronJob leaves out. */
export function jobTemplateDefaults(spec: JobSpec): void {
  spec.template ??= {};
  podTemplateDefaults(spec.template);
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
}

/** Errors of a Job's spec that hold in a CronJob too: all but the selector (validateJobSpec). */
export function jobSpecErrors(spec: JobSpec, path: Path, options: PodValidationOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { completions, backoffLimitPerIndex, maxFailedIndexes, managedBy, completionMode, podFailurePolicy, successPolicy, podReplacementPolicy } = spec;
  for (const name of ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
    errors.push(...validateNonNegative(spec[name], path.child(name)));
  }
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined) errors.push(required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  if (managedBy !== undefined) {
    errors.push(...domainPathErrors(managedBy, path.child('managedBy')));
    if (Buffer.byteLength(managedBy) > MAX_MANAGED_BY) errors.push(tooLong(path.child('managedBy'), MAX_MANAGED_BY));
  }
  if (completionMode !== undefined && completionMode !== 'NonIndexed' && completionMode !== INDEXED) errors.push(notSupported(path.child('completionMode'), completionMode, ['NonIndexed', INDEXED]));
  if (completionMode === INDEXED) errors.push(...indexedErrors(spec, path));
  if (completionMode === undefined || completionMode === 'NonIndexed') {
    const text = 'requires indexed completion mode';
    if (backoffLimitPerIndex !== undefined) errors.push(invalid(path.child('backoffLimitPerIndex'), backoffLimitPerIndex, text));
    if (maxFailedIndexes !== undefined) errors.push(invalid(path.child('maxFailedIndexes'), maxFailedIndexes, text));
  }
  if (podFailurePolicy) errors.push(...failurePolicyErrors(spec, path.child('podFailurePolicy', 'rules')));
  if (successPolicy) {
    const at = path.child('successPolicy');
    if (completionMode === INDEXED) errors.push(...successPolicyErrors(successPolicy.rules ?? [], completions ?? 0, at.child('rules')));
    else errors.push(invalid(at, goSuccessPolicy(successPolicy), 'requires indexed completion mode'));
  }
  if (podReplacementPolicy !== undefined) {
    const allowed = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
    if (!allowed.includes(podReplacementPolicy)) errors.push(notSupported(path.child('podReplacementPolicy'), podReplacementPolicy, allowed));
  }
  errors.push(...validatePodTemplate(spec.template, path.child('template'), options));
  const restart = spec.template.spec?.restartPolicy;
  const restartPath = path.child('template', 'spec', 'restartPolicy');
  if (!restart || restart === 'Always') errors.push(required(restartPath, 'valid values: "OnFailure", "Never"'));
  else if (restart !== 'OnFailure' && restart !== 'Never') errors.push(notSupported(restartPath, restart, ['OnFailure', 'Never']));
  else if (podFailurePolicy && restart !== 'Never') errors.push(invalid(restartPath, restart, 'only "Never" is supported when podFailurePolicy is specified'));
  return errors;
}

function domainPathErrors(text: string, path: Path): FieldError[] {
  if (text === '') return [required(path)];
  const slash = text.indexOf('/');
  const [domain, rest] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash <= 0 || rest === '') return [invalid(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return [...isDns1123Subdomain(domain).map((found) => invalid(path, domain, found)), ...isHttpPath(rest).map((found) => invalid(path, rest, found))];
}

function indexedErrors({ completions, parallelism, maxFailedIndexes, backoffLimitPerIndex }: JobSpec, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (completions === undefined) errors.push(required(path.child('completions'), 'when completion mode is Indexed'));
  if (parallelism !== undefined && parallelism > MAX_PARALLELISM) {
    errors.push(invalid(path.child('parallelism'), parallelism, `must be less than or equal to ${MAX_PARALLELISM} when completion mode is Indexed`));
  }
  const at = path.child('maxFailedIndexes');
  if (maxFailedIndexes !== undefined) {
    if (completions !== undefined && maxFailedIndexes > completions) errors.push(invalid(at, maxFailedIndexes, 'must be less than or equal to completions'));
    if (maxFailedIndexes > MAX_FAILED_INDEXES) errors.push(invalid(at, maxFailedIndexes, `must be less than or equal to ${MAX_FAILED_INDEXES}`));
  }
  if (completions === undefined || completions <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors;
  const limit = `must be less than or equal to ${LIMIT_FOR_MANY} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) errors.push(required(at, `must be specified when completions is above ${MANY_COMPLETIONS}`));
  if (parallelism !== undefined && parallelism > LIMIT_FOR_MANY) errors.push(invalid(path.child('parallelism'), parallelism, limit));
  if (maxFailedIndexes !== undefined && maxFailedIndexes > LIMIT_FOR_MANY) errors.push(invalid(at, maxFailedIndexes, limit));
  return errors;
}

function failurePolicyErrors(spec: JobSpec, path: Path): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const names = new Set([...(spec.template.spec?.containers ?? []), ...(spec.template.spec?.initContainers ?? [])].map(({ name }) => name));
  return [...(rules.length > MAX_RULES ? [tooMany(path, rules.length, MAX_RULES)] : []), ...rules.flatMap((rule, i) => failureRuleErrors(rule, spec, names, path.index(i)))];
}

function failureRuleErrors(rule: PodFailurePolicyRule, spec: JobSpec, names: ReadonlySet<string>, path: Path): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors: FieldError[] = [];
  const actionPath = path.child('action');
  if (!action) errors.push(required(actionPath, values(ACTIONS)));
  else if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) errors.push(invalid(actionPath, action, 'requires the backoffLimitPerIndex to be set'));
  } else if (!ACTIONS.includes(action)) errors.push(notSupported(actionPath, action, ACTIONS));
  if (onExitCodes) errors.push(...exitCodeErrors(onExitCodes, names, path.child('onExitCodes')));
  const conditionsPath = path.child('onPodConditions');
  if (onPodConditions.length > MAX_RULES) errors.push(tooMany(conditionsPath, onPodConditions.length, MAX_RULES));
  onPodConditions.forEach(({ type, status }, i) => {
    const at = conditionsPath.index(i);
    errors.push(...isQualifiedName(type).map((text) => invalid(at.child('type'), type, text)));
    if (!status) errors.push(required(at.child('status'), values(CONDITION_STATUSES)));
    else if (!CONDITION_STATUSES.includes(status)) errors.push(notSupported(at.child('status'), status, CONDITION_STATUSES));
  });
  if (onExitCodes && onPodConditions.length > 0) errors.push(invalid(path, OMITTED, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!onExitCodes && onPodConditions.length === 0) errors.push(invalid(path, OMITTED, 'specifying one of OnExitCodes and OnPodConditions is required'));
  return errors;
}

function exitCodeErrors({ operator, containerName, values: codes }: PodFailurePolicyOnExitCodesRequirement, names: ReadonlySet<string>, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const operatorPath = path.child('operator');
  if (!operator) errors.push(required(operatorPath, values(EXIT_CODE_OPERATORS)));
  else if (!EXIT_CODE_OPERATORS.includes(operator)) errors.push(notSupported(operatorPath, operator, EXIT_CODE_OPERATORS));
  if (containerName !== undefined && !names.has(containerName)) {
    errors.push(invalid(path.child('containerName'), containerName, 'must be one of the container or initContainer names in the pod template'));
  }
  const at = path.child('values');
  const list = codes ?? [];
  if (list.length === 0) errors.push(invalid(at, codes?.length === 0 ? [] : null, 'at least one value is required'));
  else if (list.length > MAX_EXIT_CODES) errors.push(tooMany(at, list.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  list.forEach((code, i) => {
    if (operator === 'In' && code === 0) errors.push(invalid(at.index(i), code, 'must not be 0 for the In operator'));
    if (seen.has(code)) errors.push(duplicate(at.index(i), code));
    seen.add(code);
  });
  if (list.some((code, i) => i > 0 && (list[i - 1] as number) > code)) errors.push(invalid(at, list, 'must be ordered'));
  return errors;
}

function successPolicyErrors(rules: readonly SuccessPolicyRule[], completions: number, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (rules.length === 0) errors.push(required(path, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > MAX_RULES) errors.push(tooMany(path, rules.length, MAX_RULES));
  rules.forEach(({ succeededCount, succeededIndexes }, i) => {
    const at = path.index(i);
    if (succeededCount === undefined && succeededIndexes === undefined) errors.push(required(at, 'at least one of succeededCount or succeededIndexes must be specified'));
    if (succeededIndexes !== undefined) {
      if (Buffer.byteLength(succeededIndexes) > MAX_INDEXES_BYTES) errors.push(tooLong(at.child('succeededIndexes'), MAX_INDEXES_BYTES));
      const problem = indexesProblem(succeededIndexes, completions);
      if (problem !== undefined) errors.push(invalid(at.child('succeededIndexes'), succeededIndexes, `error parsing succeededIndexes: ${problem}`));
    }
    if (succeededCount === undefined) return;
    const countPath = at.child('succeededCount');
    errors.push(...validateNonNegative(succeededCount, countPath));
    if (succeededCount > completions) errors.push(invalid(countPath, succeededCount, `must be less than or equal to ${completions} (the number of specified completions)`));
    const total = succeededIndexes === undefined ? undefined : totalIndexes(succeededIndexes, completions);
    if (total !== undefined && succeededCount > total) {
      errors.push(invalid(countPath, succeededCount, `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`));
    }
  });
  return errors;
}

/** The internal struct, as Go's JSON shows it. */
export function goSuccessPolicy(policy: JobSpec['successPolicy']): object | null {
  return policy ? { Rules: policy.rules?.length ? policy.rules.map(({ succeededIndexes, succeededCount }) => ({ SucceededIndexes: succeededIndexes ?? null, SucceededCount: succeededCount ?? null })) : null } : null;
}

export function goFailurePolicy(policy: JobSpec['podFailurePolicy']): object | null {
  if (!policy) return null;
  return {
    Rules: policy.rules?.length
      ? policy.rules.map(({ action, onExitCodes, onPodConditions }) => ({
          Action: action,
          OnExitCodes: onExitCodes ? { ContainerName: onExitCodes.containerName ?? null, Operator: onExitCodes.operator, Values: onExitCodes.values?.length ? onExitCodes.values : null } : null,
          OnPodConditions: onPodConditions?.length ? onPodConditions.map(({ type, status }) => ({ Type: type, Status: status })) : null,
        }))
      : null,
  };
}
