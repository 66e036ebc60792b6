import { lstatSync, readlinkSync } from 'node:fs';

/** As many links as the kernel follows. */
const MAX_LINKS = 40;

/**
 * Where a path of a container leads when its root is `root` on the host: links are followed as the container would
 * follow them, so that none leads out of it. `own` names the folders of `/` that are the container's, empty at its start.
 * Throws for a loop of links.
 */
export function resolveInRoot(root: string, path: string, own: ReadonlySet<string> = new Set()): string {
  const waiting = path.split('/').toReversed();
  const done: string[] = [];
  for (let links = 0; waiting.length > 0; ) {
    const part = waiting.pop() as string;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    done.push(part);
    if (own.has(done[0] as string)) continue;
    const target = linkTarget(`${root === '/' ? '' : root}/${done.join('/')}`);
    if (target === undefined) continue;
    if (++links > MAX_LINKS) throw new Error(`too many links in ${path}`);
    if (target.startsWith('/')) done.length = 0;
    else done.pop();
    waiting.push(...target.split('/').toReversed());
  }
  return `/${done.join('/')}`;
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
