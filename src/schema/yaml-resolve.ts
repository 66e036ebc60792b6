/** What a plain scalar is to Go's yaml v2: the rules of YAML 1.1 without base-60 numbers. */
export type Resolved =
  | { readonly kind: 'text' | 'timestamp' | 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number };

const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const NULL = new Set(['', '~', 'null', 'Null', 'NULL']);
const NOT_FINITE = new Map<string, number>([
  ...['.nan', '.NaN', '.NAN'].map((text) => [text, NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((text) => [text, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((text) => [text, -Infinity] as const),
]);
const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const DOTTED = /^\.[0-9]+(?:[eE][-+]?[0-9]+)?$/;
const DATE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ ]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[ ]*[-+][0-9]{1,2}(?::?[0-9]{2})?)?)?$/;
const UINT64_LIMIT = 1n << 64n;

export function resolvePlain(text: string): Resolved {
  if (NULL.has(text)) return { kind: 'null' };
  if (TRUE.has(text)) return { kind: 'bool', value: true };
  if (FALSE.has(text)) return { kind: 'bool', value: false };
  const special = NOT_FINITE.get(text);
  if (special !== undefined) return { kind: 'float', value: special };
  if (text.startsWith('.')) return DOTTED.test(text) ? finite(text) : { kind: 'text' };
  if (!/^[-+0-9]/.test(text)) return { kind: 'text' };
  if (DATE.test(text)) return { kind: 'timestamp' };
  const plain = text.replace(/_/g, '');
  const integer = INTEGER.exec(plain);
  if (integer) {
    const [, sign, digits] = integer as unknown as [string, string, string];
    const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
    const value = sign === '-' ? -magnitude : magnitude;
    if (value >= -(UINT64_LIMIT / 2n) && value < UINT64_LIMIT) return { kind: 'int', value };
  }
  return FLOAT.test(plain) ? finite(plain) : { kind: 'text' };
}

/** A number too large for a double stays a text. */
function finite(text: string): Resolved {
  const value = Number(text);
  return Number.isFinite(value) ? { kind: 'float', value } : { kind: 'text' };
}
