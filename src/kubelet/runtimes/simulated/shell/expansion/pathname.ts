import type { FileSystem } from '../../file-system.js';
import { resolvePath } from '../../files/paths.js';
import { hasPattern, patternToRegExp, unescapePattern } from './pattern.js';

/** Paths that match a pattern, sorted; empty when none does. */
export async function expandPathname(fs: FileSystem, cwd: string, pattern: string): Promise<string[]> {
  const absolute = pattern.startsWith('/');
  let found: string[] = [absolute ? '/' : ''];
  const parts = pattern.split('/').filter((part) => part !== '');
  for (const [i, part] of parts.entries()) {
    const last = i === parts.length - 1;
    const next: string[] = [];
    for (const prefix of found) {
      for (const name of await namesIn(fs, cwd, prefix, part)) {
        const path = prefix === '' || prefix.endsWith('/') ? prefix + name : `${prefix}/${name}`;
        if (last || (await isDirectory(fs, resolvePath(cwd, path)))) next.push(path);
      }
    }
    found = next;
  }
  if (pattern.endsWith('/')) {
    const folders: string[] = [];
    for (const path of found) if (await isDirectory(fs, resolvePath(cwd, path))) folders.push(`${path}/`);
    found = folders;
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

async function namesIn(fs: FileSystem, cwd: string, prefix: string, part: string): Promise<string[]> {
  const folder = resolvePath(cwd, prefix || '.');
  if (!hasPattern(part)) {
    const name = unescapePattern(part);
    const exists = await fs.lstat(resolvePath(folder, name)).then(() => true, () => false);
    return exists ? [name] : [];
  }
  const names = await fs.readdir(folder).catch(() => []);
  const matcher = patternToRegExp(part);
  const hidden = part.startsWith('.') || part.startsWith('\\.');
  return names.filter((name) => (hidden || !name.startsWith('.')) && matcher.test(name));
}

async function isDirectory(fs: FileSystem, path: string): Promise<boolean> {
  return fs.stat(path).then((stat) => stat.isDirectory, () => false);
}
