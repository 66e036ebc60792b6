import { duplicate, invalid, Path, required, type FieldError } from '../../api/field.js';
import { nameIsDnsLabel } from '../../api/names.js';
import type { Toleration } from '../../api/types/core-v1.js';
import type { RuntimeClass } from '../../api/types/node-v1.js';
import { immutableField } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { validateLabels } from '../shared/label-validation.js';
import { deprecatedNodeLabel } from '../shared/node-labels.js';
import { validateRequirements } from '../shared/resource-requirements-validation.js';
import { validateContainerResourceName } from '../shared/resource-names.js';
import { validateTolerations } from '../shared/toleration-validation.js';
import { podTemplateValidationOptions } from '../shared/validation-options.js';

const HANDLER = Path.of('handler');
const SCHEDULING = Path.of('scheduling');
const OPTIONS = podTemplateValidationOptions();

/** The internal struct, as Go shows it. */
const goToleration = ({ key = '', operator = '', value = '', effect = '', tolerationSeconds }: Toleration): object => ({
  Key: key,
  Operator: operator,
  Value: value,
  Effect: effect,
  TolerationSeconds: tolerationSeconds ?? null,
});

function tolerationErrors(tolerations: readonly Toleration[], path: Path): FieldError[] {
  const seen = new Set<string>();
  const errors = validateTolerations(tolerations, path, OPTIONS);
  for (const [i, toleration] of tolerations.entries()) {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity)) errors.push(duplicate(path.index(i), goToleration(toleration)));
    seen.add(identity);
  }
  return errors;
}

function errorsOf({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  return [
    ...(handler ? nameIsDnsLabel(handler, false).map((text) => invalid(HANDLER, handler, text)) : [required(HANDLER)]),
    ...(overhead ? validateRequirements({ limits: overhead.podFixed ?? {} }, { nameErrors: validateContainerResourceName, claimNames: new Set(), options: OPTIONS }, Path.of('overhead')) : []),
    ...(scheduling ? [...validateLabels(scheduling.nodeSelector, SCHEDULING.child('nodeSelector')), ...tolerationErrors(scheduling.tolerations ?? [], SCHEDULING.child('tolerations'))] : []),
  ];
}

/** RuntimeClasses: https://kubernetes.io/docs/concepts/containers/runtime-class/ */
export const runtimeClassKind = defineKind<RuntimeClass>(
  { group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass' },
  {
    strategy: {
      metadata: 'lenient',
      generation: 'none',
      allowCreateOnUpdate: true,
      allowUnconditionalUpdate: false,
      validate: errorsOf,
      validateUpdate: (runtimeClass, old) => [...errorsOf(runtimeClass), ...immutableField(runtimeClass.handler, old.handler, HANDLER)],
      warnings: ({ scheduling }) =>
        Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
          const why = deprecatedNodeLabel(key);
          return why === undefined ? [] : [`${String(SCHEDULING.child('nodeSelector'))}: ${why}`];
        }),
    },
    cells: ({ metadata, handler }, nowMs) => [metadata.name, handler, age(metadata.creationTimestamp, nowMs)],
  },
);
