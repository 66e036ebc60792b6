import { invalid, Path, type FieldError } from '../../api/field.js';
import type { ResourceClaimTemplate, ResourceClaimTemplateSpec } from '../../api/types/resource-v1.js';
import type { Kind } from '../../registry/kind.js';
import { IMMUTABLE_TEXT, semanticEqual } from '../common/equality.js';
import { acceptExpressions, type ExpressionCompiler } from '../common/expressions.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { validateTemplateMetadata } from '../shared/claim-template-validation.js';
import { withoutEmpty } from '../shared/go-value.js';
import { adminAccessErrors, adminAccessPath, claimDefaults, claimErrors } from './device-claim.js';
import { goClaim } from './go-structs.js';

const SPEC = Path.of('spec');
const METADATA = SPEC.child('metadata');

function errorsOf({ spec }: ResourceClaimTemplate, compiler: ExpressionCompiler): FieldError[] {
  return [...validateTemplateMetadata(spec.metadata, METADATA), ...claimErrors(spec.spec.devices ?? {}, compiler, SPEC.child('spec', 'devices'))];
}

/** The internal struct, as Go shows it: metadata is embedded. */
const goSpec = ({ metadata, spec }: ResourceClaimTemplateSpec): object => ({
  ...(withoutEmpty(metadata) as object | undefined),
  Spec: goClaim(spec.devices ?? {}),
});

/** ResourceClaimTemplates: claims that are made for each pod. */
export function resourceClaimTemplateKind({ expressions = acceptExpressions }: KindEnvironment): Kind<ResourceClaimTemplate> {
  return defineKind<ResourceClaimTemplate>(
    { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaimTemplate' },
    {
      strategy: {
        generation: 'none',
        returnsDeleted: true,
        defaults({ spec }) {
          claimDefaults((spec.spec.devices ??= {}));
        },
        validate: (template, { namespace, reader }) => [
          // The path is that of a claim, in templates too.
          ...adminAccessErrors(adminAccessPath(template.spec.spec.devices ?? {}, SPEC.child('devices')), namespace, reader),
          ...errorsOf(template, expressions),
        ],
        validateUpdate: (template, old) => [...errorsOf(template, expressions), ...(semanticEqual(template.spec, old.spec) ? [] : [invalid(SPEC, goSpec(template.spec), IMMUTABLE_TEXT)])],
      },
      cells: ({ metadata }, nowMs) => [metadata.name, age(metadata.creationTimestamp, nowMs)],
    },
  );
}
