import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './usage-error.js';

/** A flag of a verb, with the line that --help prints of it. */
export interface Flag {
  readonly type: 'string' | 'boolean';
  /** One letter that stands for it. */
  readonly short?: string;
  /** What stands for the value in the help, e.g. PORT. */
  readonly value?: string;
  readonly help: string;
  readonly default?: string | boolean;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What --help says of a verb before its flags, and behind them. */
export interface Manual {
  readonly verb: string;
  /** One sentence. */
  readonly about: string;
  /** What follows `kubette VERB`, with what it does: a line each. */
  readonly usage: ReadonlyArray<readonly [form: string, effect: string]>;
  /** Whole command lines. */
  readonly examples?: readonly string[];
}

export interface Parsed {
  readonly positionals: readonly string[];
  string(name: string): string | undefined;
  boolean(name: string): boolean;
  /** Throws UsageError for what is none of `values`. */
  choice<T extends string>(name: string, values: readonly T[]): T | undefined;
  /** Throws UsageError for what is no whole number from `min` to `max`. */
  integer(name: string, min: number, max: number): number | undefined;
}

/** Parses flags strictly. Throws UsageError; undefined when --help was asked for and has been printed. */
export function parseFlags(manual: Manual, flags: Flags, args: readonly string[]): Parsed | undefined {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } };
  for (const [name, { type, short, default: fallback }] of Object.entries(flags)) options[name] = { type, ...(short === undefined ? {} : { short }), ...(fallback === undefined ? {} : { default: fallback }) };
  let result: ReturnType<typeof parseArgs>;
  try {
    result = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${mistakeOf((error as Error).message)}: 'kubette ${manual.verb} --help' lists the flags`);
  }
  const values = result.values as Record<string, string | boolean | undefined>;
  if (values['help']) {
    process.stdout.write(helpText(manual, flags));
    return undefined;
  }
  const string = (name: string): string | undefined => values[name] as string | undefined;
  return {
    positionals: result.positionals,
    string,
    boolean: (name) => values[name] === true,
    choice: (name, choices) => {
      const text = string(name);
      const chosen = choices.find((choice) => choice === text);
      if (text !== undefined && chosen === undefined) throw new UsageError(`--${name} must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}, not "${text}"`);
      return chosen;
    },
    integer: (name, min, max) => {
      const text = string(name);
      if (text === undefined) return undefined;
      const number = Number(text);
      if (!/^\d+$/.test(text) || number < min || number > max) throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
      return number;
    },
  };
}

/** The mistake that Node's parser has found, shorter than it says it. */
function mistakeOf(message: string): string {
  const unknown = /^Unknown option '(-{1,2}[^']*)'/.exec(message)?.[1];
  if (unknown !== undefined) return `unknown flag ${unknown}`;
  // Also what looks like the next flag, such as a negative number.
  const bare = /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument (?:missing|is ambiguous)/.exec(message)?.[1];
  if (bare !== undefined) return `${bare} needs a value (with a dash before it: ${bare}=-VALUE)`;
  const given = /^Option '(?:-\w, )?(--[\w-]+)' does not take an argument/.exec(message)?.[1];
  if (given !== undefined) return `${given} takes no value`;
  return message.split('. ')[0] ?? '';
}

function helpText({ verb, about, usage, examples = [] }: Manual, flags: Flags): string {
  const flagRows = Object.entries(flags).map(([name, { short, value, help, default: fallback }]): [string, string] => [`${short === undefined ? '' : `-${short}, `}--${name}${value ? ` ${value}` : ''}`, `${help}${fallback === undefined || fallback === '' ? '' : ` (default ${fallback})`}`]);
  const sections = [
    about,
    `Usage:\n${columns(usage.map(([form, effect]) => [`kubette ${verb}${form === '' ? '' : ` ${form}`}`, effect]))}`,
    ...(flagRows.length === 0 ? [] : [`Flags:\n${columns(flagRows)}`]),
    ...(examples.length === 0 ? [] : [`Examples:\n${examples.map((line) => `  ${line}`).join('\n')}`]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function columns(rows: ReadonlyArray<readonly [string, string]>): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 3;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`.trimEnd()).join('\n');
}
