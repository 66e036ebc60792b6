import { invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import type { MutatingAdmissionPolicy, Mutation } from '../../api/types/admissionregistration-v1.js';
import type { Kind } from '../../registry/kind.js';
import { semanticEqual } from '../common/equality.js';
import { acceptExpressions, type ExpressionCompiler } from '../common/expressions.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { allVariables, expressionErrors, failurePolicyErrors, matchConditionErrors, paramKindErrors, type Scope, variableErrors } from './policy-expressions.js';
import { matchDefaults, matchErrors, mutatingOperationErrors, REINVOCATION_POLICIES, staticNameWarnings } from './rules.js';

const SPEC = Path.of('spec');

function mutationErrors({ patchType, jsonPatch, applyConfiguration }: Mutation, compiler: ExpressionCompiler, scope: Scope, path: Path): FieldError[] {
  const [patch, apply] = [path.child('jsonPatch'), path.child('applyConfiguration')];
  if (!patchType) return [required(path.child('patchType'))];
  if (patchType === 'JSONPatch') {
    return [
      ...(jsonPatch ? expressionErrors((jsonPatch.expression ?? '').trim(), compiler, { ...scope, result: 'JSON patch' }, patch.child('expression')) : [required(patch, 'must be specified when patchType is JSONPatch')]),
      ...(applyConfiguration ? [invalid(apply, '{applyConfiguration}', 'must not be specified when patchType is JSONPatch')] : []),
    ];
  }
  if (patchType === 'ApplyConfiguration') {
    return [
      ...(applyConfiguration
        ? expressionErrors((applyConfiguration.expression ?? '').trim(), compiler, { ...scope, result: 'apply configuration' }, apply.child('expression'))
        : [required(apply, 'must be specified when patchType is ApplyConfiguration')]),
      ...(jsonPatch ? [invalid(patch, '{jsonPatch}', 'must not be specified when patchType is ApplyConfiguration')] : []),
    ];
  }
  return [notSupported(path.child('patchType'), patchType, ['ApplyConfiguration', 'JSONPatch'])];
}

function errorsOf({ spec }: MutatingAdmissionPolicy, old: MutatingAdmissionPolicy | undefined, compiler: ExpressionCompiler): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints, matchConditions, variables, mutations = [], reinvocationPolicy } = spec;
  const hasParams = paramKind !== undefined;
  const [match, list, again] = [SPEC.child('matchConstraints'), SPEC.child('mutations'), SPEC.child('reinvocationPolicy')];
  const sameConditions = old !== undefined && semanticEqual(paramKind, old.spec.paramKind) && semanticEqual(matchConditions, old.spec.matchConditions);
  const scope: Scope = { hasParams, hasAuthorizer: true, ...allVariables(variables) };
  return [
    ...failurePolicyErrors(failurePolicy, SPEC.child('failurePolicy')),
    ...paramKindErrors(paramKind, SPEC.child('paramKind')),
    ...(matchConstraints ? matchErrors(matchConstraints, match) : [required(match)]),
    ...(matchConstraints && (matchConstraints.resourceRules ?? []).length === 0 ? [required(match.child('resourceRules'))] : []),
    ...mutatingOperationErrors(matchConstraints, match),
    ...(sameConditions ? [] : matchConditionErrors(matchConditions, compiler, hasParams, SPEC.child('matchConditions'))),
    ...variableErrors(variables, compiler, hasParams, SPEC.child('variables')),
    ...(mutations.length === 0 ? [required(list, 'mutations must contain at least one item')] : mutations.flatMap((mutation, i) => mutationErrors(mutation, compiler, scope, list.index(i)))),
    ...(!reinvocationPolicy ? [required(again)] : REINVOCATION_POLICIES.includes(reinvocationPolicy) ? [] : [notSupported(again, reinvocationPolicy, REINVOCATION_POLICIES)]),
  ];
}

/** MutatingAdmissionPolicies: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/ */
export function mutatingAdmissionPolicyKind({ expressions = acceptExpressions }: KindEnvironment): Kind<MutatingAdmissionPolicy> {
  return defineKind<MutatingAdmissionPolicy>(
    { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicy' },
    {
      strategy: {
        metadata: 'lenient',
        generation: 'spec',
        allowUnconditionalUpdate: false,
        defaults({ spec }) {
          spec.failurePolicy ??= 'Fail';
          matchDefaults(spec.matchConstraints);
        },
        validate: (policy) => errorsOf(policy, undefined, expressions),
        validateUpdate: (policy, old) => errorsOf(policy, old, expressions),
        warnings: ({ metadata }) => staticNameWarnings(metadata.name),
      },
      cells: ({ metadata, spec }, nowMs) => [
        metadata.name,
        (spec.mutations ?? []).length,
        spec.paramKind ? `${spec.paramKind.apiVersion ?? ''}/${spec.paramKind.kind ?? ''}` : '<unset>',
        age(metadata.creationTimestamp, nowMs),
      ],
    },
  );
}
