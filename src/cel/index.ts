import type { Expr } from './ast.js';
import { Checker } from './checker.js';
import { CompileError } from './compile-error.js';
import { Evaluation, type Variables } from './evaluator.js';
import type { Library, Overload } from './functions.js';
import { formatLibrary } from './library/formats.js';
import { kubernetesLibrary } from './library/kubernetes.js';
import { listLibrary } from './library/lists.js';
import { standardLibrary } from './library/standard.js';
import { stringLibrary } from './library/strings.js';
import { parse } from './parser.js';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, type ObjectType, STRING, TIMESTAMP, type Type, typeText, UINT } from './types.js';
import type { Value } from './values.js';

export { CompileError } from './compile-error.js';
export { CostLimitError, plainJson } from './evaluator.js';
export { define, type Library } from './functions.js';
export * as types from './types.js';
export type { ObjectType, Type } from './types.js';
export { EvalError, fromJson, LiteralStruct, MapValue, Optional, StructValue, typeName, type Value } from './values.js';

/** Units of work that one evaluation may do, as in Kubernetes. */
export const PER_CALL_LIMIT = 1_000_000;

export interface EnvironmentOptions {
  /** Types of variables by name. */
  readonly variables: Readonly<Record<string, Type>>;
  /** Functions beyond those that all of Kubernetes' expressions have. */
  readonly libraries?: readonly Library[];
  /** Types beyond these, by their names: those that there is no end of. */
  readonly objectType?: (name: string) => ObjectType | undefined;
}

/** What an evaluation gave, and the units of work that it took. */
export interface Outcome {
  readonly value: Value;
  readonly cost: number;
}

export interface Program {
  readonly type: Type;
  /** The expression's parts, with their types. */
  readonly expr: Expr;
  /**
   * Variables are CEL values: see `fromJson`. Throws EvalError, and CostLimitError when more than `limit` units of work
   * (PER_CALL_LIMIT unless given) would be needed.
   */
  evaluate(variables: Variables | Readonly<Record<string, Value>>, limit?: number): Outcome;
}

let base: ReadonlyMap<string, readonly Overload[]> | undefined;

function index(libraries: readonly Library[]): ReadonlyMap<string, readonly Overload[]> {
  const functions = new Map<string, Overload[]>();
  for (const overload of libraries.flat()) functions.set(overload.name, [...(functions.get(overload.name) ?? []), overload]);
  return functions;
}

const typeNamed = (of: Type): Type => ({ kind: 'type', of });

/** Names of types, which are values too. */
const TYPE_NAMES: Readonly<Record<string, Type>> = {
  bool: typeNamed(BOOL),
  int: typeNamed(INT),
  uint: typeNamed(UINT),
  double: typeNamed(DOUBLE),
  string: typeNamed(STRING),
  bytes: typeNamed(BYTES),
  list: typeNamed(listOf(DYN)),
  map: typeNamed(mapOf(DYN, DYN)),
  null_type: typeNamed(NULL),
  type: typeNamed({ kind: 'type', of: DYN }),
  'google.protobuf.Timestamp': typeNamed(TIMESTAMP),
  'google.protobuf.Duration': typeNamed(DURATION),
};

/**
 * Expressions of the Common Expression Language as Kubernetes has them (https://kubernetes.io/docs/reference/using-api/cel/):
 * its libraries, checked types, and a bound on the work that an evaluation does.
 */
export class Environment {
  private readonly functions: ReadonlyMap<string, readonly Overload[]>;

  constructor(private readonly options: EnvironmentOptions) {
    base ??= index([standardLibrary(), stringLibrary(), listLibrary(), kubernetesLibrary(), formatLibrary()]);
    const { libraries = [] } = options;
    if (libraries.length === 0) this.functions = base;
    else {
      const added = index(libraries);
      this.functions = new Map([...base, ...[...added].map(([name, overloads]) => [name, [...(base?.get(name) ?? []), ...overloads]] as const)]);
    }
  }

  /** The same with more variables. */
  extend(variables: Readonly<Record<string, Type>>): Environment {
    return new Environment({ ...this.options, variables: { ...this.options.variables, ...variables } });
  }

  /**
   * Throws CompileError with cel-go's text, its places included.
   * @param wanted what the expression must give; anything where there is none
   */
  compile(source: string, wanted: readonly Type[] = []): Program {
    const expr = parse(source);
    const { variables, objectType } = this.options;
    const typeOf = (name: string): Type | undefined => {
      if (Object.hasOwn(variables, name)) return variables[name];
      if (Object.hasOwn(TYPE_NAMES, name)) return TYPE_NAMES[name];
      const found = objectType?.(name);
      return found && typeNamed(found);
    };
    const checker = new Checker({ variable: typeOf, functions: this.functions });
    const type = checker.check(expr);
    if (checker.issues.length > 0) throw new CompileError(source, checker.issues.toSorted((a, b) => a.at - b.at));
    if (wanted.length > 0 && type.kind !== 'dyn' && !wanted.some((one) => typeText(one) === typeText(type))) throw new WrongTypeError(type);
    const { functions } = this;
    return {
      type,
      expr,
      evaluate(given, limit = PER_CALL_LIMIT) {
        const lookUp: Variables = typeof given === 'function' ? given : (name) => (Object.hasOwn(given, name) ? given[name] : undefined);
        const evaluation = new Evaluation(functions, typeOf, lookUp, limit);
        const value = evaluation.run(expr);
        return { value, cost: Math.ceil(evaluation.cost) };
      },
    };
  }
}

/** An expression that gives something else than is wanted; the caller knows how that is said. */
export class WrongTypeError extends Error {
  constructor(readonly type: Type) {
    super(`the expression gives ${typeText(type)}`);
  }
}
