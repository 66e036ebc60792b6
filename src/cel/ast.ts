import type { Type } from './types.js';

/** An expression as it was written, with macros as folds; `at` is where errors point (a UTF-16 offset into the text). */
export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Fold | Bind;

interface Node {
  readonly at: number;
  /** Given by the checker. */
  type?: Type;
}

export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: null | boolean | bigint | number | string | Uint8Array | { readonly uint: bigint };
}

export interface Ident extends Node {
  readonly kind: 'ident';
  readonly name: string;
}

export interface Select extends Node {
  readonly kind: 'select';
  readonly operand: Expr;
  readonly field: string;
  /** has(operand.field) */
  readonly test: boolean;
  /** operand.?field */
  readonly optional: boolean;
  /** The name of a variable, where the whole chain is one. */
  variable?: string;
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly name: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
  /** Given by the checker: the function's full name, where the target was only a part of it (`sets.contains`). */
  resolved?: string;
}

export interface ListExpr extends Node {
  readonly kind: 'list';
  readonly items: ReadonlyArray<{ readonly value: Expr; readonly optional: boolean }>;
}

export interface MapExpr extends Node {
  readonly kind: 'map';
  readonly entries: ReadonlyArray<{ readonly key: Expr; readonly value: Expr; readonly optional: boolean }>;
}

export interface StructExpr extends Node {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: ReadonlyArray<{ readonly at: number; readonly name: string; readonly value: Expr; readonly optional: boolean }>;
}

export type FoldKind = 'all' | 'exists' | 'existsOne' | 'map' | 'filter' | 'transformList' | 'transformMap' | 'transformMapEntry';

/** A macro that goes through a list or a map. */
export interface Fold extends Node {
  readonly kind: 'fold';
  readonly fold: FoldKind;
  readonly range: Expr;
  readonly variables: readonly string[];
  /** What decides, or filters; absent in a plain map. */
  readonly predicate: Expr | undefined;
  /** What an item becomes. */
  readonly transform: Expr | undefined;
}

/** An optional's optMap and optFlatMap: the body with the value under a name. */
export interface Bind extends Node {
  readonly kind: 'bind';
  readonly bind: 'optMap' | 'optFlatMap';
  readonly name: string;
  readonly value: Expr;
  readonly body: Expr;
}
