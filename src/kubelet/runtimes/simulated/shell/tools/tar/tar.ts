import { createGunzip, createGzip } from 'node:zlib';
import { errorText } from '../../../files/file-system-error.js';
import { CommandError } from '../../errors.js';
import { patternToRegExp } from '../../expansion/pattern.js';
import type { OpenFile } from '../../io/open-file.js';
import { openPath } from '../../io/open.js';
import type { Tool } from '../../program.js';
import type { Task } from '../../task.js';
import { push, through } from '../compression.js';
import { chunksOf, isBusybox } from '../input.js';
import { createArchive } from './create.js';
import { extractArchive } from './extract.js';

export interface TarOptions {
  readonly mode: 'create' | 'extract' | 'list';
  readonly file: string;
  readonly gzip: boolean;
  readonly verbose: boolean;
  readonly keepTime: boolean;
  readonly keepOwner: boolean;
  readonly keepMode: boolean;
  readonly dereference: boolean;
  readonly toStdout: boolean;
  readonly strip: number;
  readonly folder: string;
  readonly operands: readonly string[];
  readonly excluded: (name: string) => boolean;
}

/** tar(1) as far as `kubectl cp`, image scripts and people use it; content streams through. */
export const tar: Tool = async (task, args) => {
  const options = await parse(task, args);
  if (options.mode === 'create') return writeArchive(task, options);
  const input = options.file === '-' ? task.stdin.retain() : await opened(task, options.file, 'read');
  try {
    const source = chunksOf(input, task.signal);
    return await extractArchive(task, options, options.gzip || options.file.endsWith('gz') ? through(createGunzip(), source) : source);
  } catch (error) {
    if (error instanceof Error && error.message === 'invalid tar magic') throw new CommandError(isBusybox(task) ? 'invalid tar magic' : 'This does not look like a tar archive', isBusybox(task) ? 1 : 2);
    throw error;
  } finally {
    input.release();
  }
};

async function writeArchive(task: Task, options: TarOptions): Promise<number> {
  const output = options.file === '-' ? task.stdout.retain() : await opened(task, options.file, 'write');
  try {
    if (!options.gzip) return await createArchive(task, options, (bytes) => output.write(bytes, task.signal));
    const zip = createGzip();
    const copied = (async (): Promise<void> => {
      for await (const chunk of zip) await output.write(chunk as Buffer, task.signal);
    })();
    const status = await createArchive(task, options, (bytes) => push(zip, bytes));
    zip.end();
    await copied;
    return status;
  } finally {
    output.release();
  }
}

async function opened(task: Task, path: string, mode: 'read' | 'write'): Promise<OpenFile> {
  try {
    return await openPath(task, path, mode);
  } catch (error) {
    throw new CommandError(`can't open '${path}': ${errorText(error)}`, isBusybox(task) ? 1 : 2);
  }
}

async function parse(task: Task, args: readonly string[]): Promise<TarOptions> {
  let mode: TarOptions['mode'] | undefined;
  let file = '-';
  let folder = task.cwd;
  let strip = 0;
  const flags = new Set<string>();
  const excludes: string[] = [];
  const operands: string[] = [];
  const words = [...args];
  // The oldest form has its letters without a dash; their values follow in order.
  if (words[0] && !words[0].startsWith('-')) words[0] = `-${words[0]}`;
  const value = (attached: string): string => {
    const text = attached || words.shift();
    if (text === undefined) throw new CommandError('option requires an argument');
    return text;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      operands.push(...words.splice(0));
      break;
    }
    const long = /^--([a-z-]+)(?:=(.*))?$/s.exec(word);
    if (long) {
      const [, name = '', attached] = long;
      if (name === 'create') mode = 'create';
      else if (name === 'extract' || name === 'get') mode = 'extract';
      else if (name === 'list') mode = 'list';
      else if (name === 'file') file = value(attached ?? '');
      else if (name === 'directory') folder = task.fs.resolvePath(folder, value(attached ?? ''));
      else if (name === 'exclude') excludes.push(value(attached ?? ''));
      else if (name === 'strip-components' || name === 'strip') strip = Number(value(attached ?? ''));
      else if (KNOWN.has(name)) flags.add(name);
      else throw new CommandError(`unrecognized option '--${name}'`, isBusybox(task) ? 1 : 64);
      continue;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] ?? '';
      if ('cxt'.includes(letter)) mode = letter === 'c' ? 'create' : letter === 'x' ? 'extract' : 'list';
      else if ('fCXT'.includes(letter)) {
        const attached = word.startsWith('-') && i + 1 < word.length && args[0] !== word.slice(1) ? word.slice(i + 1) : '';
        const text = value(attached);
        if (letter === 'f') file = text;
        else if (letter === 'C') folder = task.fs.resolvePath(folder, text);
        else if (letter === 'X') excludes.push(...(await task.fs.readFile(task.resolve(text))).split('\n').filter((line) => line !== ''));
        else operands.push(...(await task.fs.readFile(task.resolve(text))).split('\n').filter((line) => line !== ''));
        if (attached) break;
      } else if ('zvmpohOPkwSjJa'.includes(letter)) flags.add(letter);
      else throw new CommandError(`invalid option -- '${letter}'`, isBusybox(task) ? 1 : 64);
    }
  }
  if (!mode) throw new CommandError(isBusybox(task) ? 'need at least one option' : "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options", isBusybox(task) ? 1 : 2);
  if (!(await task.fs.stat(folder).then((stat) => stat.isDirectory, () => false))) {
    throw new CommandError(isBusybox(task) ? `can't change directory to '${folder}': No such file or directory` : `${folder}: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now`, isBusybox(task) ? 1 : 2);
  }
  const patterns = excludes.map((pattern) => patternToRegExp(pattern));
  const isRoot = task.user === 'root' || /^0(:|$)/.test(task.user) || task.user === '';
  return {
    mode, file, folder, strip, operands,
    gzip: flags.has('z') || flags.has('gzip'),
    verbose: flags.has('v') || flags.has('verbose'),
    keepTime: !flags.has('m') && !flags.has('touch'),
    keepOwner: isRoot && !flags.has('o') && !flags.has('no-same-owner'),
    keepMode: flags.has('p') || flags.has('same-permissions') || (isRoot && !flags.has('no-same-permissions')),
    dereference: flags.has('h') || flags.has('dereference'),
    toStdout: flags.has('O') || flags.has('to-stdout'),
    excluded: (name) => patterns.some((pattern) => pattern.test(name) || pattern.test(name.slice(name.lastIndexOf('/') + 1))),
  };
}

const KNOWN = new Set(['gzip', 'verbose', 'touch', 'no-same-owner', 'same-owner', 'no-same-permissions', 'same-permissions', 'preserve-permissions', 'dereference',
  'to-stdout', 'numeric-owner', 'overwrite', 'no-overwrite-dir', 'warning', 'ignore-failed-read', 'absolute-names', 'no-recursion', 'xattrs', 'no-xattrs', 'sparse', 'format', 'owner', 'group']);
