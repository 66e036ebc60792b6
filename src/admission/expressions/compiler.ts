import { CompileError, define, Environment, type Library, types, type Program } from '../../cel/index.js';
import { DEVICE } from '../../cel/device-type.js';
import { authorizerLibrary, AUTHORIZER_TYPE, REQUEST_RESOURCE_TYPE } from '../authorizer-library.js';
import { CONFIGURATION, declaredType, goTypeText, JSON_PATCH, NAMESPACE, objectType, REQUEST } from './variable-types.js';

/** Compiles expressions of policies, of match conditions and of device selectors. */

export type ExpressionResult = 'bool' | 'string' | 'string or null' | 'any' | 'apply configuration' | 'JSON patch';

/** What an expression may use beyond the request, and what it must come to. */
export interface Scope {
  /** Expressions of admission look at a request; those of device selectors at a device. */
  readonly about?: 'device' | undefined;
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  readonly result: ExpressionResult;
  /** Those that `variables.NAME` names: the first so many of the policy's. */
  readonly variables?: { readonly of: readonly NamedExpression[]; readonly count: number } | undefined;
}

export interface NamedExpression {
  readonly name: string;
  readonly expression: string;
}

/** An expression that does not compile, or gives what is not wanted; the text is Kubernetes'. */
export class ExpressionProblem extends Error {}

const WANTED: Readonly<Record<ExpressionResult, readonly types.Type[]>> = {
  bool: [types.BOOL],
  string: [types.STRING],
  'string or null': [types.STRING, types.NULL],
  any: [],
  'apply configuration': [CONFIGURATION],
  'JSON patch': [types.listOf(JSON_PATCH)],
};

const escapeKey = (key: string): string => key.replaceAll(/[~/]/g, (sign) => (sign === '/' ? '~1' : '~0'));
const jsonPatchLibrary: Library = [define('jsonpatch.escapeKey(string): string', escapeKey)];

const environments = new Map<string, Environment>();

function environmentOf({ about, hasParams, hasAuthorizer, result }: Scope): Environment {
  const makesPatch = result === 'apply configuration' || result === 'JSON patch';
  const key = `${about ?? ''}${hasParams}${hasAuthorizer}${makesPatch}`;
  let environment = environments.get(key);
  if (environment) return environment;
  environment =
    about === 'device'
      ? new Environment({ variables: { device: DEVICE } })
      : new Environment({
          variables: {
            object: types.DYN,
            oldObject: types.DYN,
            namespaceObject: NAMESPACE,
            request: REQUEST,
            ...(hasParams ? { params: types.DYN } : {}),
            ...(hasAuthorizer ? { authorizer: AUTHORIZER_TYPE, 'authorizer.requestResource': REQUEST_RESOURCE_TYPE } : {}),
          },
          libraries: [authorizerLibrary, ...(makesPatch ? [jsonPatchLibrary] : [])],
          ...(makesPatch ? { objectType: typeNamed } : {}),
        });
  environments.set(key, environment);
  return environment;
}

function typeNamed(name: string): types.ObjectType | undefined {
  if (name === 'JSONPatch') return JSON_PATCH;
  return name === 'Object' || name.startsWith('Object.') ? objectType(name) : undefined;
}

/** Compiles an expression. Throws ExpressionProblem. */
export function compileExpression(expression: string, scope: Scope): Program {
  const environment = environmentOf(scope);
  const program = attempt(expression, scope.variables ? environment.extend({ variables: variablesType(scope.variables.of, scope.variables.count, scope.hasParams) }) : environment);
  const wanted = WANTED[scope.result];
  const { type } = program;
  if (wanted.length === 0 || wanted.some((one) => types.sameType(one, type))) return program;
  const found = goTypeText(type);
  if (scope.about === 'device') {
    if (type.kind === 'dyn') return program;
    throw new ExpressionProblem(`must evaluate to bool or the unknown type, not ${found}`);
  }
  const texts = wanted.map(goTypeText);
  throw new ExpressionProblem(`must evaluate to ${texts.length === 1 ? texts[0] : `one of [${texts.join(' ')}]`} but got ${found}`);
}

function attempt(expression: string, environment: Environment): Program {
  try {
    return environment.compile(expression);
  } catch (error) {
    if (error instanceof CompileError) throw new ExpressionProblem(`compilation failed: ${error.message}`);
    throw error;
  }
}

/** Types of a policy's variables: each may use those before it, and is compiled once for all expressions that use it. */
class VariableTypes {
  private readonly types: types.Type[] = [];
  private readonly places = new Map<string, number[]>();

  constructor(
    private readonly variables: readonly NamedExpression[],
    private readonly hasParams: boolean,
  ) {}

  typeOf(name: string, count: number): types.Type | undefined {
    this.compile(count);
    const place = this.places.get(name)?.findLast((at) => at < count);
    return place === undefined ? undefined : this.types[place];
  }

  private compile(count: number): void {
    while (this.types.length < count) {
      const at = this.types.length;
      const { name, expression } = this.variables[at] as NamedExpression;
      // Found before it is looked for: a variable sees only those before it.
      this.types.push(types.DYN);
      this.types[at] = declaredType(this.resultOf(expression, at));
      this.places.set(name, [...(this.places.get(name) ?? []), at]);
    }
  }

  private resultOf(expression: string, count: number): types.Type | undefined {
    try {
      return compileExpression(expression, { hasParams: this.hasParams, hasAuthorizer: true, result: 'any', variables: { of: this.variables, count } }).type;
    } catch (error) {
      if (error instanceof ExpressionProblem) return undefined;
      throw error;
    }
  }
}

const known = new WeakMap<readonly NamedExpression[], VariableTypes>();

function variablesType(of: readonly NamedExpression[], count: number, hasParams: boolean): types.ObjectType {
  let all = known.get(of);
  if (!all) known.set(of, (all = new VariableTypes(of, hasParams)));
  return { kind: 'object', name: 'kubernetes.variables', field: (name) => all.typeOf(name, count) };
}

/** What is wrong with an expression, told as kube-apiserver does; undefined if it compiles. */
export function expressionProblem(expression: string, scope: Scope): string | undefined {
  try {
    compileExpression(expression, scope);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionProblem) return error.message;
    throw error;
  }
}
