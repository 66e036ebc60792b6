import { METHODS, type ApiOperation } from './operations.js';
import { parameterFact } from './parameters.js';

/** The operations of a path with what they have in common: parameters of all of them stand at the path. */
export interface PathItem {
  readonly operations: ReadonlyArray<{ readonly operation: ApiOperation; readonly own: readonly string[] }>;
  readonly shared: readonly string[];
}

/** Sorts parameters as Kubernetes does: by name, then by place. */
export function pathItem(operations: readonly ApiOperation[]): PathItem {
  const shared = sortParameters((operations[0]?.parameters ?? []).filter((key) => operations.every(({ parameters }) => parameters.includes(key))));
  const inOrder = operations.toSorted((a, b) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method));
  return { shared, operations: inOrder.map((operation) => ({ operation, own: sortParameters(operation.parameters.filter((key) => !shared.includes(key))) })) };
}

function sortParameters(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => {
    const left = parameterFact(a);
    const right = parameterFact(b);
    return compare(left.name, right.name) || compare(left.in, right.in);
  });
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What HTTP status codes are called in documents. */
export const ANSWERS: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized' };
