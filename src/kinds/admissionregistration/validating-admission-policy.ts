import { duplicate, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import type { AuditAnnotation, ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec, Validation } from '../../api/types/admissionregistration-v1.js';
import type { Kind, Strategy } from '../../registry/kind.js';
import { conditionsErrors } from '../common/conditions.js';
import { semanticEqual } from '../common/equality.js';
import { acceptExpressions, type ExpressionCompiler } from '../common/expressions.js';
import { keepMetadata } from '../common/keep-metadata.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { validateQualifiedName } from '../shared/simple-checks.js';
import { allVariables, expressionErrors, failurePolicyErrors, matchConditionErrors, paramKindErrors, type Scope, variableErrors } from './policy-expressions.js';
import { matchDefaults, matchErrors, staticNameWarnings } from './rules.js';

const SPEC = Path.of('spec');
const STATUS = Path.of('status');
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const MAX_ANNOTATIONS = 20;
const MAX_VALUE_EXPRESSION = 5 * 1024;

function validationErrors({ expression, message = '', messageExpression = '', reason }: Validation, compiler: ExpressionCompiler, scope: Scope, path: Path): FieldError[] {
  const errors = expressionErrors(expression, compiler, { ...scope, result: 'bool' }, path.child('expression'), 'expression is not specified');
  const [messagePath, messageExpressionPath] = [path.child('message'), path.child('messageExpression')];
  if (messageExpression) {
    if (messageExpression.trim() === '') errors.push(invalid(messageExpressionPath, messageExpression, 'must be non-empty if specified'));
    else errors.push(...expressionErrors(messageExpression, compiler, { ...scope, hasAuthorizer: false, result: 'string' }, messageExpressionPath));
  }
  if (message && message.trim() === '') errors.push(invalid(messagePath, message, 'must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(messagePath, message, 'must not contain line breaks'));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(path.child('reason'), reason, REASONS));
  return errors;
}

function annotationErrors({ key, valueExpression }: AuditAnnotation, policy: string, compiler: ExpressionCompiler, scope: Scope, path: Path): FieldError[] {
  const at = path.child('valueExpression');
  const tooLong = Buffer.byteLength(valueExpression.trim()) > MAX_VALUE_EXPRESSION;
  return [
    ...(policy ? validateQualifiedName(`${policy}/${key}`, path.child('key')) : [invalid(path.child('key'), key, 'requires metadata.name be non-empty')]),
    ...(tooLong
      ? [required(at, `must not exceed ${MAX_VALUE_EXPRESSION} bytes in length`)]
      : expressionErrors(valueExpression, compiler, { ...scope, result: 'string or null' }, at, 'valueExpression is not specified')),
  ];
}

/** What the policy checks, and what it tells the audit log. */
function contentErrors({ validations = [], auditAnnotations = [], paramKind, variables }: ValidatingAdmissionPolicySpec, policy: string, compiler: ExpressionCompiler): FieldError[] {
  const [checksPath, annotationsPath] = [SPEC.child('validations'), SPEC.child('auditAnnotations')];
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const text = 'validations or auditAnnotations must contain at least one item';
    return [required(checksPath, text), required(annotationsPath, text)];
  }
  const scope: Scope = { hasParams: paramKind !== undefined, hasAuthorizer: true, ...allVariables(variables) };
  return [
    ...validations.flatMap((validation, i) => validationErrors(validation, compiler, scope, checksPath.index(i))),
    ...(auditAnnotations.length > MAX_ANNOTATIONS ? [invalid(annotationsPath, auditAnnotations, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`)] : []),
    ...auditAnnotations.flatMap((annotation, i) => [
      ...annotationErrors(annotation, policy, compiler, scope, annotationsPath.index(i)),
      ...(auditAnnotations.findIndex(({ key }) => key === annotation.key) < i ? [duplicate(annotationsPath.index(i).child('key'), annotation.key)] : []),
    ]),
  ];
}

function errorsOf({ metadata, spec }: ValidatingAdmissionPolicy, old: ValidatingAdmissionPolicy | undefined, compiler: ExpressionCompiler): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints, matchConditions, variables } = spec;
  const hasParams = paramKind !== undefined;
  const match = SPEC.child('matchConstraints');
  const sameConditions = old !== undefined && semanticEqual(paramKind, old.spec.paramKind) && semanticEqual(matchConditions, old.spec.matchConditions);
  return [
    ...failurePolicyErrors(failurePolicy, SPEC.child('failurePolicy')),
    ...paramKindErrors(paramKind, SPEC.child('paramKind')),
    ...(matchConstraints ? matchErrors(matchConstraints, match) : [required(match)]),
    ...(matchConstraints && (matchConstraints.resourceRules ?? []).length === 0 ? [required(match.child('resourceRules'))] : []),
    ...(sameConditions ? [] : matchConditionErrors(matchConditions, compiler, hasParams, SPEC.child('matchConditions'))),
    ...variableErrors(variables, compiler, hasParams, SPEC.child('variables')),
    ...contentErrors(spec, metadata.name, compiler),
  ];
}

function statusErrors({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const path = STATUS.child('typeChecking', 'expressionWarnings');
  const warnings = (status?.typeChecking?.expressionWarnings ?? []).flatMap(({ warning, fieldRef }, i) => [
    ...(warning ? [] : [required(path.index(i).child('warning'))]),
    ...(fieldRef.trim() ? [] : [required(path.index(i).child('fieldRef'))]),
  ]);
  return [...warnings, ...conditionsErrors(status?.conditions, STATUS.child('conditions'))];
}

/** ValidatingAdmissionPolicies: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ */
export function validatingAdmissionPolicyKind({ expressions = acceptExpressions }: KindEnvironment): Kind<ValidatingAdmissionPolicy> {
  const strategy: Strategy<ValidatingAdmissionPolicy> = {
    metadata: 'lenient',
    generation: 'spec',
    allowUnconditionalUpdate: false,
    defaults({ spec }) {
      spec.failurePolicy ??= 'Fail';
      matchDefaults(spec.matchConstraints);
    },
    prepareForCreate(policy) {
      policy.status = {};
    },
    validate: (policy) => errorsOf(policy, undefined, expressions),
    validateUpdate: (policy, old) => errorsOf(policy, old, expressions),
    warnings: ({ metadata }) => staticNameWarnings(metadata.name),
    resetFields: [['status']],
  };
  const statusRoute = statusStrategy(strategy, {
    prepareForUpdate(policy, old) {
      policy.spec = old.spec;
      keepMetadata(policy, old);
    },
    validateUpdate: statusErrors,
    warnings: ({ metadata }) => staticNameWarnings(metadata.name),
    resetFields: [['spec'], ['metadata']],
  });
  return defineKind<ValidatingAdmissionPolicy>(
    { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicy' },
    {
      strategy,
      subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
      cells: ({ metadata, spec }, nowMs) => [
        metadata.name,
        (spec.validations ?? []).length,
        spec.paramKind ? `${spec.paramKind.apiVersion ?? ''}/${spec.paramKind.kind ?? ''}` : '<unset>',
        age(metadata.creationTimestamp, nowMs),
      ],
    },
  );
}
