import type { Expr } from './ast.js';

/** Whether an expression names a variable. Names that a macro gives are not told apart. */
export function mentions(expr: Expr, name: string): boolean {
  const any = (...parts: ReadonlyArray<Expr | undefined>): boolean => parts.some((part) => part !== undefined && mentions(part, name));
  switch (expr.kind) {
    case 'literal':
      return false;
    case 'ident':
      return expr.name === name;
    case 'select':
      return any(expr.operand);
    case 'call':
      return any(expr.target, ...expr.args);
    case 'list':
      return any(...expr.items.map(({ value }) => value));
    case 'map':
      return any(...expr.entries.flatMap(({ key, value }) => [key, value]));
    case 'struct':
      return any(...expr.fields.map(({ value }) => value));
    case 'fold':
      return any(expr.range, expr.predicate, expr.transform);
    case 'bind':
      return any(expr.value, expr.body);
  }
}
