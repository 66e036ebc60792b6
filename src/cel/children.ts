import type { Expr } from './ast.js';

/** The parts of an expression. */
export function childrenOf(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return [];
    case 'select':
      return [expr.operand];
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : [...expr.args];
    case 'list':
      return expr.items.map(({ value }) => value);
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.fields.map(({ value }) => value);
    case 'fold':
      return [expr.range, expr.predicate, expr.transform].filter((part) => part !== undefined);
    case 'bind':
      return [expr.value, expr.body];
  }
}

/** Whether an expression names a variable. Names that a macro gives are not told apart. */
export function mentions(expr: Expr, name: string): boolean {
  return (expr.kind === 'ident' && expr.name === name) || childrenOf(expr).some((part) => mentions(part, name));
}

/** Whether parts stand within parts more than so many times. Without recursion: that is what it guards. */
export function isDeeperThan(expr: Expr, limit: number): boolean {
  let level: Expr[] = [expr];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}
