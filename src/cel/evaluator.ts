import type { Bind, Call, Expr, Fold, ListExpr, MapExpr, Select, StructExpr } from './ast.js';
import { accepts, type Overload } from './functions.js';
import type { Type } from './types.js';
import { Duration, equals, EvalError, LiteralMap, LiteralStruct, MapValue, Optional, sizeOf, StructValue, Timestamp, typeName, TypeValue, Uint, type Value } from './values.js';
import { formatDouble, timeText } from './text.js';

/** The work that an evaluation may do is used up. Nothing in the expression can make up for that. */
export class CostLimitError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** Variables of an evaluation by name; computed when they are asked for. */
export type Variables = (name: string) => Value | undefined;

interface Scope {
  readonly name: string;
  readonly value: Value;
  readonly outer: Scope | undefined;
}

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;
const CHAR_COST = 0.1;

/** One evaluation of a checked expression. Throws EvalError, or CostLimitError. */
export class Evaluation {
  /** Units of work done, counted as cel-go counts them. */
  cost = 0;

  constructor(
    private readonly functions: ReadonlyMap<string, readonly Overload[]>,
    private readonly types: (name: string) => Type | undefined,
    private readonly variables: Variables,
    private readonly limit: number,
  ) {}

  run(expr: Expr, scope?: Scope): Value {
    switch (expr.kind) {
      case 'literal':
        return typeof expr.value === 'object' && expr.value !== null && 'uint' in expr.value ? new Uint(expr.value.uint) : expr.value;
      case 'ident':
        return this.variable(expr.name, scope);
      case 'select':
        return this.select(expr, scope);
      case 'call':
        return this.call(expr, scope);
      case 'list':
        return this.list(expr, scope);
      case 'map':
        return this.map(expr, scope);
      case 'struct':
        return this.struct(expr, scope);
      case 'fold':
        return this.fold(expr, scope);
      case 'bind':
        return this.bind(expr, scope);
    }
  }

  private charge(units: number): void {
    this.cost += units;
    if (this.cost > this.limit) throw new CostLimitError();
  }

  private variable(name: string, scope: Scope | undefined): Value {
    this.charge(1);
    for (let at = scope; at; at = at.outer) if (at.name === name) return at.value;
    const value = this.variables(name);
    if (value !== undefined) return value;
    const type = this.types(name);
    if (type?.kind === 'type') return new TypeValue(type.of);
    throw new EvalError(`no such attribute(s): ${name}`);
  }

  private select(expr: Select, scope: Scope | undefined): Value {
    if (expr.variable !== undefined) return this.variable(expr.variable, scope);
    const operand = this.run(expr.operand, scope);
    if (!expr.test) this.charge(1);
    const inner = operand instanceof Optional ? operand.value : operand;
    if (operand instanceof Optional || expr.optional) {
      const found = inner === undefined ? undefined : this.field(inner, expr.field);
      if (expr.test) return found !== undefined;
      return found === undefined ? Optional.none : new Optional(found);
    }
    const found = this.field(operand, expr.field);
    if (expr.test) return found !== undefined;
    if (found === undefined) throw new EvalError(`no such key: ${expr.field}`);
    return found;
  }

  private field(operand: Value, name: string): Value | undefined {
    if (operand instanceof StructValue || operand instanceof MapValue) return operand.get(name);
    if (Array.isArray(operand)) throw new EvalError(`unsupported index type 'string' in list`);
    // Of what has no fields none is there.
    return undefined;
  }

  private call(expr: Call, scope: Scope | undefined): Value {
    const name = expr.resolved ?? expr.name;
    const [first, second, third] = expr.args as [Expr, Expr, Expr];
    switch (name) {
      case '_&&_':
        return this.logical(first, second, false, scope);
      case '_||_':
        return this.logical(first, second, true, scope);
      case '_?_:_': {
        const condition = this.run(first, scope);
        if (typeof condition !== 'boolean') throw new EvalError('no such overload');
        return this.run(condition ? second : third, scope);
      }
      case '_==_':
      case '_!=_': {
        const [left, right] = [this.run(first, scope), this.run(second, scope)];
        this.charge(1 + Math.min(comparableSize(left), comparableSize(right)) * CHAR_COST);
        return equals(left, right) === (name === '_==_');
      }
      default:
        break;
    }
    const args = expr.target && expr.resolved === undefined ? [this.run(expr.target, scope), ...expr.args.map((arg) => this.run(arg, scope))] : expr.args.map((arg) => this.run(arg, scope));
    const member = expr.target !== undefined && expr.resolved === undefined;
    for (const overload of this.functions.get(name) ?? []) {
      if (overload.member !== member || overload.args.length !== args.length || !overload.args.every((type, i) => accepts(type, args[i] as Value))) continue;
      this.charge(1);
      const result = (overload.run as (...values: readonly Value[]) => Value)(...args);
      if (overload.cost) this.charge(overload.cost(args, result));
      return result;
    }
    // Of operators cel-go does not say for what.
    throw new EvalError(name.startsWith('_') ? 'no such overload' : `no such overload: ${name}(${args.map(typeName).join(', ')})`);
  }

  /** Either side may decide, whatever becomes of the other. */
  private logical(left: Expr, right: Expr, deciding: boolean, scope: Scope | undefined): Value {
    const first = this.attempt(left, scope);
    if (first === deciding) return deciding;
    const second = this.attempt(right, scope);
    if (second === deciding) return deciding;
    for (const side of [first, second]) {
      if (side instanceof EvalError) throw side;
      if (typeof side !== 'boolean') throw new EvalError('no such overload');
    }
    return !deciding;
  }

  private attempt(expr: Expr, scope: Scope | undefined): Value | EvalError {
    try {
      return this.run(expr, scope);
    } catch (error) {
      if (error instanceof EvalError) return error;
      throw error;
    }
  }

  private list({ items }: ListExpr, scope: Scope | undefined): Value {
    this.charge(LIST_COST);
    const list: Value[] = [];
    for (const { value, optional } of items) {
      const item = this.run(value, scope);
      if (!optional) list.push(item);
      else if (!(item instanceof Optional)) throw new EvalError(`cannot initialize optional list element from non-optional value ${String(item)}`);
      else if (item.value !== undefined) list.push(item.value);
    }
    return list;
  }

  private map({ entries }: MapExpr, scope: Scope | undefined): Value {
    this.charge(MAP_COST);
    const map = new LiteralMap();
    for (const { key, value, optional } of entries) {
      const [name, item] = [this.run(key, scope), this.run(value, scope)];
      if (!optional) map.add(name, item);
      else if (!(item instanceof Optional)) throw new EvalError(`cannot initialize optional entry '${String(name)}' from non-optional value ${String(item)}`);
      else if (item.value !== undefined) map.add(name, item.value);
    }
    return map;
  }

  private struct({ name, fields }: StructExpr, scope: Scope | undefined): Value {
    this.charge(STRUCT_COST);
    const type = this.types(name);
    if (type?.kind !== 'type' || type.of.kind !== 'object') throw new EvalError(`unknown type '${name}'`);
    const made = new Map<string, Value>();
    for (const { name: field, value, optional } of fields) {
      const item = this.run(value, scope);
      if (optional && item instanceof Optional && item.value === undefined) continue;
      made.set(type.of.jsonName?.(field) ?? field, optional && item instanceof Optional ? (item.value as Value) : item);
    }
    return new LiteralStruct(Object.fromEntries([...made].map(([key, item]) => [key, plainJson(item)])), type.of, made);
  }

  private bind({ bind, name, value, body }: Bind, scope: Scope | undefined): Value {
    const given = this.run(value, scope);
    if (!(given instanceof Optional)) throw new EvalError('no such overload');
    if (given.value === undefined) return Optional.none;
    const result = this.run(body, { name, value: given.value, outer: scope });
    return bind === 'optMap' ? new Optional(result) : result;
  }

  private fold(expr: Fold, scope: Scope | undefined): Value {
    const range = this.run(expr.range, scope);
    const isList = Array.isArray(range);
    if (!isList && !(range instanceof MapValue)) throw new EvalError(`got '${typeName(range)}', expected iterable type`);
    const keys: readonly Value[] = isList ? range : (range as MapValue).keys();
    const [one = '', two] = expr.variables;
    const scopeOf = (item: Value, index: number): Scope => {
      this.charge(2);
      if (two === undefined) return { name: one, value: item, outer: scope };
      const [first, second] = isList ? [BigInt(index), item] : [item, (range as MapValue).get(item) ?? null];
      return { name: two, value: second, outer: { name: one, value: first, outer: scope } };
    };
    switch (expr.fold) {
      case 'all':
      case 'exists':
        return this.quantify(expr, keys, scopeOf);
      case 'existsOne': {
        let count = 0;
        for (const [i, item] of keys.entries()) if (this.holds(expr.predicate as Expr, scopeOf(item, i))) count++;
        return count === 1;
      }
      default:
        return this.build(expr, keys, scopeOf);
    }
  }

  private quantify({ fold, predicate }: Fold, items: readonly Value[], scopeOf: (item: Value, index: number) => Scope): Value {
    const deciding = fold === 'exists';
    let failure: EvalError | undefined;
    for (const [i, item] of items.entries()) {
      const result = this.attempt(predicate as Expr, scopeOf(item, i));
      if (result === deciding) return deciding;
      if (result instanceof EvalError) failure ??= result;
      else if (typeof result !== 'boolean') failure ??= new EvalError('no such overload');
    }
    if (failure) throw failure;
    return !deciding;
  }

  private holds(predicate: Expr, scope: Scope): boolean {
    const result = this.run(predicate, scope);
    if (typeof result !== 'boolean') throw new EvalError('no such overload');
    return result;
  }

  private build({ fold, predicate, transform }: Fold, items: readonly Value[], scopeOf: (item: Value, index: number) => Scope): Value {
    const list: Value[] = [];
    const map = new LiteralMap();
    const intoMap = fold === 'transformMap' || fold === 'transformMapEntry';
    this.charge(intoMap ? MAP_COST : LIST_COST);
    for (const [i, item] of items.entries()) {
      const scope = scopeOf(item, i);
      if (predicate && !this.holds(predicate, scope)) continue;
      if (!intoMap) {
        this.charge(LIST_COST);
        list.push(transform ? this.run(transform, scope) : item);
        continue;
      }
      const made = this.run(transform as Expr, scope);
      const outer = scope.outer as Scope;
      if (fold === 'transformMap') map.add(outer.value, made);
      else if (made instanceof MapValue) {
        for (const key of made.keys()) if (!map.add(key, made.get(key) ?? null)) throw new EvalError(`insert failed: key ${String(key)} already exists`);
      }
    }
    return intoMap ? map : list;
  }
}

function comparableSize(value: Value): number {
  return typeof value === 'object' || typeof value === 'string' ? sizeOf(value) : 1;
}

/** A value as JSON has it. */
export function plainJson(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (Array.isArray(value)) return value.map((item: Value) => plainJson(item));
  if (value instanceof Timestamp) return timeText(value);
  if (value instanceof Duration) return `${formatDouble(Number(value.nanos) / 1e9)}s`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof StructValue) return value.raw;
  if (value instanceof MapValue) return Object.fromEntries(value.keys().map((key) => [String(key), plainJson(value.get(key) ?? null)]));
  return value;
}
