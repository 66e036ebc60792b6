import type { FileSystem } from '../file-system.js';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html', htm: 'text/html', css: 'text/css', js: 'application/javascript', json: 'application/json', txt: 'text/plain', xml: 'text/xml',
  png: 'image/png', jpg: 'image/jpeg', gif: 'image/gif', svg: 'image/svg+xml', ico: 'image/x-icon',
};

export type WebFile = { readonly found: 'file'; readonly data: Uint8Array; readonly type: string; readonly modified: Date } | { readonly found: 'nothing' | 'folder' };

/** Finds what a URL's path names below a document root; a folder's index.html stands for it. Paths cannot leave the root. */
export async function readWebFile(fs: FileSystem, root: string, url: string): Promise<WebFile> {
  let path: string;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return { found: 'nothing' };
  }
  if (path.includes('\0')) return { found: 'nothing' };
  const file = fs.resolvePath(root, `.${path}${path.endsWith('/') ? 'index.html' : ''}`);
  if (file !== root && !file.startsWith(`${root}/`)) return { found: 'nothing' };
  try {
    const stat = await fs.stat(file);
    if (stat.isDirectory) return { found: 'folder' };
    const type = TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    return { found: 'file', data: await fs.readFileBuffer(file), type, modified: stat.mtime };
  } catch {
    return { found: 'nothing' };
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22/Nov/2025:10:00:00 +0000`, the time of the common log format. */
export function commonLogTime(ms: number): string {
  const at = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}
