import { errorText } from '../../files/file-system-error.js';
import { resolvePath } from '../../files/paths.js';
import { CommandError } from '../errors.js';
import { DEFAULT_PATH, findProgram } from '../executable.js';
import { cannotChangeDirectory } from '../messages.js';
import type { Shell } from '../shell.js';
import { external } from '../external.js';
import { setOption } from './variables.js';
import type { Builtin } from './builtin.js';

export const cd: Builtin = async ({ shell, args }) => {
  const words = args.filter((arg) => !/^-[LPe@]+$/.test(arg) && arg !== '--');
  const [given] = words;
  const physical = args.includes('-P');
  const target = given === undefined ? shell.variables.get('HOME') : given === '-' ? shell.variables.get('OLDPWD') : given;
  if (words.length > 1 && shell.flavour === 'bash') throw new CommandError('too many arguments');
  if (target === undefined) throw new CommandError(given === '-' ? 'OLDPWD not set' : 'HOME not set');
  const { task } = shell;
  const path = target === '' ? task.cwd : resolvePath(task.cwd, target);
  const problem = await directoryProblem(shell, path);
  if (problem) {
    await task.writeError(cannotChangeDirectory(shell.speaker, target, problem));
    return shell.flavour === 'bash' ? 1 : 2;
  }
  shell.variables.set('OLDPWD', task.cwd);
  task.cwd = physical ? await task.fs.realpath(path) : path;
  shell.variables.set('PWD', task.cwd);
  if (given === '-') await task.write(`${task.cwd}\n`);
  return 0;
};

async function directoryProblem(shell: Shell, path: string): Promise<string | undefined> {
  try {
    return (await shell.task.fs.stat(path)).isDirectory ? undefined : 'Not a directory';
  } catch (error) {
    return errorText(error);
  }
}

export const pwd: Builtin = async ({ shell, args }) => {
  const { task } = shell;
  await task.write(`${args.includes('-P') ? await task.fs.realpath(task.cwd).catch(() => task.cwd) : task.cwd}\n`);
  return 0;
};

export const umask: Builtin = async ({ shell, args }) => {
  const { task } = shell;
  const [value] = args.filter((arg) => arg !== '-S' && arg !== '-p');
  if (value === undefined) {
    const text = args.includes('-S') ? symbolic(task.umask) : task.umask.toString(8).padStart(4, '0');
    await task.write(`${text}\n`);
    return 0;
  }
  if (/^[0-7]+$/.test(value)) {
    task.umask = Number.parseInt(value, 8) & 0o777;
    return 0;
  }
  for (const clause of value.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause);
    if (!match) throw new CommandError(`${value}: invalid mode`);
    const who = match[1] === '' || match[1]?.includes('a') ? 'ugo' : (match[1] ?? '');
    const bits = Array.from(match[3] ?? '').reduce((sum, c) => sum | { r: 4, w: 2, x: 1 }[c as 'r' | 'w' | 'x'], 0);
    for (const [letter, shiftBy] of [['u', 6], ['g', 3], ['o', 0]] as const) {
      if (!who.includes(letter)) continue;
      const allowed = (~task.umask >> shiftBy) & 7;
      const next = match[2] === '=' ? bits : match[2] === '+' ? allowed | bits : allowed & ~bits;
      task.umask = (task.umask & ~(7 << shiftBy)) | ((~next & 7) << shiftBy);
    }
  }
  return 0;
};

function symbolic(mask: number): string {
  return [['u', 6], ['g', 3], ['o', 0]].map(([who, by]) => {
    const allowed = (~mask >> Number(by)) & 7;
    return `${who}=${allowed & 4 ? 'r' : ''}${allowed & 2 ? 'w' : ''}${allowed & 1 ? 'x' : ''}`;
  }).join(',');
}

const LIMITS: readonly (readonly [string, string, string])[] = [
  ['core file size (blocks)', 'c', '0'], ['data seg size (kb)', 'd', 'unlimited'], ['file size (blocks)', 'f', 'unlimited'],
  ['max locked memory (kb)', 'l', '8192'], ['max memory size (kb)', 'm', 'unlimited'], ['open files', 'n', '1048576'],
  ['stack size (kb)', 's', '8192'], ['cpu time (seconds)', 't', 'unlimited'], ['max user processes', 'u', 'unlimited'], ['virtual memory (kb)', 'v', 'unlimited'],
];

export const ulimit: Builtin = async ({ shell, args }) => {
  const letters = args.filter((arg) => arg.startsWith('-')).join('').replace(/[-HS]/g, '');
  if (letters.includes('a')) {
    for (const [name, letter, value] of LIMITS) await shell.task.write(`${name.padEnd(32)}(-${letter}) ${value}\n`);
    return 0;
  }
  if (args.some((arg) => !arg.startsWith('-'))) return 0;
  await shell.task.write(`${LIMITS.find(([, letter]) => letter === (letters || 'f'))?.[2] ?? 'unlimited'}\n`);
  return 0;
};

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'fi', 'for', 'in', 'do', 'done', 'while', 'until', 'case', 'esac', '{', '}', '!', '[[', ']]', 'function', 'time', 'select']);

/** What a name means to the shell; undefined when nothing. */
async function meaning(shell: Shell, name: string, isBuiltin: (name: string) => boolean): Promise<{ kind: 'alias' | 'keyword' | 'function' | 'builtin' | 'file'; path: string } | undefined> {
  const alias = shell.aliases.get(name);
  if (alias !== undefined) return { kind: 'alias', path: alias };
  if (KEYWORDS.has(name)) return { kind: 'keyword', path: name };
  if (shell.functions.has(name)) return { kind: 'function', path: name };
  if (isBuiltin(name)) return { kind: 'builtin', path: name };
  const program = await findProgram(shell.task, name, shell.variables.get('PATH') ?? DEFAULT_PATH);
  return 'kind' in program ? { kind: 'file', path: program.path } : undefined;
}

export function typeBuiltin(isBuiltin: (name: string) => boolean): Builtin {
  return async ({ shell, args }) => {
    const short = args.includes('-t');
    const pathOnly = args.includes('-p') || args.includes('-P');
    let status = 0;
    for (const name of args.filter((arg) => !/^-[atpPf]+$/.test(arg))) {
      const found = await meaning(shell, name, isBuiltin);
      if (!found) {
        status = shell.flavour === 'bash' ? 1 : 127;
        if (!short && !pathOnly) await shell.task.writeError(shell.flavour === 'bash' ? `${shell.name}: line ${shell.line}: type: ${name}: not found\n` : `${name}: not found\n`);
      } else if (short) await shell.task.write(`${found.kind}\n`);
      else if (pathOnly) await shell.task.write(found.kind === 'file' ? `${found.path}\n` : '');
      else await shell.task.write(`${name} is ${describeMeaning(found.kind, found.path)}\n`);
    }
    return status;
  };
}

function describeMeaning(kind: string, path: string): string {
  if (kind === 'file') return path;
  if (kind === 'alias') return `aliased to \`${path}'`;
  return kind === 'function' ? 'a function' : kind === 'keyword' ? 'a shell keyword' : 'a shell builtin';
}

export function commandBuiltin(isBuiltin: (name: string) => boolean, run: (name: string) => Builtin | undefined): Builtin {
  return async (context) => {
    const { shell, executor } = context;
    const args = [...context.args];
    let show: 'v' | 'V' | undefined;
    while (/^-[pvV]+$/.test(args[0] ?? '')) {
      const flags = args.shift() ?? '';
      if (flags.includes('v')) show = 'v';
      if (flags.includes('V')) show = 'V';
    }
    if (args[0] === '--') args.shift();
    const [name] = args;
    if (name === undefined) return 0;
    if (show) {
      const found = await meaning(shell, name, isBuiltin);
      if (!found) {
        if (show === 'V') await shell.task.writeError(`${name}: not found\n`);
        return shell.flavour === 'bash' ? 1 : 127;
      }
      const text = show === 'V' ? `${name} is ${describeMeaning(found.kind, found.path)}` : found.kind === 'file' ? found.path : found.kind === 'alias' ? `alias ${name}='${found.path}'` : name;
      await shell.task.write(`${text}\n`);
      return 0;
    }
    const builtin = run(name);
    if (builtin) return builtin({ ...context, name, args: args.slice(1) });
    return external(executor, args, new Map(), [], context.replace);
  };
}

export const alias: Builtin = async ({ shell, args }) => {
  if (args.length === 0) for (const [name, text] of shell.aliases) await shell.task.write(`${shell.flavour === 'bash' ? 'alias ' : ''}${name}='${text}'\n`);
  let status = 0;
  for (const arg of args) {
    const equals = arg.indexOf('=');
    const known = shell.aliases.get(arg);
    if (equals > 0) shell.aliases.set(arg.slice(0, equals), arg.slice(equals + 1));
    else if (known !== undefined) await shell.task.write(`${shell.flavour === 'bash' ? 'alias ' : ''}${arg}='${known}'\n`);
    else {
      await shell.task.writeError(`${shell.name}: alias: ${arg}: not found\n`);
      status = 1;
    }
  }
  return status;
};

export const unalias: Builtin = async ({ shell, args }) => {
  if (args.includes('-a')) shell.aliases.clear();
  for (const arg of args) shell.aliases.delete(arg);
  return 0;
};

/** bash's `shopt`: accepted, with the options of `set` reachable by -o. */
export const shopt: Builtin = async ({ shell, args }) => {
  if (args.includes('-o')) for (const name of args.filter((arg) => !arg.startsWith('-'))) setOption(shell, name, args.includes('-s'));
  return 0;
};

export const times: Builtin = async ({ shell }) => {
  await shell.task.write('0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n');
  return 0;
};
