import { resolvePath } from '../files/paths.js';
import { BUILTINS } from './builtins/index.js';
import type { Shell } from './shell.js';

const MAX_MATCHES = 200;

/** Words that could stand at the cursor: commands first in a line, paths after. Folders end in a slash. */
export async function completions(shell: Shell, before: string): Promise<readonly string[]> {
  const word = /[^\s;|&<>]*$/.exec(before)?.[0] ?? '';
  const isCommand = /(^|[;|&])\s*$/.test(before.slice(0, before.length - word.length)) && !word.includes('/');
  if (isCommand) {
    const names = new Set([...BUILTINS.keys(), ...shell.functions.keys()]);
    for (const folder of (shell.variables.get('PATH') ?? '').split(':')) for (const name of await shell.task.fs.readdir(folder).catch(() => [])) names.add(name);
    return [...names].filter((name) => name.startsWith(word) && word !== '').sort().slice(0, MAX_MATCHES);
  }
  const slash = word.lastIndexOf('/');
  const prefix = word.slice(0, slash + 1);
  const start = word.slice(slash + 1);
  const folder = resolvePath(shell.cwd, prefix || '.');
  const names = (await shell.task.fs.readdir(folder).catch(() => [])).filter((name) => name.startsWith(start) && (start.startsWith('.') || !name.startsWith('.')));
  return Promise.all(names.slice(0, MAX_MATCHES).map(async (name) => {
    const isFolder = await shell.task.fs.stat(`${folder}/${name}`).then((stat) => stat.isDirectory, () => false);
    return `${prefix}${name}${isFolder ? '/' : ''}`;
  }));
}
