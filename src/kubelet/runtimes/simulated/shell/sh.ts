import { errorText } from '../files/file-system-error.js';
import { CommandError } from './errors.js';
import { Executor } from './executor.js';
import { runInteractive, runStandardInput, runText } from './command-loop.js';
import type { Flavour } from './messages.js';
import type { Tool } from './program.js';
import { OPTION_LETTERS, Shell, type ShellOptions, type ShellStart } from './shell.js';

interface Invocation {
  readonly start: Omit<ShellStart, 'task'>;
  readonly options: readonly (readonly [keyof ShellOptions, boolean])[];
  readonly command: string | undefined;
  readonly file: string | undefined;
}

/** The shell as a program: `sh`, `sh -c TEXT NAME ARGS…`, `sh FILE ARGS…`, `sh -s ARGS…`. */
export function shellTool(flavour: Flavour): Tool {
  return async (task, args) => {
    const invocation = parseArguments(flavour, task.argv[0] ?? 'sh', args, task.stdin.tty !== undefined && task.stderr.tty !== undefined);
    const shell = new Shell(task, invocation.start);
    for (const [option, on] of invocation.options) shell.options[option] = on;
    shell.variables.set('PWD', task.cwd);
    shell.variables.declare('PWD', { exported: true });
    const level = Number(task.env.get('SHLVL') ?? '0') + 1;
    if (flavour !== 'dash') {
      shell.variables.set('SHLVL', String(level));
      shell.variables.declare('SHLVL', { exported: true });
    }
    const executor = new Executor(shell);
    return executor.main(async () => {
      if (invocation.command !== undefined) return runText(executor, invocation.command);
      if (invocation.file !== undefined) return runText(executor, await script(shell, invocation.file));
      return shell.interactive ? runInteractive(executor) : runStandardInput(executor);
    });
  };
}

async function script(shell: Shell, file: string): Promise<string> {
  const { task } = shell;
  try {
    return await task.fs.readFile(task.resolve(file));
  } catch (error) {
    const reason = errorText(error);
    const text = shell.flavour === 'bash' ? `${file}: ${reason}` : shell.flavour === 'ash' ? `can't open '${file}': ${reason}` : `0: cannot open ${file}: No such file`;
    throw new CommandError(text, shell.flavour === 'bash' ? 127 : 2);
  }
}

function parseArguments(flavour: Flavour, argv0: string, args: readonly string[], atTerminal: boolean): Invocation {
  const options: [keyof ShellOptions, boolean][] = [];
  let isCommand = false;
  let fromStdin = false;
  let forced = false;
  let i = 0;
  for (; i < args.length && /^[-+]./.test(args[i] ?? ''); i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      i++;
      break;
    }
    if (arg.startsWith('--')) continue;
    for (const letter of arg.slice(1)) {
      if (letter === 'c') isCommand = true;
      else if (letter === 's') fromStdin = true;
      else if (letter === 'i') forced = true;
      else if (letter === 'o' || letter === 'O') {
        const name = args[++i] ?? '';
        if (letter === 'o' && name in DEFAULTS) options.push([name as keyof ShellOptions, arg.startsWith('-')]);
      } else {
        const option = Object.hasOwn(OPTION_LETTERS, letter) ? OPTION_LETTERS[letter] : undefined;
        if (option) options.push([option, arg.startsWith('-')]);
        else if (letter !== 'l') throw new CommandError(flavour === 'bash' ? `${arg}: invalid option` : `illegal option ${arg}`, 2);
      }
    }
  }
  const rest = args.slice(i);
  const [first] = rest;
  if (isCommand) {
    if (first === undefined) throw new CommandError(flavour === 'bash' ? '-c: option requires an argument' : '-c requires an argument', 2);
    return { options, command: first, file: undefined, start: { flavour, name: rest[1] ?? argv0, positional: rest.slice(2), interactive: forced, source: 'command' } };
  }
  if (first !== undefined && !fromStdin) {
    return { options, command: undefined, file: first, start: { flavour, name: first, positional: rest.slice(1), interactive: forced, source: 'script' } };
  }
  return {
    options, command: undefined, file: undefined,
    start: { flavour, name: argv0, positional: rest, interactive: forced || (atTerminal && !fromStdin), source: 'stdin' },
  };
}

const DEFAULTS: Readonly<Record<string, true>> = { errexit: true, nounset: true, xtrace: true, pipefail: true, noglob: true, noexec: true, verbose: true, allexport: true, noclobber: true, monitor: true };
