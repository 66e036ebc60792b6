import { CommandError } from '../errors.js';
import { formatPrintf, unescapeAll } from '../printf.js';
import { isName } from '../variables.js';
import type { Builtin } from './builtin.js';

/** What `echo` prints. `always`: dash's echo, whose escapes are always on. */
export function echoText(args: readonly string[], always: boolean): Buffer {
  let newline = true;
  let escapes = always;
  let at = 0;
  for (; at < args.length && (always ? /^-n$/ : /^-[neE]+$/).test(args[at] ?? ''); at++) {
    for (const flag of (args[at] ?? '').slice(1)) {
      if (flag === 'n') newline = false;
      else escapes = flag === 'e';
    }
  }
  const text = args.slice(at).join(' ');
  if (!escapes) return Buffer.from(newline ? `${text}\n` : text);
  const { bytes, stop } = unescapeAll(text);
  return newline && !stop ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes;
}

export const echo: Builtin = async ({ shell, args }) => {
  await shell.task.write(echoText(args, shell.flavour === 'dash'));
  return 0;
};

export const printf: Builtin = async ({ shell, args }) => {
  const list = [...args];
  let variable: string | undefined;
  if (list[0] === '-v' && shell.flavour === 'bash') {
    variable = list[1];
    list.splice(0, 2);
  }
  if (list[0] === '--') list.shift();
  const [format, ...rest] = list;
  if (format === undefined) throw new CommandError(shell.flavour === 'bash' ? 'usage: printf [-v var] format [arguments]' : 'usage: printf FORMAT [ARGUMENT...]', 2);
  const { bytes, invalid } = formatPrintf(format, rest, shell.task.container.clock.now());
  if (variable !== undefined) {
    if (!isName(variable)) throw new CommandError(`\`${variable}': not a valid identifier`, 2);
    shell.variables.set(variable, bytes.toString());
  } else await shell.task.write(bytes);
  if (invalid.length === 0) return 0;
  const [first = ''] = invalid;
  throw new CommandError(shell.flavour === 'bash' ? `${first}: invalid number` : shell.flavour === 'dash' ? `${first}: expected numeric value` : `invalid number '${first}'`);
};
