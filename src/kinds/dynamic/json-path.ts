import { formatDouble } from '../../cel/text.js';
import { isFields } from './json.js';

/**
 * Paths of printer columns and selectable fields: fields, `[2]`, `[*]`, `..name` and filters such as
 * `[?(@.type=="Ready")]` (the part of kubectl's JSONPath that finds values; k8s.io/client-go/util/jsonpath).
 */
export interface JsonPath {
  /** What is found; nothing where the path leads nowhere. */
  find(object: unknown): unknown[];
}

type Step = (values: readonly unknown[]) => unknown[];

const FIELD = /\.([^.[\]]+)/y;
const DEEP = /\.\.([^.[\]]+)/y;
const QUOTED = /\[\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)")\s*\]/y;
const INDEX = /\[\s*(-?\d*)\s*(?:(:)\s*(-?\d*)\s*)?\]/y;
const STAR = /\[\s*\*\s*\]|\.\*/y;
const FILTER = /\[\?\(\s*@((?:\.[^.[\]=!<> ]+)*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?\)\]/y;

/** Undefined for what is no path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = [];
  let at = 0;
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const found = expression.exec(text);
    if (found) at += found[0].length;
    return found;
  };
  while (at < text.length) {
    const step = deepStep(take(DEEP)) ?? starStep(take(STAR)) ?? fieldStep(take(FIELD)) ?? fieldStep(take(QUOTED)) ?? indexStep(take(INDEX)) ?? filterStep(take(FILTER));
    if (!step) return undefined;
    steps.push(step);
  }
  return { find: (object) => steps.reduce<unknown[]>((values, step) => step(values), [object]) };
}

type Match = RegExpExecArray | null;

function fieldStep(match: Match): Step | undefined {
  if (!match) return undefined;
  const name = (match[1] ?? match[2] ?? '').replace(/\\(.)/gs, '$1');
  return (values) => values.flatMap((value) => (isFields(value) && Object.hasOwn(value, name) ? [value[name]] : []));
}

function starStep(match: Match): Step | undefined {
  return match ? (values) => values.flatMap(childrenOf) : undefined;
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return isFields(value) ? Object.values(value) : [];
}

function deepStep(match: Match): Step | undefined {
  const name = match?.[1];
  if (name === undefined) return undefined;
  const find = (value: unknown): unknown[] => {
    const own = isFields(value) && Object.hasOwn(value, name) ? [value[name]] : [];
    return [...own, ...childrenOf(value).flatMap(find)];
  };
  return (values) => values.flatMap(find);
}

function indexStep(match: Match): Step | undefined {
  if (!match) return undefined;
  const [, from = '', colon, to = ''] = match;
  if (colon === undefined) {
    if (from === '') return undefined;
    return (values) => values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]).slice(Number(from), Number(from) + 1 || undefined) : []));
  }
  return (values) => values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]).slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to)) : []));
}

function filterStep(match: Match): Step | undefined {
  if (!match) return undefined;
  const [, path = '', operator, operand = ''] = match;
  const inner = parseJsonPath(path);
  if (!inner) return undefined;
  const wanted = operator === undefined ? undefined : literal(operand);
  const holds = (item: unknown): boolean => {
    const [found] = inner.find(item);
    return operator === undefined ? found !== undefined : found !== undefined && compares(found, operator, wanted);
  };
  return (values) => values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]).filter(holds) : []));
}

function literal(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function compares(found: unknown, operator: string, wanted: unknown): boolean {
  if (typeof found !== typeof wanted) return operator === '!=' && typeof found === 'string';
  const [a, b] = [found as string | number, wanted as string | number];
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

/** A value as kubectl's JSONPath prints it. */
export function printed(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isInteger(value)) return formatDouble(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
