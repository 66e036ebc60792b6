import type { FileSystem } from '../../file-system.js';
import { evaluateArithmetic } from '../arithmetic/evaluate.js';
import { ArithmeticFault } from '../arithmetic/parse.js';
import type { ArithmeticNode, BracePart, ParameterOperation, ParameterPart, ScriptNode, WordNode, WordPart } from '../ast.js';
import { ShellError } from '../errors.js';
import type { Variables } from '../variables.js';
import { FieldBuilder } from './fields.js';
import { changeCase, quoteForShell, removePattern, replacePattern, slice } from './parameter.js';
import { expandPathname } from './pathname.js';
import { hasPattern, patternToRegExp } from './pattern.js';

/** What expansion needs of the shell that it works for. */
export interface ExpansionHost {
  readonly variables: Variables;
  readonly fs: FileSystem;
  readonly cwd: string;
  readonly positional: readonly string[];
  /** bash has brace expansion, POSIX shells have not. */
  readonly expandsBraces: boolean;
  readonly options: { readonly nounset: boolean; readonly noglob: boolean };
  /** '?', '$', '!', '-', '0'; undefined when unset. */
  special(name: string): string | undefined;
  /** The output of a command substitution, without trailing newlines. */
  substitute(script: ScriptNode): Promise<string>;
  /** The path through which a process substitution is read or written. */
  substituteProcess(script: ScriptNode, direction: 'input' | 'output'): Promise<string>;
  /** Parses text as the inside of double quotes, for arithmetic with `$`. */
  parseQuoted(text: string): Promise<WordNode>;
  /** How the shell words "not set" under `set -u`. */
  unsetError(name: string): ShellError;
}

interface Value {
  readonly values: readonly string[] | undefined;
  /** '@' makes several fields even in quotes, '*' one of all. */
  readonly list: '@' | '*' | undefined;
}

interface Mode {
  readonly quoted: boolean;
  /** In the word of `${x:-word}` literal text is split as well. */
  readonly splitLiterals?: boolean;
}

const UNQUOTED: Mode = { quoted: false };
const QUOTED: Mode = { quoted: true };

/** Word expansion in the shell's order: braces, tilde, parameters, substitutions, splitting, pathnames, quotes. */
export class Expander {
  constructor(private readonly host: ExpansionHost) {}

  async words(words: readonly WordNode[]): Promise<string[]> {
    const all: string[] = [];
    for (const word of words) {
      const only = word.parts[0];
      if (word.parts.length === 1 && only?.type === 'Literal') all.push(only.value);
      else all.push(...(await this.word(word)));
    }
    return all;
  }

  /** The fields that a command's word becomes. */
  async word(word: WordNode): Promise<string[]> {
    const results: string[] = [];
    for (const parts of this.host.expandsBraces ? expandBraces(word.parts) : [word.parts]) {
      const builder = new FieldBuilder(this.host.variables.get('IFS') ?? ' \t\n');
      await this.parts(parts, builder, UNQUOTED);
      for (const field of builder.fields) {
        const matches = !this.host.options.noglob && field.mayBePattern && hasPattern(field.pattern)
          ? await expandPathname(this.host.fs, this.host.cwd, field.pattern)
          : [];
        if (matches.length > 0) results.push(...matches);
        else results.push(field.text);
      }
    }
    return results;
  }

  /** A word that stays one text: assignments, here-documents, `case` subjects, redirection targets. */
  async text(word: WordNode, mode: Mode = UNQUOTED): Promise<string> {
    const builder = new FieldBuilder(undefined);
    await this.parts(word.parts, builder, mode);
    return builder.fields.map((field) => field.text).join(' ');
  }

  /** The inside of a here-document. */
  hereDocument(word: WordNode): Promise<string> {
    return this.text(word, QUOTED);
  }

  /** A word as a pattern, with quoted parts escaped. */
  async pattern(word: WordNode): Promise<string> {
    const builder = new FieldBuilder(undefined);
    await this.parts(word.parts, builder, UNQUOTED);
    return builder.fields.map((field) => field.pattern).join(' ');
  }

  async arithmetic(node: ArithmeticNode): Promise<bigint> {
    return this.arithmeticText(node.originalText ?? '');
  }

  async arithmeticText(source: string): Promise<bigint> {
    const text = /[$`"'\\]/.test(source) ? (await this.text(await this.host.parseQuoted(source), QUOTED)).replace(/["']/g, '') : source;
    try {
      return evaluateArithmetic(text, this.host.variables, this.host.options.nounset);
    } catch (error) {
      if (error instanceof ArithmeticFault) throw new ShellError(error.message);
      throw error;
    }
  }

  /** The key of an array element: arithmetic for indexed arrays, text for associative ones. */
  async subscript(name: string, source: string): Promise<string> {
    if (this.host.variables.find(name)?.associative) {
      const text = /[$`"'\\]/.test(source) ? await this.text(await this.host.parseQuoted(source), QUOTED) : source;
      return text.replace(/^(["'])(.*)\1$/s, '$2');
    }
    const index = await this.arithmeticText(source);
    if (index >= 0n) return String(index);
    const keys = [...this.host.variables.items(name).keys()];
    return String(BigInt(keys.at(-1) ?? -1) + 1n + index);
  }

  private async parts(parts: readonly WordPart[], builder: FieldBuilder, mode: Mode): Promise<void> {
    for (const part of parts) await this.part(part, builder, mode);
  }

  private async part(part: WordPart, builder: FieldBuilder, mode: Mode): Promise<void> {
    switch (part.type) {
      case 'Literal':
        if (mode.splitLiterals) builder.addSplit(part.value);
        else builder.add(part.value, mode.quoted);
        return;
      case 'Glob': return builder.add(part.pattern, mode.quoted);
      case 'Escaped': return builder.add(part.value, true);
      case 'SingleQuoted': return builder.add(part.value, true);
      case 'DoubleQuoted': {
        if (part.parts.length === 0) builder.add('', true);
        return this.parts(part.parts, builder, QUOTED);
      }
      case 'TildeExpansion': return builder.add(this.tilde(part.user), true);
      case 'ArithmeticExpansion': return this.emit(String(await this.arithmetic(part.expression)), builder, mode);
      case 'CommandSubstitution': return this.emit(await this.host.substitute(part.body), builder, mode);
      case 'ProcessSubstitution': return builder.add(await this.host.substituteProcess(part.body, part.direction), true);
      case 'BraceExpansion':
        if (!this.host.expandsBraces || mode.quoted) return this.parts(braceText(part), builder, mode);
        for (const [i, alternative] of expandBraces([part]).entries()) {
          if (i > 0) builder.break();
          await this.parts(alternative, builder, mode);
        }
        return;
      case 'ParameterExpansion': return this.parameter(part, builder, mode);
    }
  }

  private emit(text: string, builder: FieldBuilder, mode: Mode): void {
    if (mode.quoted) builder.add(text, true);
    else builder.addSplit(text);
  }

  private tilde(user: string | null): string {
    if (user === null) return this.host.variables.get('HOME') ?? '/root';
    return user === 'root' ? '/root' : `/home/${user}`;
  }

  private async parameter(part: ParameterPart, builder: FieldBuilder, mode: Mode): Promise<void> {
    const { operation } = part;
    // The parser takes `${!:+x}` for an indirection through nothing.
    if (part.parameter === '' && operation?.type === 'Indirection') return this.parameter({ ...part, parameter: '!', operation: operation.innerOp ?? null }, builder, mode);
    const value = await this.valueOf(part.parameter, operation);
    if (operation && isConditional(operation)) {
      const word = await this.conditional(part.parameter, value, operation);
      if (word && mode.quoted) builder.add('', true);
      if (word) return this.parts(word.parts, builder, mode.quoted ? QUOTED : { quoted: false, splitLiterals: true });
      return this.emitValue(operation.type === 'AssignDefault' ? await this.valueOf(part.parameter, null) : value, builder, mode);
    }
    this.emitValue(operation ? await this.apply(part.parameter, value, operation) : this.checked(part.parameter, value), builder, mode);
  }

  private emitValue(value: Value, builder: FieldBuilder, mode: Mode): void {
    const values = value.values ?? [];
    if (value.list === '@' || (value.list === '*' && !mode.quoted)) {
      values.forEach((text, i) => {
        if (i > 0) builder.break();
        this.emit(text, builder, mode);
      });
    } else if (value.list === '*') {
      builder.add(values.join((this.host.variables.get('IFS') ?? ' ').slice(0, 1)), true);
    } else this.emit(values[0] ?? '', builder, mode);
  }

  private async valueOf(parameter: string, operation: ParameterOperation | null): Promise<Value> {
    const { variables, positional } = this.host;
    if (operation?.type === 'VarNamePrefix') {
      return { values: variables.names().filter((name) => name.startsWith(operation.prefix)), list: operation.star ? '*' : '@' };
    }
    if (operation?.type === 'ArrayKeys') return { values: [...variables.items(operation.array).keys()], list: operation.star ? '*' : '@' };
    if (parameter === '@' || parameter === '*') return { values: positional, list: parameter };
    if (/^\d+$/.test(parameter) && parameter !== '0') {
      const value = positional[Number(parameter) - 1];
      return { values: value === undefined ? undefined : [value], list: undefined };
    }
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(parameter);
    if (element) {
      const [, name = '', subscript = ''] = element;
      if (subscript === '@' || subscript === '*') return { values: [...variables.items(name).values()], list: subscript };
      const item = variables.items(name).get(await this.subscript(name, subscript));
      return { values: item === undefined ? undefined : [item], list: undefined };
    }
    const value = /^\w+$/.test(parameter) && parameter !== '0' ? variables.get(parameter) : this.host.special(parameter);
    return { values: value === undefined ? undefined : [value], list: undefined };
  }

  private checked(parameter: string, value: Value): Value {
    if (value.values === undefined && this.host.options.nounset) throw this.host.unsetError(parameter);
    return value;
  }

  /** The word that stands in for the value, or undefined when the value itself is meant. */
  private async conditional(parameter: string, value: Value, operation: Conditional): Promise<WordNode | undefined> {
    const isSet = value.list ? (value.values?.length ?? 0) > 0 : value.values !== undefined;
    const present = isSet && !(operation.checkEmpty && (value.values ?? []).join('') === '');
    switch (operation.type) {
      case 'UseAlternative': return present ? operation.word : EMPTY_WORD;
      case 'DefaultValue': return present ? undefined : operation.word;
      case 'AssignDefault':
        if (!present) await this.assignDefault(parameter, await this.text(operation.word));
        return undefined;
      case 'ErrorIfUnset': {
        if (present) return undefined;
        const message = operation.word ? await this.text(operation.word) : '';
        throw new ShellError(`${parameter}: ${message || 'parameter null or not set'}`, 2);
      }
    }
  }

  private async assignDefault(parameter: string, value: string): Promise<void> {
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(parameter);
    if (element?.[1] !== undefined) this.host.variables.setItem(element[1], await this.subscript(element[1], element[2] ?? ''), value);
    else if (/^[A-Za-z_]\w*$/.test(parameter)) this.host.variables.set(parameter, value);
    else throw new ShellError(`$${parameter}: cannot assign in this way`);
  }

  private async apply(parameter: string, value: Value, operation: Exclude<ParameterOperation, Conditional>): Promise<Value> {
    if (operation.type === 'VarNamePrefix' || operation.type === 'ArrayKeys') return value;
    if (operation.type === 'Length') {
      const { values } = this.checked(parameter, value);
      return one(String(value.list ? (values ?? []).length : Array.from(values?.[0] ?? '').length));
    }
    if (operation.type === 'Indirection') {
      const target = this.checked(parameter, value).values?.[0] ?? '';
      const part: ParameterPart = { type: 'ParameterExpansion', parameter: target, operation: operation.innerOp ?? null };
      const builder = new FieldBuilder(undefined);
      await this.parameter(part, builder, QUOTED);
      return one(builder.fields.map((field) => field.text).join(' '));
    }
    if (operation.type === 'Substring') return this.substring(parameter, this.checked(parameter, value), operation);
    const change = await this.transformation(parameter, operation);
    const { values, list } = this.checked(parameter, value);
    return { values: values?.map(change), list };
  }

  private async substring(parameter: string, value: Value, operation: Extract<ParameterOperation, { type: 'Substring' }>): Promise<Value> {
    const offset = Number(await this.arithmetic(operation.offset));
    const length = operation.length ? Number(await this.arithmetic(operation.length)) : undefined;
    if (!value.list) return one(slice(Array.from(value.values?.[0] ?? ''), offset, length, true).join(''));
    const isPositional = parameter === '@' || parameter === '*';
    const values = isPositional ? [this.host.special('0') ?? '', ...(value.values ?? [])] : (value.values ?? []);
    return { values: slice(values, isPositional && offset === 0 && length === undefined ? 0 : offset, length, false), list: value.list };
  }

  private async transformation(
    parameter: string, operation: Exclude<ParameterOperation, Conditional | { type: 'Substring' | 'Length' | 'Indirection' | 'VarNamePrefix' | 'ArrayKeys' }>,
  ): Promise<(value: string) => string> {
    switch (operation.type) {
      case 'PatternRemoval': {
        const pattern = await this.pattern(operation.pattern);
        return (text) => removePattern(text, pattern, operation.side, operation.greedy);
      }
      case 'PatternReplacement': {
        const pattern = await this.pattern(operation.pattern);
        const replacement = operation.replacement ? await this.text(operation.replacement) : '';
        return (text) => replacePattern(text, pattern, replacement, operation);
      }
      case 'CaseModification': {
        const matcher = operation.pattern ? patternToRegExp(await this.pattern(operation.pattern)) : undefined;
        return (text) => changeCase(text, operation.direction, operation.all, (c) => matcher?.test(c) ?? true);
      }
      case 'Transform': return (text) => this.transform(operation.operator, text);
      case 'LengthSliceError':
      case 'BadSubstitution': throw new ShellError(`${operation.type === 'BadSubstitution' ? operation.text : `\${#${parameter}}`}: bad substitution`);
    }
  }

  private transform(operator: string, text: string): string {
    if (operator === 'Q') return text === '' ? "''" : `'${text.replace(/'/g, "'\\''")}'`;
    if (operator === 'U') return text.toUpperCase();
    if (operator === 'L') return text.toLowerCase();
    if (operator === 'u') return text.charAt(0).toUpperCase() + text.slice(1);
    return operator === 'A' ? quoteForShell(text) : text;
  }
}

type Conditional = Extract<ParameterOperation, { type: 'DefaultValue' | 'AssignDefault' | 'ErrorIfUnset' | 'UseAlternative' }>;

function isConditional(operation: ParameterOperation): operation is Conditional {
  return operation.type === 'DefaultValue' || operation.type === 'AssignDefault' || operation.type === 'ErrorIfUnset' || operation.type === 'UseAlternative';
}

const EMPTY_WORD: WordNode = { type: 'Word', parts: [] };

function one(value: string): Value {
  return { values: [value], list: undefined };
}

/** All combinations of a word's brace expressions. */
export function expandBraces(parts: readonly WordPart[]): WordPart[][] {
  const index = parts.findIndex((part) => part.type === 'BraceExpansion');
  const brace = parts[index];
  if (brace?.type !== 'BraceExpansion') return [[...parts]];
  const tails = expandBraces(parts.slice(index + 1));
  const head = parts.slice(0, index);
  return alternatives(brace).flatMap((alternative) => tails.map((tail) => [...head, ...alternative, ...tail]));
}

/** A brace expression as it was written. */
function braceText(brace: BracePart): WordPart[] {
  const items = brace.items.map((item): WordPart[] => {
    if (item.type === 'Word') return item.word.parts;
    return [{ type: 'Literal', value: `${item.startStr ?? item.start}..${item.endStr ?? item.end}${item.step === undefined ? '' : `..${item.step}`}` }];
  });
  return [{ type: 'Literal', value: '{' }, ...items.flatMap((item, i) => (i > 0 ? [{ type: 'Literal', value: ',' } as const, ...item] : item)), { type: 'Literal', value: '}' }];
}

const MAX_RANGE = 100_000;

function alternatives(brace: BracePart): WordPart[][] {
  return brace.items.flatMap((item) => (item.type === 'Word' ? expandBraces(item.word.parts) : range(item)));
}

function range(item: Extract<BracePart['items'][number], { type: 'Range' }>): WordPart[][] {
  const { start, end } = item;
  const letters = typeof start === 'string' && typeof end === 'string';
  const from = typeof start === 'string' ? (start.codePointAt(0) ?? 0) : start;
  const to = typeof end === 'string' ? (end.codePointAt(0) ?? 0) : end;
  const step = Math.max(1, Math.abs(item.step ?? 1));
  const width = [item.startStr, item.endStr].some((text) => /^-?0\d/.test(text ?? '')) ? Math.max(item.startStr?.length ?? 0, item.endStr?.length ?? 0) : 0;
  const count = Math.min(MAX_RANGE, Math.floor(Math.abs(to - from) / step) + 1);
  return Array.from({ length: count }, (_, i) => {
    const value = from + (from <= to ? 1 : -1) * step * i;
    const text = letters ? String.fromCodePoint(value) : value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0');
    return [{ type: 'Literal', value: text } as const];
  });
}
