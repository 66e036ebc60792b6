import { badRequest } from './errors.js';
import { fieldErrorText, invalid, notSupported, Path, type FieldError } from './field.js';
import { isLabelKey, isLabelValue } from './names.js';
import type { LabelSelector } from './types/meta-v1.js';

/** How a requirement relates a label to its values; written as in the query string. */
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted and unique when parsed from text. */
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>> | undefined;

const BINARY_OPERATORS: readonly LabelOperator[] = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];
const INT64_MAX = 0x7fffffffffffffffn;

/**
 * A label selector that can be matched (Kubernetes' labels.Selector): all requirements must hold.
 * Immutable; requirements are sorted by key. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
export class LabelMatcher {
  /** No requirement: every object. */
  static readonly everything = new LabelMatcher([], false);
  /** What an absent LabelSelector means: no object. */
  static readonly nothing = new LabelMatcher([], true);

  private constructor(
    readonly requirements: readonly LabelRequirement[],
    readonly matchesNothing: boolean,
  ) {}

  static of(requirements: readonly LabelRequirement[]): LabelMatcher {
    if (requirements.length === 0) return LabelMatcher.everything;
    return new LabelMatcher(requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)), false);
  }

  /** Whether this selects every object. */
  get empty(): boolean {
    return this.requirements.length === 0 && !this.matchesNothing;
  }

  matches(labels: Labels): boolean {
    if (this.matchesNothing) return false;
    for (const requirement of this.requirements) {
      if (!requirementMatches(requirement, labels)) return false;
    }
    return true;
  }

  /**
   * The values that the label must have one of, by '=', '==' and 'in'; undefined when no requirement pins the label.
   * An index can then look up only those.
   */
  valuesOf(key: string): readonly string[] | undefined {
    return this.requirements.find((r) => r.key === key && (r.operator === '=' || r.operator === '==' || r.operator === 'in'))?.values;
  }

  /** The canonical text, e.g. `app in (a,b),!canary,tier=web`. */
  toString(): string {
    return this.requirements.map(requirementText).join(',');
  }
}

function requirementMatches({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const left = value === undefined ? undefined : parseInt64(value);
      const right = values.length === 1 ? parseInt64(values[0] as string) : undefined;
      if (left === undefined || right === undefined) return false;
      return operator === 'gt' ? left > right : left < right;
    }
  }
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  const list = values.toSorted().join(',');
  switch (operator) {
    case '!':
      return `!${key}`;
    case 'exists':
      return key;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${list}`;
  }
}

/** Go's strconv.ParseInt(text, 10, 64). */
function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value > INT64_MAX || value < -INT64_MAX - 1n ? undefined : value;
}

/** What is wrong with a requirement, with the paths of labels.NewRequirement (`key`, `values[0][app]`). */
function requirementErrors({ key, operator, values }: LabelRequirement): FieldError[] {
  const errors: FieldError[] = [];
  const keyProblems = isLabelKey(key);
  if (keyProblems.length > 0) errors.push(invalid(Path.of('key'), key, keyProblems.join('; ')));
  const path = Path.of('values');
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length === 0) errors.push(invalid(path, values, "for 'in', 'notin' operators, values set can't be empty"));
      break;
    case '=':
    case '==':
    case '!=':
      if (values.length !== 1) errors.push(invalid(path, values, 'exact-match compatibility requires one single value'));
      break;
    case 'exists':
    case '!':
      if (values.length !== 0) errors.push(invalid(path, values, 'values set must be empty for exists and does not exist'));
      break;
    case 'gt':
    case 'lt':
      if (values.length !== 1) errors.push(invalid(path, values, "for 'Gt', 'Lt' operators, exactly one value is required"));
      values.forEach((value, i) => {
        if (parseInt64(value) === undefined) errors.push(invalid(path.index(i), value, "for 'Gt', 'Lt' operators, the value must be an integer"));
      });
      break;
    default:
      errors.push(notSupported(Path.of('operator'), operator, BINARY_OPERATORS));
  }
  values.forEach((value, i) => {
    const problems = isLabelValue(value);
    if (problems.length > 0) errors.push(invalid(path.index(i).key(key), value, problems.join('; ')));
  });
  return errors;
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorText))];
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`;
}

/**
 * The selector of a LabelSelector field: absent selects nothing, an empty one everything.
 * Throws ApiError 400 with the text of metav1.LabelSelectorAsSelector.
 */
export function labelMatcherOf(selector: LabelSelector | undefined | null): LabelMatcher {
  if (!selector) return LabelMatcher.nothing;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) requirements.push({ key, operator: '=', values: [value] });
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = EXPRESSION_OPERATORS.get(operator);
    if (!known) throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push({ key, operator: known, values: values ?? [] });
  }
  for (const requirement of requirements) {
    const errors = requirementErrors(requirement);
    if (errors.length > 0) throw badRequest(aggregate(errors));
  }
  return LabelMatcher.of(requirements);
}

const EXPRESSION_OPERATORS = new Map<string, LabelOperator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

/** The selector of a plain map, as Services and ReplicationControllers have: every label must be equal; not checked. */
export function labelMatcherFromSet(labels: Labels): LabelMatcher {
  return LabelMatcher.of(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })));
}

/** Parses the `labelSelector` query parameter. Throws ApiError 400 with the real server's text. */
export function parseLabelSelector(text: string): LabelMatcher {
  return LabelMatcher.of(new Parser(tokenize(text)).parse());
}

type TokenType = 'end' | 'identifier' | ')' | '(' | ',' | '!' | '=' | '==' | '!=' | '<' | '>' | 'in' | 'notin';
interface Token {
  readonly type: TokenType;
  readonly text: string;
}

const SYMBOL = /[=!(),><]/;
const SPACE = /[ \t\r\n]/;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length && text[i] !== '\0') {
    const char = text[i] as string;
    if (SPACE.test(char)) {
      i++;
    } else if (SYMBOL.test(char)) {
      const two = text.slice(i, i + 2);
      const symbol = two === '==' || two === '!=' ? two : char;
      tokens.push({ type: symbol as TokenType, text: symbol });
      i += symbol.length;
    } else {
      const start = i;
      while (i < text.length && text[i] !== '\0' && !SYMBOL.test(text[i] as string) && !SPACE.test(text[i] as string)) i++;
      const word = text.slice(start, i);
      tokens.push({ type: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
      // Go's lexer takes a NUL for the end of the word and goes on behind it.
      if (text[i] === '\0') i++;
    }
  }
  return [...tokens, { type: 'end', text: '' }];
}

const END: Token = { type: 'end', text: '' };

class Parser {
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const { type, text } = this.peek();
      if (type === 'end') return requirements;
      if (type !== 'identifier' && type !== '!') throw badRequest(`found '${text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.requirement());
      const next = this.take();
      if (next.type === 'end') return requirements;
      if (next.type !== ',') throw badRequest(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.peek();
      if (after.type !== 'identifier' && after.type !== '!') throw badRequest(`found '${after.text}', expected: identifier after ','`);
    }
  }

  /** 'in' and 'notin' are operators only right after a key; elsewhere they are words like any other. */
  private peek(): Token {
    const token = this.tokens[this.position] ?? END;
    return token.type === 'in' || token.type === 'notin' ? { type: 'identifier', text: token.text } : token;
  }

  private take(): Token {
    const token = this.peek();
    this.position++;
    return token;
  }

  private requirement(): LabelRequirement {
    let token = this.take();
    const negated = token.type === '!';
    if (negated) token = this.take();
    if (token.type !== 'identifier') throw this.unparsable(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const keyProblems = isLabelKey(key);
    if (keyProblems.length > 0) throw this.unparsable(fieldErrorText(invalid(Path.of(), key, keyProblems.join('; '))));
    const { type } = this.peek();
    if (negated) return { key, operator: '!', values: [] };
    if (type === 'end' || type === ',') return { key, operator: 'exists', values: [] };
    const operator = this.operator();
    const found = operator === 'in' || operator === 'notin' ? this.valueSet() : [this.exactValue()];
    const requirement: LabelRequirement = { key, operator, values: [...new Set(found)].sort() };
    const errors = requirementErrors(requirement);
    if (errors.length > 0) throw this.unparsable(aggregate(errors));
    return requirement;
  }

  private operator(): LabelOperator {
    const token = this.tokens[this.position++] ?? END;
    switch (token.type) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return token.type;
      case '>':
        return 'gt';
      case '<':
        return 'lt';
      default:
        throw this.unparsable(`found '${token.text}', expected: ${BINARY_OPERATORS.join(', ')}`);
    }
  }

  private exactValue(): string {
    const { type } = this.peek();
    if (type === 'end' || type === ',') return '';
    const token = this.take();
    if (token.type !== 'identifier') throw this.unparsable(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  private valueSet(): string[] {
    const open = this.take();
    if (open.type !== '(') throw this.unparsable(`found '${open.text}' expected: '('`);
    const first = this.peek();
    if (first.type === ')') {
      this.take();
      return [''];
    }
    if (first.type !== 'identifier' && first.type !== ',') throw this.unparsable(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.identifiers();
    this.take();
    return values;
  }

  /** Words separated by commas; empty ones count as "". Stops before the closing parenthesis. */
  private identifiers(): string[] {
    const values: string[] = [];
    for (;;) {
      const { type, text } = this.take();
      if (type === 'identifier') {
        values.push(text);
        const next = this.peek();
        if (next.type === ')') return values;
        if (next.type !== ',') throw this.unparsable(`found '${next.text}', expected: ',' or ')'`);
      } else if (type === ',') {
        const next = this.peek().type;
        if (values.length === 0 || next === ')' || next === ',') values.push('');
        if (next === ')') return values;
      } else {
        throw this.unparsable(`found '${text}', expected: ',', or identifier`);
      }
    }
  }

  private unparsable(why: string): Error {
    return badRequest(`unable to parse requirement: ${why}`);
  }
}
