import { CommandError } from '../errors.js';

export interface ParsedOptions {
  /** Letters and long names that were given, with their values ('' for flags). */
  readonly options: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/**
 * Parses options as getopt_long does. `spec` lists the letters, each followed by ':' when it takes a value;
 * `long` maps long names to what they count as (a letter or a name), with ':' at the end when they take a value.
 */
export function parseOptions(args: readonly string[], spec: string, long: Readonly<Record<string, string>> = {}, stopAtOperand = false): ParsedOptions {
  const options = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
      const target = Object.hasOwn(long, name) ? long[name] : undefined;
      if (target === undefined) throw new CommandError(`unrecognized option: ${name}`);
      const takesValue = target.endsWith(':');
      const value = equals >= 0 ? arg.slice(equals + 1) : takesValue ? args[++i] : '';
      if (value === undefined) throw new CommandError(`option '--${name}' requires an argument`);
      options.set(target.replace(/:$/, ''), value);
    } else if (arg.startsWith('-') && arg !== '-') {
      for (let j = 1; j < arg.length; j++) {
        const letter = arg[j] ?? '';
        const at = letter === ':' ? -1 : spec.indexOf(letter);
        if (at < 0) throw new CommandError(`unrecognized option: ${letter}`);
        if (spec[at + 1] !== ':') {
          options.set(letter, '');
          continue;
        }
        const value = j + 1 < arg.length ? arg.slice(j + 1) : args[++i];
        if (value === undefined) throw new CommandError(`option requires an argument: ${letter}`);
        options.set(letter, value);
        break;
      }
    } else {
      operands.push(arg);
      if (stopAtOperand) {
        operands.push(...args.slice(i + 1));
        break;
      }
    }
  }
  return { options, operands };
}
