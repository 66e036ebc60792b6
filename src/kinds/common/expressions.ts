/** CEL in objects of the API, as far as validation is concerned. */
export interface ExpressionCompiler {
  /** What is wrong with an expression, told as kube-apiserver does (`compilation failed: …`); undefined if it compiles. */
  problem(expression: string, scope: ExpressionScope): string | undefined;
}

/** What an expression may use, and what it must come to. */
export interface ExpressionScope {
  /** Expressions of admission look at a request; those of device selectors at a device. */
  readonly about?: 'device' | undefined;
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** Those that `variables.NAME` names: the first so many of the policy's, in order. */
  readonly variables?: { readonly of: ReadonlyArray<{ readonly name: string; readonly expression: string }>; readonly count: number } | undefined;
  readonly result: 'bool' | 'string' | 'string or null' | 'any' | 'apply configuration' | 'JSON patch';
}

/** Takes every expression: for a cluster without CEL. */
export const acceptExpressions: ExpressionCompiler = { problem: () => undefined };
