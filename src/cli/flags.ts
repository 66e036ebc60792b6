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

export interface Parsed {
  readonly positionals: readonly string[];
  string(name: string): string | undefined;
  boolean(name: string): boolean;
  /** Throws UsageError for what is none of `values`. */
  choice(name: string, values: readonly string[]): string | undefined;
  /** Throws UsageError for what is no whole number from `min` to `max`. */
  integer(name: string, min: number, max: number): number | undefined;
}

/** Parses flags strictly. Throws UsageError; undefined when --help was asked for and has been printed. */
export function parseFlags(usage: string, flags: Flags, args: readonly string[]): Parsed | undefined {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } };
  for (const [name, { type, short, default: fallback }] of Object.entries(flags)) options[name] = { type, ...(short === undefined ? {} : { short }), ...(fallback === undefined ? {} : { default: fallback }) };
  let result: ReturnType<typeof parseArgs>;
  try {
    result = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    const text = (error as Error).message.split('. ')[0] ?? '';
    throw new UsageError(`${text.replace(/^Unknown option '(-{1,2}[^']*)'.*$/, 'unknown flag $1')}: 'kubette ${usage.split(' ')[0]} --help' lists the flags`);
  }
  const values = result.values as Record<string, string | boolean | undefined>;
  if (values['help']) {
    process.stdout.write(helpText(usage, flags));
    return undefined;
  }
  const string = (name: string): string | undefined => values[name] as string | undefined;
  return {
    positionals: result.positionals,
    string,
    boolean: (name) => values[name] === true,
    choice: (name, choices) => {
      const text = string(name);
      if (text !== undefined && !choices.includes(text)) throw new UsageError(`--${name} must be ${choices.join(' or ')}, not "${text}"`);
      return text;
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

function helpText(usage: string, flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => [`  --${name}${flag.value ? ` ${flag.value}` : ''}`, `${flag.help}${flag.default === undefined || flag.default === '' ? '' : ` (default ${flag.default})`}`] as const);
  const width = Math.max(...rows.map(([left]) => left.length)) + 3;
  return `Usage: kubette ${usage}\n\nFlags:\n${rows.map(([left, right]) => left.padEnd(width) + right).join('\n')}\n`;
}
