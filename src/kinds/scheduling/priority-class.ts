import { forbidden, notSupported, Path, required, type FieldError } from '../../api/field.js';
import type { PriorityClass } from '../../api/types/scheduling-v1.js';
import { immutableField } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';

const SYSTEM_PREFIX = 'system-';
/** The classes that may have the prefix, with their values. */
const SYSTEM_CLASSES: ReadonlyMap<string, number> = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
]);
const HIGHEST_FOR_USERS = 1_000_000_000;
const POLICIES = ['PreemptLowerPriority', 'Never'];
const VALUE = Path.of('value');
const POLICY = Path.of('preemptionPolicy');

function systemProblem({ metadata, value = 0, globalDefault = false }: PriorityClass): string | undefined {
  const { name } = metadata;
  const known = SYSTEM_CLASSES.get(name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function errorsOf(priorityClass: PriorityClass): FieldError[] {
  const { metadata, value = 0, preemptionPolicy } = priorityClass;
  const errors: FieldError[] = [];
  if (metadata.name.startsWith(SYSTEM_PREFIX)) {
    const problem = systemProblem(priorityClass);
    if (problem !== undefined) errors.push(forbidden(Path.of('metadata', 'name'), `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`));
  } else if (value > HIGHEST_FOR_USERS) errors.push(forbidden(VALUE, `maximum allowed value of a user defined priority is ${HIGHEST_FOR_USERS}`));
  if (preemptionPolicy === '') errors.push(required(POLICY));
  else if (preemptionPolicy !== undefined && !POLICIES.includes(preemptionPolicy)) errors.push(notSupported(POLICY, preemptionPolicy, POLICIES));
  return errors;
}

/** PriorityClasses: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
export const priorityClassKind = defineKind<PriorityClass>(
  { group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass' },
  {
    strategy: {
      // 1 for ever: nothing of it can change that would count.
      generation: 'none',
      defaults(priorityClass) {
        priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
      },
      prepareForCreate({ metadata }) {
        metadata.generation = 1;
      },
      validate: errorsOf,
      validateUpdate: (priorityClass, old) => [
        ...((priorityClass.value ?? 0) === (old.value ?? 0) ? [] : [forbidden(VALUE, 'may not be changed in an update.')]),
        ...immutableField(priorityClass.preemptionPolicy, old.preemptionPolicy, POLICY),
      ],
    },
    cells: ({ metadata, value, globalDefault, preemptionPolicy }, nowMs) => [metadata.name, value ?? 0, globalDefault ?? false, age(metadata.creationTimestamp, nowMs), preemptionPolicy ?? ''],
  },
);
