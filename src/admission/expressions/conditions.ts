import type { MatchCondition } from '../../api/types/admissionregistration-v1.js';
import { type Activation, type Compiled, EvaluationProblem, OutOfBudget } from './activation.js';
import { compileExpression, ExpressionProblem, type Scope } from './compiler.js';

/** Expressions that decide whether a webhook or a policy is concerned: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions */

/** An expression, compiled if it can be. */
export function compiled(expression: string, scope: Scope): Compiled {
  try {
    return { expression, program: compileExpression(expression, scope), problem: '' };
  } catch (error) {
    if (error instanceof ExpressionProblem) return { expression, program: undefined, problem: error.message };
    throw error;
  }
}

const kept = new WeakMap<readonly MatchCondition[], readonly Compiled[]>();

/** Conditions of a webhook, compiled once for each version of its configuration. */
export function compiledConditions(conditions: readonly MatchCondition[]): readonly Compiled[] {
  let found = kept.get(conditions);
  if (!found) kept.set(conditions, (found = conditions.map(({ expression }) => compiled(expression, { hasParams: false, hasAuthorizer: true, result: 'bool' }))));
  return found;
}

/** Whether all conditions hold; what could not be evaluated, if none is false and some could not. */
export function conditionsHold(conditions: readonly Compiled[], activation: Activation): boolean | Error {
  const problems: string[] = [];
  for (const condition of conditions) {
    let value;
    try {
      value = activation.evaluate(condition);
    } catch (error) {
      if (error instanceof OutOfBudget) return error;
      throw error;
    }
    if (value instanceof EvaluationProblem) problems.push(value.message);
    else if (value === false) return false;
  }
  if (problems.length === 0) return true;
  return new Error(problems.length === 1 ? problems[0] : `[${[...new Set(problems)].join(', ')}]`);
}
