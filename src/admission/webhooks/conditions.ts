import { CostLimitError, EvalError, Environment, fromJson, types, type Program, type Value } from '../../cel/index.js';
import type { MatchCondition } from '../../api/types/admissionregistration-v1.js';
import type { AdmissionAttributes, Authorizer } from '../types.js';
import { authorizerLibrary, AUTHORIZER_TYPE, authorizerOf, REQUEST_RESOURCE_TYPE, requestResourceOf } from '../authorizer-library.js';
import { admissionReview, type Shown } from './review.js';

/** Expressions that decide whether a webhook is called: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions */

/** Units of work that all conditions of a webhook may do together (RuntimeCELCostBudgetMatchConditions). */
const BUDGET = 2_500_000;

let environment: Environment | undefined;
const programs = new Map<string, Program | Error>();
const MAX_PROGRAMS = 1000;

/** Compiles a condition, or says why it cannot be. Compiled ones are kept. */
export function compileCondition(expression: string): Program | Error {
  let program = programs.get(expression);
  if (program) return program;
  environment ??= new Environment({
    variables: { object: types.DYN, oldObject: types.DYN, request: types.DYN, authorizer: AUTHORIZER_TYPE, 'authorizer.requestResource': REQUEST_RESOURCE_TYPE },
    libraries: [authorizerLibrary],
  });
  try {
    program = environment.compile(expression, [types.BOOL]);
  } catch (error) {
    program = error as Error;
  }
  if (programs.size >= MAX_PROGRAMS) programs.clear();
  programs.set(expression, program);
  return program;
}

/** Whether all conditions hold; what could not be evaluated, if none is false and some could not. */
export function conditionsHold(conditions: readonly MatchCondition[], attributes: AdmissionAttributes, shown: Shown, authorizer: Authorizer): boolean | Error {
  const variables = variablesOf(attributes, shown, authorizer);
  const problems: string[] = [];
  let budget = BUDGET;
  for (const { expression } of conditions) {
    const program = compileCondition(expression);
    try {
      if (program instanceof Error) throw program;
      const { value, cost } = program.evaluate(variables, budget);
      budget -= cost;
      if (value === false) return false;
    } catch (error) {
      if (error instanceof CostLimitError) return new Error('validation failed due to running out of cost budget, no further validation rules will be run');
      if (!(error instanceof EvalError) && !(program instanceof Error)) throw error;
      problems.push(`expression '${expression}' resulted in error: ${(error as Error).message}`);
    }
  }
  if (problems.length === 0) return true;
  return new Error(problems.length === 1 ? problems[0] : `[${[...new Set(problems)].join(', ')}]`);
}

function variablesOf(attributes: AdmissionAttributes, shown: Shown, authorizer: Authorizer): (name: string) => Value | undefined {
  const { request } = admissionReview('v1', '', attributes, shown) as { request: Record<string, unknown> };
  delete request['uid'];
  delete request['object'];
  delete request['oldObject'];
  const given: Record<string, () => Value> = {
    object: () => fromJson(shown.object ?? null, types.DYN),
    oldObject: () => fromJson(shown.oldObject ?? null, types.DYN),
    request: () => fromJson(request, types.DYN),
    authorizer: () => authorizerOf(attributes.user, authorizer),
    'authorizer.requestResource': () => requestResourceOf(attributes, authorizer),
  };
  return (name) => (Object.hasOwn(given, name) ? given[name]?.() : undefined);
}
