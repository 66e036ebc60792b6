import type { ConditionalExpression } from './ast.js';
import type { ContainerStat } from '../files/memory-file-system.js';
import { MountedFileSystem } from '../files/mounted-file-system.js';
import { CommandError } from './errors.js';
import type { Expander } from './expansion/expander.js';
import { patternToRegExp } from './expansion/pattern.js';
import type { Shell } from './shell.js';

/** The tests of `test`, `[` and `[[`. */
export async function unaryTest(shell: Shell, operator: string, operand: string): Promise<boolean> {
  const { task } = shell;
  switch (operator) {
    case '-n': return operand !== '';
    case '-z': return operand === '';
    case '-t': return task.files.get(Number(operand))?.tty !== undefined;
    case '-v': return isSet(shell, operand);
    case '-o': return Object.entries(shell.options).some(([name, on]) => name === operand && on);
    case '-R': return false;
    default:
  }
  const path = task.resolve(operand);
  if (operator === '-L' || operator === '-h') return task.fs.lstat(path).then((stat) => stat.isSymbolicLink, () => false);
  const stat = operand === '' ? undefined : await task.fs.stat(path).catch(() => undefined) as ContainerStat | undefined;
  if (!stat) return /^\/(dev\/(stdin|stdout|stderr|fd\/\d+)|proc\/\d+\/fd\/\d+)$/.test(path) && (operator === '-e' || operator === '-r' || operator === '-w');
  switch (operator) {
    case '-a':
    case '-e': return true;
    case '-f': return stat.isFile && !stat.device;
    case '-d': return stat.isDirectory;
    case '-s': return stat.size > 0;
    case '-r': return true;
    case '-w': return !(task.fs instanceof MountedFileSystem && (await task.fs.isReadOnly(path)));
    case '-x': return stat.isDirectory || (stat.mode & 0o111) !== 0;
    case '-c': return stat.device !== undefined && stat.device !== 'fifo';
    case '-p': return stat.device === 'fifo';
    case '-O':
    case '-G': return true;
    case '-u': return (stat.mode & 0o4000) !== 0;
    case '-g': return (stat.mode & 0o2000) !== 0;
    case '-k': return (stat.mode & 0o1000) !== 0;
    default: return false;
  }
}

export async function compareFiles(shell: Shell, left: string, operator: string, right: string): Promise<boolean> {
  const stat = (path: string): Promise<number | undefined> => shell.task.fs.stat(shell.task.resolve(path)).then((s) => s.mtime.getTime(), () => undefined);
  const [a, b] = [await stat(left), await stat(right)];
  if (operator === '-nt') return a !== undefined && (b === undefined || a > b);
  if (operator === '-ot') return b !== undefined && (a === undefined || a < b);
  const real = (path: string): Promise<string> => shell.task.fs.realpath(shell.task.resolve(path)).catch(() => '');
  return a !== undefined && (await real(left)) === (await real(right));
}

export function compareNumbers(left: bigint, operator: string, right: bigint): boolean {
  switch (operator) {
    case '-eq': return left === right;
    case '-ne': return left !== right;
    case '-lt': return left < right;
    case '-le': return left <= right;
    case '-gt': return left > right;
    default: return left >= right;
  }
}

const NUMERIC = new Set(['-eq', '-ne', '-lt', '-le', '-gt', '-ge']);
const FILES = new Set(['-nt', '-ot', '-ef']);

/** `[[ … ]]`. */
export async function conditional(shell: Shell, expander: Expander, node: ConditionalExpression): Promise<boolean> {
  switch (node.type) {
    case 'CondNot': return !(await conditional(shell, expander, node.operand));
    case 'CondAnd': return (await conditional(shell, expander, node.left)) && conditional(shell, expander, node.right);
    case 'CondOr': return (await conditional(shell, expander, node.left)) || conditional(shell, expander, node.right);
    case 'CondGroup': return conditional(shell, expander, node.expression);
    case 'CondWord': return (await expander.text(node.word)) !== '';
    case 'CondUnary': return unaryTest(shell, node.operator, await expander.text(node.operand));
    case 'CondBinary': {
      const left = await expander.text(node.left);
      const { operator } = node;
      if (NUMERIC.has(operator)) {
        return compareNumbers(await expander.arithmeticText(left), operator, await expander.arithmeticText(await expander.text(node.right)));
      }
      if (FILES.has(operator)) return compareFiles(shell, left, operator, await expander.text(node.right));
      if (operator === '=~') return matchRegExp(shell, left, await regExpText(expander, node.right));
      if (operator === '<' || operator === '>') {
        const right = await expander.text(node.right);
        return operator === '<' ? left < right : left > right;
      }
      return patternToRegExp(await expander.pattern(node.right)).test(left) === (operator !== '!=');
    }
  }
}

/** The right side of `=~`: quoted parts match themselves. */
async function regExpText(expander: Expander, word: Parameters<Expander['text']>[0]): Promise<string> {
  let source = '';
  for (const part of word.parts) {
    const text = await expander.text({ type: 'Word', parts: [part] });
    const literal = part.type === 'SingleQuoted' || part.type === 'DoubleQuoted' || part.type === 'Escaped';
    source += literal ? text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : text;
  }
  return source;
}

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s', blank: ' \\t', punct: '!-\\/:-@\\[-`{-~', xdigit: '0-9A-Fa-f',
};

function matchRegExp(shell: Shell, text: string, source: string): boolean {
  let expression: RegExp;
  try {
    expression = new RegExp(source.replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX_CLASSES[name] ?? whole), 's');
  } catch {
    throw new CommandError('invalid regular expression', 2);
  }
  const match = expression.exec(text);
  shell.variables.setItems('BASH_REMATCH', new Map((match ?? []).map((group, i) => [String(i), group ?? ''])));
  return match !== null;
}

function isSet(shell: Shell, name: string): boolean {
  const element = /^(\w+)\[(.*)\]$/.exec(name);
  if (element) return shell.variables.items(element[1] ?? '').has(element[2] ?? '');
  return /^\d+$/.test(name) ? Number(name) <= shell.positional.length : shell.variables.get(name) !== undefined;
}
