import type { Call, Expr, FoldKind } from './ast.js';
import { CompileError } from './compile-error.js';

/**
 * Calls that are macros, as what they stand for (https://github.com/google/cel-spec/blob/master/doc/langdef.md#macros,
 * and the extensions that Kubernetes has). Throws CompileError for a macro with arguments that it cannot have.
 */
export function expandCall(source: string, call: Call): Expr {
  const { name, target, args, at } = call;
  if (!target) return name === 'has' && args.length === 1 ? has(source, args[0] as Expr) : call;
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) {
    const [variable, body] = args as [Expr, Expr];
    if (variable.kind !== 'ident') throw new CompileError(source, [{ at: variable.at, message: `${name}() variable name must be a simple identifier` }]);
    return { kind: 'bind', at, bind: name, name: variable.name, value: target, body };
  }
  return fold(source, call, target) ?? call;
}

function has(source: string, argument: Expr): Expr {
  if (argument.kind !== 'select' || argument.test || argument.optional) throw new CompileError(source, [{ at: argument.at, message: 'invalid argument to has() macro' }]);
  return { ...argument, test: true };
}

interface MacroShape {
  readonly fold: FoldKind;
  readonly variables: 1 | 2;
  readonly predicate: boolean;
  readonly transform: boolean;
}

const shape = (fold: FoldKind, variables: 1 | 2, predicate: boolean, transform: boolean): MacroShape => ({ fold, variables, predicate, transform });

/** By name and number of arguments. */
const MACROS: Readonly<Record<string, MacroShape>> = {
  'all/2': shape('all', 1, true, false),
  'exists/2': shape('exists', 1, true, false),
  'exists_one/2': shape('existsOne', 1, true, false),
  'existsOne/2': shape('existsOne', 1, true, false),
  'map/2': shape('map', 1, false, true),
  'map/3': shape('map', 1, true, true),
  'filter/2': shape('filter', 1, true, false),
  'all/3': shape('all', 2, true, false),
  'exists/3': shape('exists', 2, true, false),
  'exists_one/3': shape('existsOne', 2, true, false),
  'existsOne/3': shape('existsOne', 2, true, false),
  'transformList/3': shape('transformList', 2, false, true),
  'transformList/4': shape('transformList', 2, true, true),
  'transformMap/3': shape('transformMap', 2, false, true),
  'transformMap/4': shape('transformMap', 2, true, true),
  'transformMapEntry/3': shape('transformMapEntry', 2, false, true),
  'transformMapEntry/4': shape('transformMapEntry', 2, true, true),
};

function fold(source: string, { name, args, at }: Call, range: Expr): Expr | undefined {
  const key = `${name}/${args.length}`;
  const macro = Object.hasOwn(MACROS, key) ? MACROS[key] : undefined;
  if (!macro) return undefined;
  const variables = args.slice(0, macro.variables).map((variable) => {
    const message = macro.variables === 1 ? (macro.fold === 'map' || macro.fold === 'filter' ? 'argument is not an identifier' : 'argument must be a simple name') : 'argument must be a simple name';
    if (variable.kind !== 'ident') throw new CompileError(source, [{ at: variable.at, message }]);
    if (variable.name === '@result' || variable.name === '__result__') throw new CompileError(source, [{ at: variable.at, message: 'iteration variable overwrites accumulator variable' }]);
    return variable.name;
  });
  if (variables.length === 2 && variables[0] === variables[1]) throw new CompileError(source, [{ at: (args[1] as Expr).at, message: `duplicate variable name: ${variables[0] ?? ''}` }]);
  const rest = args.slice(macro.variables);
  const predicate = macro.predicate ? rest.shift() : undefined;
  return { kind: 'fold', at, fold: macro.fold, range, variables, predicate, transform: macro.transform ? rest.shift() : undefined };
}
