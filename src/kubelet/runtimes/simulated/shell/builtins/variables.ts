import { CommandError, ShellError } from '../errors.js';
import { quoteForShell } from '../expansion/parameter.js';
import { assign as runAssignment } from '../assignments.js';
import { parseScript } from '../parse/parse.js';
import { OPTION_LETTERS, type Shell, type ShellOptions } from '../shell.js';
import { isName, type Variable } from '../variables.js';
import type { Builtin, BuiltinContext } from './builtin.js';

function badName(shell: Shell, text: string): CommandError {
  const name = text.replace(/=.*$/s, '');
  return shell.flavour === 'bash' ? new CommandError(`\`${text}': not a valid identifier`) : new CommandError(`${name}: bad variable name`, 2);
}

function splitAssignment(text: string): { name: string; value: string | undefined; append: boolean } {
  const match = /^([^=]*?)(\+?)=(.*)$/s.exec(text);
  return match ? { name: match[1] ?? '', value: match[3] ?? '', append: match[2] === '+' } : { name: text, value: undefined, append: false };
}

async function assign(context: BuiltinContext, name: string, value: string, append: boolean): Promise<void> {
  const { shell, executor } = context;
  const { variables } = shell;
  if (value.startsWith('(') && value.endsWith(')')) {
    const script = await parseScript(`${name}=${value}`);
    const command = script.statements[0]?.pipelines[0]?.commands[0];
    const assignment = command?.type === 'SimpleCommand' ? command.assignments[0] : undefined;
    if (assignment) return runAssignment(executor, { ...assignment, append });
  }
  const element = /^(\w+)\[(.*)\]$/.exec(name);
  if (element) return variables.setItem(element[1] ?? '', await executor.expander.subscript(element[1] ?? '', element[2] ?? ''), value);
  const text = append ? (variables.get(name) ?? '') + value : value;
  variables.set(name, variables.find(name)?.integer ? String(await executor.expander.arithmeticText(text)) : text);
}

export const exportNames: Builtin = async (context) => {
  const { shell, args } = context;
  const remove = args[0] === '-n';
  const words = args.filter((arg) => arg !== '-n' && arg !== '-p' && arg !== '--');
  if (words.length === 0) {
    for (const name of shell.variables.names()) {
      const variable = shell.variables.find(name);
      if (variable?.exported) await shell.task.write(`${shell.flavour === 'bash' ? 'declare -x' : 'export'} ${name}${shownValue(shell, variable.value)}\n`);
    }
    return 0;
  }
  for (const word of words) {
    const { name, value, append } = splitAssignment(word);
    if (!isName(name)) throw badName(shell, word);
    if (value !== undefined) await assign(context, name, value, append);
    shell.variables.declare(name, { exported: !remove });
  }
  return 0;
};

function shownValue(shell: Shell, value: string | undefined): string {
  if (value === undefined) return '';
  return shell.flavour === 'bash' ? `="${value.replace(/["$`\\]/g, '\\$&')}"` : `='${value.replace(/'/g, `'"'"'`)}'`;
}

export const readonlyNames: Builtin = async (context) => {
  const { shell, args } = context;
  for (const word of args.filter((arg) => !arg.startsWith('-'))) {
    const { name, value, append } = splitAssignment(word);
    if (!isName(name)) throw badName(shell, word);
    if (value !== undefined) await assign(context, name, value, append);
    shell.variables.declare(name, { readonly: true });
  }
  return 0;
};

export const local: Builtin = async (context) => {
  if (!context.shell.variables.inFunction) {
    throw new CommandError(context.shell.flavour === 'bash' ? 'can only be used in a function' : 'not in a function', context.shell.flavour === 'bash' ? 1 : 2);
  }
  return declare(context);
};

export const declare: Builtin = async (context) => {
  const { shell, args } = context;
  const { variables } = shell;
  let at = 0;
  let flags = '';
  let removed = '';
  for (; at < args.length && /^[-+][A-Za-z]+$/.test(args[at] ?? ''); at++) {
    const arg = args[at] ?? '';
    if (arg.startsWith('-')) flags += arg.slice(1);
    else removed += arg.slice(1);
  }
  const words = args.slice(at);
  if (flags.includes('f') || flags.includes('F')) return showFunctions(shell, words);
  if (flags.includes('p') || (words.length === 0 && context.name !== 'local')) return showVariables(shell, words);
  for (const word of words) {
    const { name, value, append } = splitAssignment(word);
    const plain = name.replace(/\[.*\]$/, '');
    if (!isName(plain)) throw badName(shell, word);
    if (variables.inFunction && !flags.includes('g')) variables.local(plain);
    variables.declare(plain, {
      ...(flags.includes('x') ? { exported: true } : {}),
      ...(removed.includes('x') ? { exported: false } : {}),
      ...(flags.includes('i') ? { integer: true } : {}),
      ...(flags.includes('A') ? { associative: true } : {}),
      ...(flags.includes('a') ? { array: true } : {}),
    });
    if (value !== undefined) await assign(context, name, value, append);
    if (flags.includes('r')) variables.declare(plain, { readonly: true });
  }
  return 0;
};

async function showFunctions(shell: Shell, names: readonly string[]): Promise<number> {
  for (const name of names.length > 0 ? names : shell.functions.keys()) {
    if (!shell.functions.has(name)) return 1;
    await shell.task.write(`${names.length > 0 ? '' : 'declare -f '}${name}\n`);
  }
  return 0;
}

async function showVariables(shell: Shell, names: readonly string[]): Promise<number> {
  let status = 0;
  for (const name of names.length > 0 ? names : shell.variables.names()) {
    const variable = shell.variables.find(name);
    if (variable) await shell.task.write(`declare ${attributes(variable)} ${name}${contents(shell, variable)}\n`);
    else {
      await shell.task.writeError(`${shell.name}: declare: ${name}: not found\n`);
      status = 1;
    }
  }
  return status;
}

function attributes(variable: Variable): string {
  const letters = `${variable.items ? (variable.associative ? 'A' : 'a') : ''}${variable.integer ? 'i' : ''}${variable.readonly ? 'r' : ''}${variable.exported ? 'x' : ''}`;
  return `-${letters || '-'}`;
}

function contents(shell: Shell, variable: Variable): string {
  if (!variable.items) return shownValue(shell, variable.value);
  return `=(${[...variable.items].map(([key, value]) => `[${key}]="${value.replace(/["$`\\]/g, '\\$&')}"`).join(' ')})`;
}

export const unset: Builtin = async ({ shell, executor, args }) => {
  const functions = args[0] === '-f';
  for (const word of args.filter((arg) => !/^-[fv]$/.test(arg))) {
    const element = /^(\w+)\[(.*)\]$/.exec(word);
    if (functions) shell.functions.delete(word);
    else if (element) shell.variables.unsetItem(element[1] ?? '', await executor.expander.subscript(element[1] ?? '', element[2] ?? ''));
    else if (shell.variables.find(word)) shell.variables.unset(word);
    else shell.functions.delete(word);
  }
  return 0;
};

export const set: Builtin = async ({ shell, args }) => {
  if (args.length === 0) {
    for (const name of shell.variables.names()) {
      const value = shell.variables.get(name);
      if (value !== undefined) await shell.task.write(`${name}=${shell.flavour === 'bash' ? quoteForShell(value) : `'${value.replace(/'/g, `'"'"'`)}'`}\n`);
    }
    return 0;
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--' || arg === '-') {
      shell.positional = args.slice(i + 1);
      return 0;
    }
    if (!/^[-+]./.test(arg)) {
      shell.positional = args.slice(i);
      return 0;
    }
    const on = arg.startsWith('-');
    for (const letter of arg.slice(1)) {
      if (letter === 'o') {
        const name = args[i + 1];
        if (name === undefined) {
          await showOptions(shell);
          return 0;
        }
        i++;
        setOption(shell, name, on);
        continue;
      }
      const option = Object.hasOwn(OPTION_LETTERS, letter) ? OPTION_LETTERS[letter] : undefined;
      if (option) shell.options[option] = on;
      else if (!'hbBHkptETP'.includes(letter)) throw new CommandError(shell.flavour === 'bash' ? `${arg}: invalid option` : `Illegal option -${letter}`, 2);
    }
  }
  return 0;
};

const IGNORED_OPTIONS = new Set(['posix', 'emacs', 'vi', 'hashall', 'history', 'braceexpand', 'errtrace', 'functrace', 'physical', 'notify', 'ignoreeof', 'interactive-comments']);

export function setOption(shell: Shell, name: string, on: boolean): void {
  if (Object.hasOwn(shell.options, name)) shell.options[name as keyof ShellOptions] = on;
  else if (!IGNORED_OPTIONS.has(name)) throw new CommandError(shell.flavour === 'bash' ? `${name}: invalid option name` : `Illegal option -o ${name}`, 2);
}

async function showOptions(shell: Shell): Promise<void> {
  for (const [name, on] of Object.entries(shell.options)) await shell.task.write(`${name.padEnd(16)}${on ? 'on' : 'off'}\n`);
}

export const shift: Builtin = async ({ shell, args }) => {
  const count = Number(args[0] ?? '1');
  if (!Number.isInteger(count) || count < 0) throw new CommandError(`${args[0]}: numeric argument required`);
  if (count > shell.positional.length) {
    if (shell.flavour === 'dash') throw new ShellError("shift: can't shift that many", 2);
    return 1;
  }
  shell.positional = shell.positional.slice(count);
  return 0;
};

export const letExpressions: Builtin = async ({ executor, args }) => {
  if (args.length === 0) throw new CommandError('expression expected');
  let value = 0n;
  for (const arg of args) value = await executor.expander.arithmeticText(arg);
  return Number(value === 0n);
};

export const getopts: Builtin = async ({ shell, args }) => {
  const [spec = '', variable = '', ...given] = args;
  const words = given.length > 0 ? given : shell.positional;
  const quiet = spec.startsWith(':');
  let index = Number(shell.variables.get('OPTIND') ?? '1') || 1;
  // The place inside a group of letters (`-abc`) survives between calls in a variable of its own.
  let place = index === 1 && !shell.variables.find('OPTPLACE') ? 1 : Number(shell.variables.get('OPTPLACE') ?? '1');
  const word = words[index - 1];
  const finish = (letter: string, status: number): number => {
    shell.variables.set('OPTIND', String(index));
    shell.variables.set('OPTPLACE', String(place));
    shell.variables.set(variable, letter);
    return status;
  };
  if (word === undefined || !/^-./.test(word) || word === '--') {
    if (word === '--') index++;
    place = 1;
    shell.variables.unset('OPTARG');
    return finish('?', 1);
  }
  const letter = word[place] ?? '';
  const known = letter !== ':' ? spec.indexOf(letter, quiet ? 1 : 0) : -1;
  place++;
  const next = (): void => {
    index++;
    place = 1;
  };
  if (known < 0) {
    if (place >= word.length) next();
    if (quiet) shell.variables.set('OPTARG', letter);
    else await shell.task.writeError(shell.flavour === 'bash' ? `${shell.name}: illegal option -- ${letter}\n` : `Illegal option -${letter}\n`);
    return finish('?', 0);
  }
  if (spec[known + 1] !== ':') {
    if (place >= word.length) next();
    shell.variables.unset('OPTARG');
    return finish(letter, 0);
  }
  const attached = word.slice(place);
  next();
  const value = attached || words[index - 1];
  if (!attached) index++;
  if (value === undefined) {
    index = words.length + 1;
    if (quiet) {
      shell.variables.set('OPTARG', letter);
      return finish(':', 0);
    }
    await shell.task.writeError(shell.flavour === 'bash' ? `${shell.name}: option requires an argument -- ${letter}\n` : `No arg for -${letter} option\n`);
    return finish('?', 0);
  }
  shell.variables.set('OPTARG', value);
  return finish(letter, 0);
};
