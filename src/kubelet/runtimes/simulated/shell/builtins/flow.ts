import { errorText } from '../../files/file-system-error.js';
import { CommandError, FunctionReturn, LoopExit, ShellExit } from '../errors.js';
import { findProgram, DEFAULT_PATH } from '../executable.js';
import { notExecutable, notFound } from '../messages.js';
import { become } from '../external.js';
import { heldByJobs } from '../job-control.js';
import { parseScript } from '../parse/parse.js';
import type { Builtin, BuiltinContext } from './builtin.js';

function statusOf({ shell, name, args }: BuiltinContext): number {
  const [text] = args;
  if (text === undefined) return shell.status;
  if (/^-?\d+$/.test(text)) return Number(text) & 255;
  if (shell.flavour === 'bash') throw new CommandError(`${text}: numeric argument required`, 2);
  throw new CommandError(`Illegal number: ${text}`, name === 'exit' ? 2 : 2);
}

export const exit: Builtin = async (context) => {
  if (await heldByJobs(context.shell)) return 1;
  try {
    throw new ShellExit(statusOf(context));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await context.shell.task.writeError(`${context.shell.name}: exit: ${error.message}\n`);
    throw new ShellExit(2);
  }
};

export const returnStatus: Builtin = async (context) => {
  const { shell } = context;
  if (shell.functionDepth === 0 && shell.sourceDepth === 0 && shell.flavour === 'bash') {
    throw new CommandError("can only `return' from a function or sourced script", 2);
  }
  throw new FunctionReturn(statusOf(context));
};

function loopExit(kind: 'break' | 'continue'): Builtin {
  return async ({ shell, args }) => {
    const levels = Number(args[0] ?? '1');
    if (!Number.isInteger(levels) || levels < 1) throw new CommandError(`${args[0]}: loop count out of range`);
    if (shell.loops === 0) return 0;
    throw new LoopExit(kind, Math.min(levels, shell.loops));
  };
}

export const breakLoop = loopExit('break');
export const continueLoop = loopExit('continue');

export const evalText: Builtin = async ({ executor, args }) => {
  const text = args[0] === '--' ? args.slice(1).join(' ') : args.join(' ');
  executor.shell.status = 0;
  return text.trim() === '' ? 0 : executor.run(text);
};

export const source: Builtin = async ({ shell, executor, args }) => {
  const [file, ...rest] = args;
  if (file === undefined) throw new CommandError('filename argument required', 2);
  const text = await readSource(shell, file);
  const { positional } = shell;
  if (rest.length > 0) shell.positional = rest;
  shell.sourceDepth++;
  try {
    const script = await parseScript(text);
    shell.status = 0;
    return await executor.statements(script.statements);
  } catch (error) {
    if (error instanceof FunctionReturn) return error.code;
    throw error;
  } finally {
    shell.sourceDepth--;
    if (rest.length > 0) shell.positional = positional;
  }
};

async function readSource(shell: BuiltinContext['shell'], file: string): Promise<string> {
  const { task } = shell;
  const candidates = file.includes('/') ? [file] : [...(shell.variables.get('PATH') ?? '').split(':').map((folder) => `${folder}/${file}`), file];
  let reason = 'No such file or directory';
  for (const candidate of candidates) {
    try {
      return await task.fs.readFile(task.resolve(candidate));
    } catch (error) {
      reason = errorText(error);
    }
  }
  if (shell.flavour === 'bash') throw new CommandError(`${file}: ${reason}`);
  await task.writeError(`${shell.name}: ${shell.flavour === 'ash' ? `.: line ${Math.max(0, shell.line - 1)}: can't open '${file}': ${reason}` : `${shell.line}: .: cannot open ${file}: No such file`}\n`);
  throw new ShellExit(2);
}

/** `exec COMMAND`: the command takes the shell's process. Without one the redirections stay. */
export const exec: Builtin = async ({ shell, executor, args }) => {
  const words = [...args];
  let name: string | undefined;
  let clean = false;
  while (words[0]?.startsWith('-')) {
    const option = words.shift();
    if (option === '-a') name = words.shift();
    else if (option === '-c') clean = true;
    else if (option === '--') break;
  }
  const [command] = words;
  if (command === undefined) return 0;
  const program = await findProgram(shell.task, command, shell.variables.get('PATH') ?? DEFAULT_PATH);
  if (!('kind' in program)) {
    const text = program.code === 127 ? notFound(shell.speaker, command) : notExecutable(shell.speaker, command, program.isDirectory);
    await shell.task.writeError(shell.flavour === 'bash' ? text.replace(`${command}: command not found`, `exec: ${command}: not found`) : text.replace(`${command}:`, `exec: ${command}:`));
    throw new ShellExit(program.code);
  }
  return become(executor, program, [name ?? command, ...words.slice(1)], clean ? new Map() : shell.variables.environment());
};
