import { duplicate, invalid, notSupported, type Path, required, tooMany, type FieldError } from '../../api/field.js';
import { isDns1035Label, isDns1123Subdomain } from '../../api/names.js';
import type { MatchCondition, ParamKind, Variable } from '../../api/types/admissionregistration-v1.js';
import type { ExpressionCompiler, ExpressionScope } from '../common/expressions.js';
import { validateQualifiedName } from '../shared/simple-checks.js';
import { FAILURE_POLICIES } from './rules.js';

/** Rules of expressions that webhooks and both kinds of policies share. */

const MAX_CONDITIONS = 64;
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const RESERVED = new Set('true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '));

export type Scope = Omit<ExpressionScope, 'result'>;

/** All variables of a policy; there is no `variables` where there are none. */
export const allVariables = (variables: readonly Variable[] | undefined): Pick<Scope, 'variables'> => (variables && variables.length > 0 ? { variables: { of: variables, count: variables.length } } : {});

/** Errors of an expression that must be there. */
export function expressionErrors(expression: string, compiler: ExpressionCompiler, scope: ExpressionScope, path: Path, missing = ''): FieldError[] {
  if (expression.trim() === '') return [required(path, missing)];
  const problem = compiler.problem(expression, scope);
  return problem === undefined ? [] : [invalid(path, expression, problem)];
}

export function matchConditionErrors(conditions: readonly MatchCondition[] | undefined, compiler: ExpressionCompiler, hasParams: boolean, path: Path): FieldError[] {
  const list = conditions ?? [];
  const names = new Set<string>();
  const errors = list.flatMap(({ name, expression }, i) => {
    const at = path.index(i);
    const again = name !== '' && names.has(name);
    names.add(name);
    return [
      ...expressionErrors(expression.trim(), compiler, { hasParams, hasAuthorizer: true, result: 'bool' }, at.child('expression')),
      ...(name ? validateQualifiedName(name, at.child('name')) : [required(at.child('name'))]),
      ...(again ? [duplicate(at.child('name'), name)] : []),
    ];
  });
  return list.length > MAX_CONDITIONS ? [tooMany(path, list.length, MAX_CONDITIONS), ...errors] : errors;
}

export function variableErrors(variables: readonly Variable[] | undefined, compiler: ExpressionCompiler, hasParams: boolean, path: Path): FieldError[] {
  const list = variables ?? [];
  return list.flatMap(({ name, expression }, i) => {
    const at = path.index(i);
    const problem = name.trim() === '' ? [required(at.child('name'), 'name is not specified')] : IDENTIFIER.test(name) && !RESERVED.has(name) ? [] : [invalid(at.child('name'), name, 'must be a valid CEL identifier')];
    const scope: ExpressionScope = { hasParams, hasAuthorizer: true, variables: { of: list, count: i }, result: 'any' };
    return [...problem, ...expressionErrors(expression, compiler, scope, at.child('expression'), 'expression is not specified')];
  });
}

export function paramKindErrors(param: ParamKind | undefined, path: Path): FieldError[] {
  if (!param) return [];
  const { apiVersion = '', kind = '' } = param;
  const at = path.child('kind');
  const errors = apiVersion ? versionErrors(apiVersion, path.child('apiVersion')) : [required(path.child('apiVersion'))];
  if (!kind) return [...errors, required(at)];
  const problems = isDns1035Label(kind.toLowerCase());
  return problems.length > 0 ? [...errors, invalid(at, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`)] : errors;
}

function versionErrors(apiVersion: string, path: Path): FieldError[] {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [group, version] = parts.length === 2 ? (parts as [string, string]) : ['', apiVersion];
  const groupProblems = group ? isDns1123Subdomain(group) : [];
  const errors = groupProblems.length > 0 ? [invalid(path, group, groupProblems.join(','))] : [];
  if (!version) return [...errors, invalid(path, apiVersion, 'version must be specified')];
  const versionProblems = isDns1035Label(version);
  return versionProblems.length > 0 ? [...errors, invalid(path, version, versionProblems.join(','))] : errors;
}

export function failurePolicyErrors(policy: string | undefined, path: Path): FieldError[] {
  if (policy === undefined) return [required(path)];
  return FAILURE_POLICIES.includes(policy) ? [] : [notSupported(path, policy, FAILURE_POLICIES)];
}
