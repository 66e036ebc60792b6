import { badRequest } from './errors.js';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/**
 * A field selector (Kubernetes' fields.Selector): all requirements must hold. Immutable.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
export class FieldMatcher {
  static readonly everything = new FieldMatcher([]);

  constructor(readonly requirements: readonly FieldRequirement[]) {}

  /** Whether this selects every object. */
  get empty(): boolean {
    return this.requirements.length === 0;
  }

  /** Whether fields match, got one by one by name; a field that is absent counts as "". */
  matches(get: (field: string) => string | undefined): boolean {
    for (const { field, operator, value } of this.requirements) {
      if (((get(field) ?? '') === value) !== (operator === '=')) return false;
    }
    return true;
  }

  /** The value that the field must equal, e.g. of `metadata.name`; undefined when it is not pinned. */
  valueOf(field: string): string | undefined {
    return this.requirements.find((r) => r.field === field && r.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(',');
  }
}

/** Puts a backslash before `\`, `,` and `=`. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

/**
 * Parses the `fieldSelector` query parameter. Which fields a kind knows is checked by its registry
 * (`field label not supported: …`). Throws ApiError 400 with the real server's text.
 */
export function parseFieldSelector(text: string): FieldMatcher {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field, operator, value] = match as unknown as [string, string, string, string];
    const plain = unescapeFieldValue(value);
    if (field !== '' || plain !== '') requirements.push({ field, operator: operator === '!=' ? '!=' : '=', value: plain });
  }
  return requirements.length === 0 ? FieldMatcher.everything : new FieldMatcher(requirements);
}

/** Terms between commas; an escaped comma belongs to the value. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') {
      i++;
    } else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function unescapeFieldValue(value: string): string {
  let plain = '';
  let escaped = false;
  for (const char of value) {
    if (escaped) {
      if (char !== '\\' && char !== ',' && char !== '=') throw badRequest(`invalid field selector: invalid escape sequence: \\${char}`);
      plain += char;
      escaped = false;
    } else if (char === '\\') {
      escaped = true;
    } else if (char === ',' || char === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${char.codePointAt(0)}`);
    } else {
      plain += char;
    }
  }
  if (escaped) throw badRequest('invalid field selector: invalid escape sequence: \\');
  return plain;
}
