/**
 * What Go's encoding/json says of a text that is no JSON object, as validation passes it on
 * (`json.Unmarshal` into `map[string]interface{}`); undefined where it takes the text.
 */
export function goJsonObjectError(text: string): string | undefined {
  try {
    const type = new Scanner(text).document();
    return type === 'object' || type === 'null' ? undefined : `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
  } catch (error) {
    if (error instanceof ScanError) return error.message;
    throw error;
  }
}

class ScanError extends Error {}

type JsonType = 'object' | 'array' | 'string' | 'number' | 'bool' | 'null';
const LITERALS = new Map<string, [word: string, type: JsonType]>([
  ['t', ['true', 'bool']],
  ['f', ['false', 'bool']],
  ['n', ['null', 'null']],
]);
const BEGINNING = 'looking for beginning of value';
const DIGIT = /[0-9]/;

class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): JsonType {
    const type = this.value();
    this.space();
    if (this.at < this.text.length) this.fail('after top-level value');
    return type;
  }

  private peek(): string {
    return this.text[this.at] ?? '';
  }

  private space(): void {
    while (/[ \t\r\n]/.test(this.peek())) this.at++;
  }

  private fail(where: string): never {
    const char = this.peek();
    // A text that ends is told so, but within a literal or a number: there Go sees a space.
    if (char === '' && !/literal/.test(where)) throw new ScanError('unexpected end of JSON input');
    const code = char.charCodeAt(0);
    const shown = char === '' ? ' ' : char === "'" ? "\\'" : char === '"' ? '"' : char === '\\' ? '\\\\' : code < 0x20 ? (CONTROL[char] ?? `\\x${code.toString(16).padStart(2, '0')}`) : char;
    throw new ScanError(`invalid character '${shown}' ${where}`);
  }

  private value(): JsonType {
    this.space();
    const literal = LITERALS.get(this.peek());
    if (this.peek() === '{') return this.members();
    if (this.peek() === '[') return this.items();
    if (this.peek() === '"') return this.string();
    if (literal) return this.literal(...literal);
    if (this.peek() === '-' || DIGIT.test(this.peek())) return this.number();
    return this.fail(BEGINNING);
  }

  private members(): JsonType {
    this.at++;
    this.space();
    if (this.peek() === '}') return this.done('object');
    for (;;) {
      this.space();
      if (this.peek() !== '"') this.fail('looking for beginning of object key string');
      this.string();
      this.space();
      if (this.peek() !== ':') this.fail('after object key');
      this.at++;
      this.value();
      this.space();
      if (this.peek() === '}') return this.done('object');
      if (this.peek() !== ',') this.fail('after object key:value pair');
      this.at++;
    }
  }

  private items(): JsonType {
    this.at++;
    this.space();
    if (this.peek() === ']') return this.done('array');
    for (;;) {
      this.value();
      this.space();
      if (this.peek() === ']') return this.done('array');
      if (this.peek() !== ',') this.fail('after array element');
      this.at++;
    }
  }

  private done(type: JsonType): JsonType {
    this.at++;
    return type;
  }

  private string(): JsonType {
    for (this.at++; this.peek() !== '"'; this.at++) {
      if (this.peek() === '\\') {
        this.at++;
        if (this.peek() === 'u') {
          for (let i = 0; i < 4; i++) {
            this.at++;
            if (!/[0-9a-fA-F]/.test(this.peek())) this.fail('in \\u hexadecimal character escape');
          }
        } else if (!/["\\/bfnrt]/.test(this.peek())) this.fail('in string escape code');
      } else if (this.peek() === '' || this.peek() < ' ') this.fail('in string literal'.replace('literal', this.peek() === '' ? '' : 'literal'));
    }
    return this.done('string');
  }

  private literal(word: string, type: JsonType): JsonType {
    for (const expected of word) {
      if (this.peek() !== expected) this.fail(`in literal ${word} (expecting '${expected}')`);
      this.at++;
    }
    return type;
  }

  private number(): JsonType {
    const digits = (where: string): void => {
      if (!DIGIT.test(this.peek())) this.fail(where);
      while (DIGIT.test(this.peek())) this.at++;
    };
    if (this.peek() === '-') this.at++;
    if (this.peek() === '0') this.at++;
    else digits('in numeric literal');
    if (this.peek() === '.') {
      this.at++;
      digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.peek())) {
      this.at++;
      if (/[+-]/.test(this.peek())) this.at++;
      digits('in exponent of numeric literal');
    }
    return 'number';
  }
}

const CONTROL: Readonly<Record<string, string>> = { '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\x07': '\\a' };
