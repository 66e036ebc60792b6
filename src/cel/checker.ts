import type { Bind, Call, Expr, Fold, ListExpr, Literal, MapExpr, Select, StructExpr } from './ast.js';
import { childrenOf } from './children.js';
import { compile as compileRegExp, RegExpError } from '../base/go-regexp.js';
import type { Issue } from './compile-error.js';
import type { Overload } from './functions.js';
import { assign, BOOL, DYN, ERROR, INT, listOf, mapOf, moreGeneral, optionalOf, sameType, substitute, type Substitutions, type Type, typeText, UINT } from './types.js';
import { parseDuration, parseTimestamp, typeOfValue } from './values.js';

/** What an expression may name. */
export interface Declarations {
  variable(name: string): Type | undefined;
  functions: ReadonlyMap<string, readonly Overload[]>;
}

/** Gives every part of an expression its type; what is wrong is collected (cel-go's checker). */
export class Checker {
  readonly issues: Issue[] = [];
  private known: Substitutions = new Map();
  private variables = 0;
  /** Whether lists and maps may hold values of several types. */
  private mixed = false;
  private scope: { readonly name: string; readonly type: Type; readonly outer: Checker['scope'] } | undefined;

  constructor(private readonly declarations: Declarations) {}

  /** The type of the expression, free variables being dyn. */
  check(expr: Expr): Type {
    const type = substitute(this.known, this.visit(expr), true);
    if (this.issues.length === 0) this.checkLiterals(expr);
    return type;
  }

  /** Items of a list and values of a map are of one type, what is not known of being a type of its own; but for what is formatted. */
  private checkLiterals(expr: Expr): void {
    if (expr.kind === 'list') this.checkSame(expr.items);
    else if (expr.kind === 'map') {
      this.checkSame(expr.entries.map(({ key }) => ({ value: key, optional: false })));
      this.checkSame(expr.entries);
    }
    if (expr.kind !== 'call' || expr.name !== 'format') for (const part of childrenOf(expr)) this.checkLiterals(part);
  }

  private checkSame(items: ReadonlyArray<{ readonly value: Expr; readonly optional: boolean }>): void {
    let first: Type | undefined;
    for (const { value, optional } of items) {
      const found = substitute(this.known, value.type ?? DYN, true);
      const type = optional && found.kind === 'optional' ? found.value : found;
      first ??= type;
      if (sameType(first, type)) continue;
      this.mismatch(value.at, first, type);
      return;
    }
  }

  private visit(expr: Expr): Type {
    const type = this.typeOf(expr);
    expr.type = type;
    return type;
  }

  private report(at: number, message: string): Type {
    this.issues.push({ at, message });
    return ERROR;
  }

  private typeOf(expr: Expr): Type {
    switch (expr.kind) {
      case 'literal':
        return literalType(expr);
      case 'ident':
        return this.lookUp(expr.name) ?? this.undeclared(expr.at, expr.name);
      case 'select':
        return this.select(expr);
      case 'call':
        return this.call(expr);
      case 'list':
        return this.list(expr);
      case 'map':
        return this.map(expr);
      case 'struct':
        return this.struct(expr);
      case 'fold':
        return this.fold(expr);
      case 'bind':
        return this.bind(expr);
    }
  }

  private undeclared(at: number, name: string): Type {
    return this.report(at, `undeclared reference to '${name}' (in container '')`);
  }

  private lookUp(name: string): Type | undefined {
    for (let scope = this.scope; scope; scope = scope.outer) if (scope.name === name) return scope.type;
    return this.declarations.variable(name);
  }

  private within<T>(variables: ReadonlyArray<readonly [string, Type]>, work: () => T): T {
    const outer = this.scope;
    for (const [name, type] of variables) this.scope = { name, type, outer: this.scope };
    const result = work();
    this.scope = outer;
    return result;
  }

  private select(expr: Select): Type {
    const name = expr.test || expr.optional ? undefined : qualifiedName(expr);
    const variable = name === undefined ? undefined : this.lookUp(name);
    if (variable) {
      expr.variable = name as string;
      return variable;
    }
    const operand = substitute(this.known, this.visit(expr.operand));
    const target = operand.kind === 'optional' ? operand.value : operand;
    const result = this.fieldOf(expr, target);
    if (expr.test) return BOOL;
    return expr.optional || operand.kind === 'optional' ? optionalOf(result) : result;
  }

  private fieldOf({ at, field }: Select, target: Type): Type {
    switch (target.kind) {
      case 'map':
        return target.value;
      case 'object':
        return target.field(field) ?? this.report(at, `undefined field '${field}'`);
      case 'param':
        this.assignable(DYN, target);
        return DYN;
      case 'opaque':
        this.report(at, `unexpected failed resolution of '${target.name}'`);
        return DYN;
      case 'dyn':
      case 'error':
        return DYN;
      default:
        this.report(at, `type '${typeText(target)}' does not support field selection`);
        return DYN;
    }
  }

  private call(expr: Call): Type {
    const { name, target, at } = expr;
    const types = this.arguments(expr);
    if (!target) {
      const overloads = this.declarations.functions.get(name);
      return overloads ? this.resolve(expr, name, overloads, false, types) : this.undeclared(at, name);
    }
    const prefix = qualifiedName(target);
    const full = prefix === undefined ? undefined : `${prefix}.${name}`;
    const namespaced = full === undefined ? undefined : this.declarations.functions.get(full);
    if (full !== undefined && namespaced) {
      expr.resolved = full;
      return this.resolve(expr, full, namespaced, false, types);
    }
    const receiver = this.visit(target);
    const overloads = this.declarations.functions.get(name);
    return overloads ? this.resolve(expr, name, overloads, true, [receiver, ...types]) : this.undeclared(at, name);
  }

  /** What is formatted may be of any types. */
  private arguments({ name, args }: Call): Type[] {
    const { mixed } = this;
    this.mixed ||= name === 'format';
    const types = args.map((arg) => this.visit(arg));
    this.mixed = mixed;
    return types;
  }

  private resolve(expr: Call, name: string, overloads: readonly Overload[], member: boolean, types: readonly Type[]): Type {
    if (name === '_&&_' || name === '_||_') {
      let failed = false;
      for (const [i, type] of types.entries()) {
        if (this.assignable(type, BOOL)) continue;
        failed = true;
        this.report(expr.args[i]?.at ?? expr.at, `expected type 'bool' but found '${typeText(substitute(this.known, type))}'`);
      }
      return failed ? ERROR : BOOL;
    }
    let result: Type | undefined;
    for (const overload of overloads) {
      if (overload.member !== member || overload.args.length !== types.length) continue;
      const [returned, ...parameters] = this.fresh([overload.result, ...overload.args]) as [Type, ...Type[]];
      if (!this.allAssignable(types, parameters)) continue;
      const found = substitute(this.known, returned);
      if (!result) result = found;
      else if (result.kind !== 'dyn' && !sameType(result, found)) result = DYN;
    }
    if (result) {
      this.checkLiteral(expr, name, member);
      return result;
    }
    const shown = types.map((type) => typeText(substitute(this.known, type, true)));
    const signature = member ? `${shown[0] ?? ''}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
    return this.report(expr.at, `found no matching overload for '${name}' applied to '${signature}'`);
  }

  /** Literals of which it can be known that the call fails. */
  private checkLiteral({ args }: Call, name: string, member: boolean): void {
    const arg = args[name === 'matches' && !member ? 1 : 0];
    if (arg?.kind !== 'literal' || typeof arg.value !== 'string') return;
    if (Object.hasOwn(LITERALS, name) && LITERALS[name]?.(arg.value) === false) this.report(arg.at, `invalid ${name} argument`);
  }

  /** Types with variables of their own. */
  private fresh(types: readonly Type[]): Type[] {
    const own = new Map<string, Type>();
    const rename = (type: Type): Type => {
      switch (type.kind) {
        case 'param': {
          const known = own.get(type.name) ?? this.newVariable();
          own.set(type.name, known);
          return known;
        }
        case 'list':
          return listOf(rename(type.element));
        case 'map':
          return mapOf(rename(type.key), rename(type.value));
        case 'optional':
          return optionalOf(rename(type.value));
        case 'type':
          return { kind: 'type', of: rename(type.of) };
        default:
          return type;
      }
    };
    return types.map(rename);
  }

  private newVariable(): Type {
    return { kind: 'param', name: `_var${this.variables++}` };
  }

  private assignable(to: Type, from: Type): boolean {
    const known = assign(this.known, to, from);
    if (known) this.known = known;
    return known !== undefined;
  }

  private allAssignable(from: readonly Type[], to: readonly Type[]): boolean {
    let known: Substitutions | undefined = this.known;
    for (const [i, type] of from.entries()) known &&= assign(known, type, to[i] as Type);
    if (known) this.known = known;
    return known !== undefined;
  }

  private join(at: number, previous: Type | undefined, current: Type): Type {
    if (!previous) return current;
    if (this.assignable(previous, current)) return moreGeneral(previous, current);
    if (this.mixed) return DYN;
    return this.mismatch(at, previous, current);
  }

  private mismatch(at: number, expected: Type, found: Type): Type {
    return this.report(at, `expected type '${typeText(substitute(this.known, expected))}' but found '${typeText(substitute(this.known, found))}'`);
  }

  private unwrapped(expr: Expr, type: Type): Type {
    if (type.kind === 'optional') return type.value;
    if (type.kind !== 'dyn') this.mismatch(expr.at, optionalOf(type), type);
    return type;
  }

  private list({ items }: ListExpr): Type {
    let element: Type | undefined;
    for (const { value, optional } of items) {
      const type = this.visit(value);
      element = this.join(value.at, element, optional ? this.unwrapped(value, type) : type);
    }
    return listOf(element ?? this.newVariable());
  }

  private map({ entries }: MapExpr): Type {
    let [keyType, valueType]: [Type | undefined, Type | undefined] = [undefined, undefined];
    for (const { key, value, optional } of entries) {
      keyType = this.join(key.at, keyType, this.visit(key));
      const type = this.visit(value);
      valueType = this.join(value.at, valueType, optional ? this.unwrapped(value, type) : type);
    }
    return mapOf(keyType ?? this.newVariable(), valueType ?? this.newVariable());
  }

  private struct({ at, name, fields }: StructExpr): Type {
    const named = this.declarations.variable(name);
    if (!named) return this.undeclared(at, name);
    if (named.kind !== 'type') return this.report(at, `'${typeText(named)}' is not a type`);
    const type = named.of;
    if (type.kind !== 'object') return this.report(at, `'${typeText(type)}' is not a message type`);
    for (const field of fields) {
      const given = this.visit(field.value);
      const wanted = type.field(field.name) ?? this.report(field.at, `undefined field '${field.name}'`);
      const value = field.optional ? this.unwrapped(field.value, given) : given;
      if (!this.assignable(wanted, value)) this.report(field.at, `expected type of field '${field.name}' is '${typeText(wanted)}' but provided type is '${typeText(value)}'`);
    }
    return type;
  }

  private fold({ at, fold, range, variables, predicate, transform }: Fold): Type {
    const items = this.itemTypes(range, variables.length === 2);
    return this.within(variables.map((name, i) => [name, items[i] ?? DYN] as const), () => {
      if (predicate) {
        const type = this.visit(predicate);
        if (!this.assignable(BOOL, type)) this.mismatch(predicate.at, BOOL, type);
      }
      const made = transform ? this.visit(transform) : undefined;
      switch (fold) {
        case 'all':
        case 'exists':
        case 'existsOne':
          return BOOL;
        case 'filter':
          return listOf(items[0] ?? DYN);
        case 'map':
        case 'transformList':
          return listOf(made ?? DYN);
        case 'transformMap':
          return mapOf(items[0] ?? DYN, made ?? DYN);
        case 'transformMapEntry':
          return made?.kind === 'map' || made?.kind === 'dyn' ? made : this.mismatch(at, mapOf(DYN, DYN), made ?? DYN);
      }
    });
  }

  private itemTypes(range: Expr, two: boolean): Type[] {
    const type = substitute(this.known, this.visit(range));
    switch (type.kind) {
      case 'list':
        return two ? [INT, type.element] : [type.element];
      case 'map':
        return two ? [type.key, type.value] : [type.key];
      case 'dyn':
      case 'error':
      case 'param':
        this.assignable(DYN, type);
        return [DYN, DYN];
      default:
        this.report(range.at, `expression of type '${typeText(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`);
        return [ERROR, ERROR];
    }
  }

  private bind({ bind, name, value, body, at }: Bind): Type {
    const given = substitute(this.known, this.visit(value));
    const inner = given.kind === 'optional' ? given.value : given.kind === 'dyn' || given.kind === 'error' ? DYN : this.mismatch(at, optionalOf(DYN), given);
    const result = this.within([[name, inner]], () => this.visit(body));
    return bind === 'optMap' ? optionalOf(result) : result;
  }
}

/** Functions whose literal arguments are looked at, and whether they are good. */
const LITERALS: Readonly<Record<string, (text: string) => boolean>> = {
  duration: (text) => parseDuration(text) !== undefined,
  timestamp: (text) => parseTimestamp(text) !== undefined,
  matches(pattern) {
    try {
      compileRegExp(pattern);
      return true;
    } catch (error) {
      if (error instanceof RegExpError) return false;
      throw error;
    }
  },
};

function literalType({ value }: Literal): Type {
  return typeof value === 'object' && value !== null && 'uint' in value ? UINT : typeOfValue(value);
}

/** `a.b.c` where all of it are names. */
function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name;
  if (expr.kind !== 'select' || expr.test || expr.optional) return undefined;
  const operand = qualifiedName(expr.operand);
  return operand === undefined ? undefined : `${operand}.${expr.field}`;
}
