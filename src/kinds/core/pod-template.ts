import { Path } from '../../api/field.js';
import type { PodTemplate } from '../../api/types/core-v1.js';
import { nameIsDnsSubdomain } from '../../api/names.js';
import type { Kind } from '../../registry/kind.js';
import { defineKind } from '../define-kind.js';
import { containerImages, containerNames, labelText } from '../shared/container-cells.js';
import { dropDisabledFields } from '../shared/disabled-fields.js';
import { podTemplateDefaults } from '../shared/pod-spec-defaults.js';
import { validatePodTemplate } from '../shared/pod-spec-validation.js';
import { podWarnings } from '../shared/pod-warnings.js';
import { semanticEqual } from '../shared/semantic-equal.js';
import { podTemplateValidationOptions } from '../shared/validation-options.js';

const TEMPLATE = Path.of('template');

/** PodTemplates: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/ */
export const podTemplateKind: Kind<PodTemplate> = defineKind<PodTemplate>(
  { group: '', version: 'v1', kind: 'PodTemplate' },
  {
    strategy: {
      returnsDeleted: true,
      defaults: (object) => podTemplateDefaults((object.template ??= {})),
      nameErrors: nameIsDnsSubdomain,
      prepareForCreate: ({ template }) => {
        if (template?.spec) dropDisabledFields(template.spec);
      },
      prepareForUpdate: ({ template }, old) => {
        if (template?.spec) dropDisabledFields(template.spec, old.template?.spec);
      },
      validate: ({ template }) => validatePodTemplate(template, TEMPLATE, podTemplateValidationOptions()),
      validateUpdate: ({ template }, old) => validatePodTemplate(template, TEMPLATE, podTemplateValidationOptions(old.template)),
      warnings: ({ template }, old) => {
        if (!template?.spec || (old && semanticEqual(template, old.template))) return [];
        return podWarnings({ metadata: template.metadata, spec: template.spec, path: TEMPLATE, isTemplate: true });
      },
      generation: 'spec',
    },
    cells: ({ metadata, template }) => [metadata.name, containerNames(template?.spec?.containers), containerImages(template?.spec?.containers), labelText(template?.metadata?.labels)],
  },
);
