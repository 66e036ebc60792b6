import { GO_NAMED, GO_STRUCTS } from './go-layout.js';

/**
 * Prints JSON data as go-spew prints the Go value behind it on one line, with types and sorted keys (what
 * k8s.io/utils/dump.ForHash gives). Hashes are taken of this text, so each character counts.
 * The value is the one that a client of the API has: absent and empty lists and maps are both nil. `type`: a name of go-layout.ts.
 */
export function goDump(type: string, value: unknown): string {
  return `(${type.slice(type.indexOf('/') + 1)})${bare(type, value)}`;
}

interface Field {
  readonly name: string;
  /** Undefined: the fields of the type stand in the same JSON object. */
  readonly json: string | undefined;
  readonly type: string;
  /** Of a named map type. */
  readonly underlying: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const layouts = new Map<string, readonly Field[]>();

function fieldsOf(type: string): readonly Field[] | undefined {
  let fields = layouts.get(type);
  if (fields || !Object.hasOwn(GO_STRUCTS, type)) return fields;
  fields = (GO_STRUCTS[type] as string).split('; ').map((text) => {
    const [name, json, fieldType, underlying] = text.split(' ') as [string, string, string, string | undefined];
    return { name, json: json === '*' ? undefined : json, type: fieldType, underlying };
  });
  layouts.set(type, fields);
  return fields;
}

/** The value without its type in front. */
function bare(type: string, value: unknown, underlying = type): string {
  const absent = value === undefined || value === null;
  if (underlying.startsWith('*')) return absent ? '<nil>' : bare(underlying.slice(1), value);
  if (underlying.startsWith('[]')) return list(underlying.slice(2), (value ?? []) as readonly unknown[]);
  if (underlying.startsWith('map[')) return map(underlying, (value ?? {}) as Json);
  if (type === 'v1.Time') return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}';
  if (type === 'resource.Quantity') return quantity(typeof value === 'string' ? value : '');
  if (type === 'intstr.IntOrString') return intOrString(value);
  const fields = fieldsOf(type);
  if (fields) return struct(fields, (value ?? {}) as Json);
  return scalar(GO_NAMED[type] ?? type, value);
}

function struct(fields: readonly Field[], value: Json): string {
  const parts = fields.map(({ name, json, type, underlying }) => {
    const inner = json === undefined ? value : Object.hasOwn(value, json) ? value[json] : undefined;
    return `${name}:(${type})${bare(type, inner, underlying)}`;
  });
  return `{${parts.join(' ')}}`;
}

function list(element: string, items: readonly unknown[]): string {
  if (items.length === 0) return '<nil>';
  // A pointer says of what type it is even where its list has said it.
  return `[${items.map((item) => bare(element, item)).join(' ')}]`;
}

function map(type: string, entries: Json): string {
  const keys = Object.keys(entries);
  if (keys.length === 0) return '<nil>';
  const element = type.slice(type.indexOf(']') + 1);
  keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `map[${keys.map((key) => `${key}:${bare(element, entries[key])}`).join(' ')}]`;
}

function scalar(kind: string, value: unknown): string {
  if (kind === 'string') return typeof value === 'string' ? value : '';
  if (kind === 'bool') return value === true ? 'true' : 'false';
  return value === undefined || value === null ? '0' : String(value);
}

function intOrString(value: unknown): string {
  const text = typeof value === 'string';
  return `{Type:(intstr.Type)${text ? 1 : 0} IntVal:(int32)${text ? 0 : scalar('int32', value)} StrVal:(string)${text ? value : ''}}`;
}

const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([['n', -9], ['u', -6], ['m', -3], ['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18]]);
const BINARY_EXPONENTS: ReadonlyMap<string, number> = new Map([['Ki', 10], ['Mi', 20], ['Gi', 30], ['Ti', 40], ['Pi', 50], ['Ei', 60]]);
const INT64_MAX = 2n ** 63n - 1n;
/** Nanos are the finest that a quantity keeps. */
const NANO_SCALE = 9;

/** The inner state of a Quantity that was read from its canonical text (resource.ParseQuantity). */
function quantity(text: string): string {
  if (text === '' || text === '0') return quantityText('0', 0, '<nil>', '0', 'DecimalSI');
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/.exec(text) as RegExpExecArray;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const number = whole.replace(/^0+/, '');
  const denominator = fraction.replace(/0+$/, '');
  const binary = BINARY_EXPONENTS.get(suffix);
  const decimal = DECIMAL_EXPONENTS.get(suffix);
  const format = binary !== undefined ? 'BinarySI' : decimal !== undefined ? 'DecimalSI' : 'DecimalExponent';
  const exponent = binary ?? decimal ?? Number(suffix.slice(1));
  // The fast path takes the digits without their leading zeros, but at least one.
  const digits = (number || '0') + denominator;
  let precision: number;
  if (binary === undefined) precision = 18 - digits.length;
  else precision = denominator === '' ? 15 - (number || '0').length - Math.trunc(exponent * 0.3) - 1 : -1;
  const scale = (binary === undefined ? exponent : 0) - denominator.length;
  const magnitude = BigInt(digits) * (binary === undefined ? 1n : 2n ** BigInt(exponent));
  if (precision >= 0 && scale >= -NANO_SCALE && magnitude <= INT64_MAX) {
    const canonical = binary === undefined ? scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0') : exponent % 10 === 0 && (BigInt(digits) & 7n) !== 0n;
    return quantityText(`${sign === '-' && magnitude > 0n ? '-' : ''}${magnitude}`, scale, '<nil>', canonical ? text : '', format);
  }
  const nanos = magnitude * 10n ** BigInt(Math.max(0, scale + NANO_SCALE));
  return quantityText('0', 0, `{unscaled:(big.Int){neg:(bool)${sign === '-'} abs:(big.nat)${words(nanos)}} scale:(inf.Scale)${NANO_SCALE}}`, '', format);
}

function quantityText(value: string, scale: number, decimal: string, text: string, format: string): string {
  return `{i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)${decimal}} s:(string)${text} Format:(resource.Format)${format}}`;
}

function words(value: bigint): string {
  const parts: string[] = [];
  for (let rest = value; rest > 0n; rest >>= 64n) parts.push(String(rest & (2n ** 64n - 1n)));
  return parts.length > 0 ? `[${parts.join(' ')}]` : '<nil>';
}
