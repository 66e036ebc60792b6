import { errorText, FileSystemError } from '../../files/file-system-error.js';
import type { ContainerStat } from '../../files/memory-file-system.js';
import { baseName, isWithin } from '../../files/paths.js';
import { CommandError } from '../errors.js';
import type { Tool } from '../program.js';
import type { Task } from '../task.js';
import { isBusybox, toolName } from './input.js';
import { parseOptions } from './options.js';

/** A complaint about one operand, in the image's words; the tool goes on and fails at its end. */
async function complain(task: Task, gnu: string, busybox: string, error: unknown): Promise<1> {
  if (task.signal.aborted) throw error;
  await task.writeError(`${toolName(task)}: ${isBusybox(task) ? busybox : gnu}: ${errorText(error)}\n`);
  return 1;
}

function lstat(task: Task, path: string): Promise<ContainerStat | undefined> {
  return task.fs.lstat(task.resolve(path)).catch(() => undefined) as Promise<ContainerStat | undefined>;
}

async function isDirectory(task: Task, path: string): Promise<boolean> {
  return task.fs.stat(task.resolve(path)).then((stat) => stat.isDirectory, () => false);
}

function required(operands: readonly string[], count: number): void {
  if (operands.length < count) throw new CommandError('missing operand');
}

export const rm: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'rRfivd', { recursive: 'r', force: 'f', verbose: 'v', dir: 'd', 'one-file-system': 'x', 'no-preserve-root': 'npr' });
  const recursive = options.has('r') || options.has('R');
  if (!options.has('f')) required(operands, 1);
  let status = 0;
  for (const operand of operands) {
    const stat = await lstat(task, operand);
    const named = [`cannot remove '${operand}'`, isBusybox(task) && stat?.isDirectory ? `'${operand}'` : `can't remove '${operand}'`] as const;
    try {
      if (!stat) {
        if (options.has('f')) continue;
        throw new FileSystemError('ENOENT', 'rm', operand);
      }
      if (task.resolve(operand) === '/') throw new CommandError("it is dangerous to operate recursively on '/'");
      if (stat.isDirectory && !recursive && !options.has('d')) throw new FileSystemError('EISDIR', 'rm', operand);
      await task.fs.rm(task.resolve(operand), { recursive });
      if (options.has('v')) await task.write(`removed '${operand}'\n`);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      status = await complain(task, named[0], named[1], error);
    }
  }
  return status;
};

export const rmdir: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'pv', { parents: 'p', 'ignore-fail-on-non-empty': 'ignore' });
  required(operands, 1);
  let status = 0;
  for (const operand of operands) {
    let path = operand.replace(/\/+$/, '');
    for (;;) {
      try {
        if (!(await isDirectory(task, path))) throw new FileSystemError((await lstat(task, path)) ? 'ENOTDIR' : 'ENOENT', 'rmdir', path);
        await task.fs.rm(task.resolve(path));
      } catch (error) {
        if (!options.has('ignore')) status = await complain(task, `failed to remove '${operand}'`, `'${operand}'`, error);
        break;
      }
      if (!options.has('p') || !path.includes('/')) break;
      path = path.slice(0, path.lastIndexOf('/'));
    }
  }
  return status;
};

export const mkdir: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'pvm:', { parents: 'p', verbose: 'v', mode: 'm:' });
  required(operands, 1);
  const mode = options.has('m') ? changedMode(0o777, options.get('m') ?? '', true) : 0o777 & ~task.umask;
  let status = 0;
  for (const operand of operands) {
    try {
      const full = task.resolve(operand);
      const existed = await task.fs.exists(full);
      await task.fs.mkdir(full, { recursive: options.has('p') });
      if (!existed && mode !== 0o755) await task.fs.chmod(full, mode);
      if (options.has('v') && !existed) await task.write(`created directory: '${operand}'\n`);
    } catch (error) {
      status = await complain(task, `cannot create directory '${operand}'`, `can't create directory '${operand}'`, error);
    }
  }
  return status;
};

export const touch: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'camr:d:t:h', { 'no-create': 'c', reference: 'r:', date: 'd:' });
  required(operands, 1);
  let time = new Date(task.container.clock.now());
  if (options.has('r')) time = (await task.fs.stat(task.resolve(options.get('r') ?? ''))).mtime;
  if (options.has('d')) time = new Date(/Z|[-+]\d\d:?\d\d$/.test(options.get('d') ?? '') ? (options.get('d') ?? '') : `${options.get('d')?.replace(' ', 'T')}${/:/.test(options.get('d') ?? '') ? 'Z' : ''}`);
  const stamp = /^(\d{2})?(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{2}))?$/.exec(options.get('t') ?? '');
  if (stamp) time = new Date(`${stamp[1] ?? '20'}${stamp[2]}-${stamp[3]}-${stamp[4]}T${stamp[5]}:${stamp[6]}:${stamp[7] ?? '00'}Z`);
  if (Number.isNaN(time.getTime())) throw new CommandError(`invalid date '${options.get('d') ?? options.get('t')}'`);
  let status = 0;
  for (const operand of operands) {
    try {
      const full = task.resolve(operand);
      if (!(await task.fs.exists(full))) {
        if (options.has('c')) continue;
        await task.fs.writeFile(full, '');
        if (task.umask !== 0o022) await task.fs.chmod(full, 0o666 & ~task.umask);
      }
      await task.fs.utimes(full, time, time);
    } catch (error) {
      status = await complain(task, `cannot touch '${operand}'`, operand, error);
    }
  }
  return status;
};

export const ln: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'sfnvTrt:', { symbolic: 's', force: 'f', 'no-dereference': 'n', verbose: 'v', 'no-target-directory': 'T', relative: 'r' });
  required(operands, 1);
  const targets = operands.length > 1 ? operands.slice(0, -1) : operands;
  const place = operands.length > 1 ? (operands.at(-1) ?? '.') : '.';
  const existing = await lstat(task, place);
  const into = operands.length === 1 || (!options.has('T') && (await isDirectory(task, place)) && !(options.has('n') && existing?.isSymbolicLink));
  let status = 0;
  for (const target of targets) {
    const path = into ? `${place.replace(/\/+$/, '')}/${baseName(target)}` : place;
    try {
      if (options.has('f') && (await lstat(task, path))) await task.fs.rm(task.resolve(path));
      if (options.has('s')) await task.fs.symlink(target, task.resolve(path));
      else await task.fs.link(task.resolve(target), task.resolve(path));
    } catch (error) {
      status = await complain(task, `failed to create ${options.has('s') ? 'symbolic' : 'hard'} link '${path}'`, path, error);
    }
  }
  return status;
};

export const mv: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'fniuvTt:', { force: 'f', 'no-clobber': 'n', verbose: 'v', 'no-target-directory': 'T', update: 'u' });
  required(operands, 2);
  const place = operands.at(-1) ?? '';
  const into = !options.has('T') && (await isDirectory(task, place));
  if (operands.length > 2 && !into) throw new CommandError(isBusybox(task) ? `target '${place}': Not a directory` : `target '${place}': Not a directory`);
  let status = 0;
  for (const source of operands.slice(0, -1)) {
    const path = into ? `${place.replace(/\/+$/, '')}/${baseName(source)}` : place;
    try {
      if (!(await lstat(task, source))) {
        status = await complain(task, `cannot stat '${source}'`, `can't rename '${source}'`, new FileSystemError('ENOENT', 'rename', source));
        continue;
      }
      const old = await lstat(task, path);
      if (old && options.has('n')) continue;
      await task.fs.mv(task.resolve(source), task.resolve(path));
      if (options.has('v')) await task.write(`renamed '${source}' -> '${path}'\n`);
    } catch (error) {
      status = await complain(task, `cannot move '${source}' to '${path}'`, `can't rename '${source}'`, error);
    }
  }
  return status;
};

export const cp: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'rRafpdnuviLPHTlst:', {
    recursive: 'r', archive: 'a', force: 'f', 'no-clobber': 'n', verbose: 'v', 'no-target-directory': 'T', preserve: 'p', dereference: 'L', 'no-dereference': 'P', 'target-directory': 't:', update: 'u', parents: 'parents',
  });
  const folder = options.get('t');
  required(operands, folder === undefined ? 2 : 1);
  const place = folder ?? operands.at(-1) ?? '';
  const sources = folder === undefined ? operands.slice(0, -1) : operands;
  const into = !options.has('T') && (await isDirectory(task, place));
  if (sources.length > 1 && !into) throw new CommandError(`target '${place}': ${(await lstat(task, place)) ? 'Not a directory' : 'No such file or directory'}`);
  const copier = new Copier(task, options);
  for (const source of sources) {
    const path = into ? `${place.replace(/\/+$/, '')}/${baseName(source) === '.' || baseName(source) === '..' ? '' : baseName(source)}` : place;
    await copier.copy(source, path, true);
  }
  return copier.status;
};

class Copier {
  status = 0;

  constructor(private readonly task: Task, private readonly options: ReadonlyMap<string, string>) {}

  async copy(source: string, path: string, first: boolean): Promise<void> {
    const { task, options } = this;
    const recursive = options.has('r') || options.has('R') || options.has('a');
    const keepsLinks = options.has('a') || options.has('d') || options.has('P') || (recursive && !options.has('L') && !(first && options.has('H')));
    const [from, to] = [task.resolve(source), task.resolve(path)];
    try {
      const stat = await (keepsLinks ? task.fs.lstat(from) : task.fs.stat(from)) as ContainerStat;
      if (stat.isDirectory) {
        if (!recursive) {
          await task.writeError(isBusybox(task) ? `cp: omitting directory '${source}'\n` : `cp: -r not specified; omitting directory '${source}'\n`);
          this.status = 1;
          return;
        }
        if (isWithin(to, from) && to !== from) throw new FileSystemError('EINVAL', 'cp', path);
        if (!(await task.fs.exists(to))) await task.fs.mkdir(to);
        for (const name of await task.fs.readdir(from)) await this.copy(`${source.replace(/\/+$/, '')}/${name}`, `${path.replace(/\/+$/, '')}/${name}`, false);
        await this.keep(stat, to, true);
        return;
      }
      const old = await task.fs.lstat(to).catch(() => undefined);
      if (from === to || (old && options.has('n'))) {
        if (from === to) throw new CommandError(`'${source}' and '${path}' are the same file`);
        return;
      }
      if (stat.isSymbolicLink) {
        if (old) await task.fs.rm(to);
        await task.fs.symlink(await task.fs.readlink(from), to);
        return;
      }
      await task.fs.writeFile(to, await task.fs.readFileBuffer(from));
      await this.keep(stat, to, !old);
      if (options.has('v')) await task.write(`'${source}' -> '${path}'\n`);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      const missing = !(await lstat(task, source));
      this.status = missing
        ? await complain(task, `cannot stat '${source}'`, `can't stat '${source}'`, error)
        : await complain(task, `cannot create regular file '${path}'`, `can't create '${path}'`, error);
    }
  }

  private async keep(stat: ContainerStat, path: string, isNew: boolean): Promise<void> {
    const preserve = this.options.has('a') || this.options.has('p');
    if (preserve) {
      await this.task.fs.chmod(path, stat.mode);
      await this.task.fs.utimes(path, stat.mtime, stat.mtime);
    } else if (isNew) await this.task.fs.chmod(path, stat.mode & ~this.task.umask & 0o777);
  }
}

export const chmod: Tool = async (task, args) => {
  // A mode such as -x looks like an option.
  const at = args.findIndex((arg) => /^[-+=ugoa0-7][ugoa0-7rwxXst,+=-]*$/.test(arg) && !/^-[Rcfv]+$/.test(arg));
  const mode = args[at];
  const { options, operands } = parseOptions(args.filter((_, i) => i !== at), 'Rcfv', { recursive: 'R', quiet: 'f', silent: 'f', verbose: 'v' });
  if (mode === undefined || operands.length === 0) throw new CommandError('missing operand');
  let status = 0;
  const change = async (path: string): Promise<void> => {
    const stat = await task.fs.stat(path);
    await task.fs.chmod(path, changedMode(stat.mode, mode, stat.isDirectory, task.umask));
    if (options.has('R') && stat.isDirectory) for (const name of await task.fs.readdir(path)) if (!(await task.fs.lstat(`${path}/${name}`)).isSymbolicLink) await change(`${path}/${name}`);
  };
  for (const operand of operands) {
    try {
      await change(task.resolve(operand));
    } catch (error) {
      status = await complain(task, `cannot access '${operand}'`, operand, error);
    }
  }
  return status;
};

/** A mode after an octal or symbolic change. */
export function changedMode(old: number, text: string, isDirectory: boolean, umask = 0): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  let mode = old & 0o7777;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)((?:[-+=][rwxXst]*|[-+=][ugo])+)$/.exec(clause);
    if (!match) throw new CommandError(`invalid mode: ${text}`);
    const who = match[1] === '' || match[1]?.includes('a') ? 'ugo' : (match[1] ?? '');
    const mask = match[1] === '' ? umask : 0;
    for (const [, operator, letters = ''] of (match[2] ?? '').matchAll(/([-+=])([rwxXstugo]*)/g)) {
      let bits = 0;
      for (const [letter, by] of [['u', 6], ['g', 3], ['o', 0]] as const) {
        if (!who.includes(letter)) continue;
        let three = (letters.includes('r') ? 4 : 0) | (letters.includes('w') ? 2 : 0) | (letters.includes('x') ? 1 : 0);
        if (letters.includes('X') && (isDirectory || (old & 0o111) !== 0)) three |= 1;
        for (const [from, shift] of [['u', 6], ['g', 3], ['o', 0]] as const) if (letters === from) three = (mode >> shift) & 7;
        bits |= (three << by) & ~mask;
        if (operator === '=') mode &= ~(7 << by);
      }
      if (letters.includes('s')) bits |= (who.includes('u') ? 0o4000 : 0) | (who.includes('g') ? 0o2000 : 0);
      if (letters.includes('t')) bits |= 0o1000;
      mode = operator === '-' ? mode & ~bits : mode | bits;
    }
  }
  return mode;
}
