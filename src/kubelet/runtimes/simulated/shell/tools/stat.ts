import { errorText } from '../../files/file-system-error.js';
import type { ContainerStat } from '../../files/memory-file-system.js';
import { CommandError } from '../errors.js';
import type { Tool } from '../program.js';
import { formatTime } from './date.js';
import { isBusybox } from './input.js';
import { permissions } from './ls.js';
import { parseOptions } from './options.js';
import { nameTables } from './users.js';

export const stat: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'Lc:ft', { dereference: 'L', format: 'c:', printf: 'p:', terse: 't', 'file-system': 'f' });
  if (operands.length === 0) throw new CommandError('missing operand');
  const names = await nameTables(task);
  let status = 0;
  for (const operand of operands) {
    const full = task.resolve(operand);
    try {
      const info = await (options.has('L') ? task.fs.stat(full) : task.fs.lstat(full)) as ContainerStat;
      const target = info.isSymbolicLink ? await task.fs.readlink(full) : undefined;
      const kind = info.isSymbolicLink ? 'symbolic link' : info.isDirectory ? 'directory' : info.device === 'fifo' ? 'fifo' : info.device ? 'character special file' : info.size === 0 ? 'regular empty file' : 'regular file';
      const time = info.mtime.getTime();
      const shown = formatTime('%Y-%m-%d %H:%M:%S.%N %z', time);
      const values: Record<string, string> = {
        n: operand, N: target === undefined ? `'${operand}'` : `'${operand}' -> '${target}'`, s: String(info.size), b: String(Math.ceil(info.size / 512)), B: '512', o: '4096', F: kind,
        a: (info.mode & 0o7777).toString(8), A: permissions(info), u: String(info.uid ?? 0), U: names.user(info.uid ?? 0), g: String(info.gid ?? 0), G: names.group(info.gid ?? 0),
        h: String(info.links ?? 1), i: '1', d: '64', m: '/', x: shown, y: shown, z: shown, w: '-', X: String(Math.floor(time / 1000)), Y: String(Math.floor(time / 1000)), Z: String(Math.floor(time / 1000)), W: '0', '%': '%',
        f: (info.mode | (info.isDirectory ? 0o40000 : info.isSymbolicLink ? 0o120000 : 0o100000)).toString(16),
      };
      const format = options.get('c') ?? options.get('p');
      if (format !== undefined) {
        const text = format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => values[letter] ?? whole);
        await task.write(options.has('c') ? `${text}\n` : text.replace(/\\n/g, '\n').replace(/\\t/g, '\t'));
        continue;
      }
      const mode = (info.mode & 0o7777).toString(8).padStart(4, '0');
      const owner = (number: number, name: string): string => `(${String(number).padStart(5)}/${name.padStart(8)})`;
      await task.write(`  File: ${target === undefined ? operand : `${operand} -> ${target}`}\n  Size: ${String(info.size).padEnd(10)}\tBlocks: ${String(Math.ceil(info.size / 512)).padEnd(10)} IO Block: 4096   ${kind}\n`
        + `Device: 0,64\tInode: 1           Links: ${info.links ?? 1}\nAccess: (${mode}/${permissions(info)})  Uid: ${owner(info.uid ?? 0, names.user(info.uid ?? 0))}   Gid: ${owner(info.gid ?? 0, names.group(info.gid ?? 0))}\n`
        + `Access: ${shown}\nModify: ${shown}\nChange: ${shown}\n${isBusybox(task) ? '' : ' Birth: -\n'}`);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      await task.writeError(isBusybox(task) ? `stat: can't stat '${operand}': ${errorText(error)}\n` : `stat: cannot statx '${operand}': ${errorText(error)}\n`);
      status = 1;
    }
  }
  return status;
};
