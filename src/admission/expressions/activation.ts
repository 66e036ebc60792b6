import { CostLimitError, EvalError, fromJson, PER_CALL_LIMIT, type Program, StructValue, types, type Value } from '../../cel/index.js';
import type { KubeObject } from '../../api/object.js';
import { authorizerOf, requestResourceOf } from '../authorizer-library.js';
import type { AdmissionAttributes, Authorizer } from '../types.js';
import { admissionRequest, type Shown } from '../webhooks/review.js';
import { NAMESPACE, objectType, REQUEST } from './variable-types.js';

/** Units of work that all checks of a policy may do together, and all its conditions. */
export const BUDGET = 10_000_000;
export const CONDITIONS_BUDGET = 2_500_000;

/** More work would be needed than all expressions may do together. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run');
  }
}

export class Budget {
  constructor(private left: number) {}

  /** How much one evaluation may do. */
  get perCall(): number {
    return Math.min(this.left, PER_CALL_LIMIT);
  }

  get isShort(): boolean {
    return this.left < PER_CALL_LIMIT;
  }

  /** Throws OutOfBudget. */
  spend(cost: number): void {
    if (cost > this.left) throw new OutOfBudget();
    this.left -= cost;
  }
}

/** An expression as it was written, and its program or why there is none. */
export interface Compiled {
  readonly expression: string;
  readonly program: Program | undefined;
  readonly problem: string;
}

export interface ActivationOptions {
  readonly attributes: AdmissionAttributes;
  readonly shown: Shown;
  readonly authorizer: Authorizer;
  readonly params?: KubeObject | undefined;
  readonly namespace?: KubeObject | undefined;
  readonly variables?: ReadonlyMap<string, Compiled> | undefined;
  readonly budget: Budget;
}

/** What expressions see of one write. Values are made when they are asked for, variables once. */
export class Activation {
  private readonly made = new Map<string, Value | undefined>();

  constructor(private readonly options: ActivationOptions) {}

  /** The value of an expression, or what went wrong. Throws OutOfBudget. */
  evaluate({ expression, program, problem }: Compiled): Value | EvaluationProblem {
    if (!program) return new EvaluationProblem(`compilation error: ${problem}`);
    try {
      return this.run(program);
    } catch (error) {
      if (error instanceof EvalError || error instanceof CostLimitError) return new EvaluationProblem(`expression '${expression}' resulted in error: ${error.message}`);
      // Variables that name variables that name variables: the only way in which an evaluation goes deeper than its expression.
      if (error instanceof RangeError) return new EvaluationProblem(`expression '${expression}' resulted in error: ${error.message}`);
      throw error;
    }
  }

  private run(program: Program): Value {
    const { budget } = this.options;
    try {
      const { value, cost } = program.evaluate(this.lookUp, budget.perCall);
      budget.spend(cost);
      return value;
    } catch (error) {
      if (error instanceof CostLimitError) {
        if (budget.isShort) throw new OutOfBudget();
        budget.spend(PER_CALL_LIMIT);
      }
      throw error;
    }
  }

  private readonly lookUp = (name: string): Value | undefined => {
    if (!this.made.has(name)) this.made.set(name, this.valueOf(name));
    return this.made.get(name);
  };

  private valueOf(name: string): Value | undefined {
    const { attributes, shown, authorizer, params, namespace, variables } = this.options;
    switch (name) {
      case 'object':
        return fromJson(shown.object ?? null, types.DYN);
      case 'oldObject':
        return fromJson(shown.oldObject ?? null, types.DYN);
      case 'request':
        return fromJson(admissionRequest(attributes, shown.as), REQUEST);
      case 'params':
        return fromJson(params ?? null, types.DYN);
      case 'namespaceObject':
        return fromJson(namespace ? shownNamespace(namespace) : null, NAMESPACE);
      case 'authorizer':
        return authorizerOf(attributes.user, authorizer);
      case 'authorizer.requestResource':
        return requestResourceOf(attributes, authorizer);
      case 'variables':
        return variables && new LazyVariables(variables, (compiled) => this.variable(compiled));
      default:
        return undefined;
    }
  }

  private variable([name, { program, problem }]: readonly [string, Compiled]): Value {
    if (!program) throw new EvalError(`composited variable ${JSON.stringify(name)} fails to compile: ${problem}`);
    try {
      return this.run(program);
    } catch (error) {
      if (error instanceof EvalError || error instanceof CostLimitError) throw new EvalError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`);
      throw error;
    }
  }
}

/** What an expression failed with, with Kubernetes' text. */
export class EvaluationProblem {
  constructor(readonly message: string) {}
}

const VARIABLES = objectType('kubernetes.variables');

class LazyVariables extends StructValue {
  private readonly values = new Map<string, Value | EvalError>();

  constructor(
    private readonly variables: ReadonlyMap<string, Compiled>,
    private readonly evaluate: (variable: readonly [string, Compiled]) => Value,
  ) {
    super({}, VARIABLES);
  }

  override get(name: string): Value | undefined {
    const variable = this.variables.get(name);
    if (!variable) return undefined;
    let value = this.values.get(name);
    if (value === undefined) this.values.set(name, (value = this.attempt(name, variable)));
    if (value instanceof EvalError) throw value;
    return value;
  }

  private attempt(name: string, variable: Compiled): Value | EvalError {
    try {
      return this.evaluate([name, variable]);
    } catch (error) {
      if (error instanceof EvalError) return error;
      throw error;
    }
  }
}

/** A namespace without what expressions do not see of it. */
function shownNamespace(namespace: KubeObject): object {
  const { managedFields: _fields, ownerReferences: _owners, ...metadata } = namespace.metadata;
  return { ...namespace, metadata };
}
