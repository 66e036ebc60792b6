import type { Clock } from '../../../../base/clock.js';
import type { DirectoryEntry, FileStat, FileSystem } from '../file-system.js';
import { FileSystemError } from './file-system-error.js';
import {
  appendContent, cloneNode, contentOf, newDirectory, newFile, newSpecial, newSymlink, setContent,
  type DirectoryNode, type FileNode, type Node,
} from './nodes.js';
import { baseName, normalize, parentOf, resolvePath, segments } from './paths.js';

type Content = Parameters<FileSystem['writeFile']>[1];
type Encoding = Parameters<FileSystem['writeFile']>[2];

/** What in-memory file systems know of a file beyond what programs see. */
export interface ContainerStat extends FileStat {
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  /** Name of a character device ('null', 'tty', …) or 'fifo'. */
  readonly device: string | undefined;
}

const MAX_LINKS = 40;

/**
 * A file system in memory with owners, modes, symlinks, devices and files of live content; it costs nothing but
 * what was changed when it stands on a shared `base` (copy on write). Also right for volumes: mount one instance
 * in several containers and they share it. Free of just-bash's code (its import takes 125 ms).
 * Errors are FileSystemErrors, whose messages start with the errno name.
 */
export class MemoryFileSystem implements FileSystem {
  private root: DirectoryNode;

  constructor(private readonly clock: Pick<Clock, 'now'>, base?: DirectoryNode, private readonly owner: object = {}) {
    this.root = base ?? newDirectory(this.owner, clock.now());
  }

  /**
   * A folder or file as a bind mount holds it: the same nodes, whatever becomes of the path that led to them.
   * A file stands in an otherwise empty folder; `path` is where to find it.
   */
  bind(path: string): { readonly fs: MemoryFileSystem; readonly path: string } {
    const node = this.change(path, true, 'mount');
    if (node.kind === 'directory') return { fs: new MemoryFileSystem(this.clock, node, this.owner), path: '/' };
    const folder = newDirectory(this.owner, this.clock.now());
    const name = baseName(this.canonical(path, true));
    folder.entries.set(name, node);
    return { fs: new MemoryFileSystem(this.clock, folder, this.owner), path: `/${name}` };
  }

  async readFile(path: string, options?: Parameters<FileSystem['readFile']>[1]): Promise<string> {
    const encoding = typeof options === 'string' ? options : options?.encoding;
    return Buffer.from(await this.readFileBuffer(path)).toString(encoding ?? 'utf8');
  }

  /** The bytes as they are now; callers must not change them. */
  async readFileBuffer(path: string): Promise<Uint8Array> {
    return contentOf(this.file(path, 'open'));
  }

  async writeFile(path: string, content: Content, options?: Encoding): Promise<void> {
    this.write(path, content, options);
  }

  /** As `writeFile`; for building a tree without awaiting. */
  write(path: string, content: Content, options?: Encoding): void {
    const file = this.openForWriting(path);
    setContent(file, toBytes(content, options));
    file.mtime = this.clock.now();
  }

  async appendFile(path: string, content: Content, options?: Encoding): Promise<void> {
    const file = this.openForWriting(path);
    appendContent(file, toBytes(content, options));
    file.mtime = this.clock.now();
  }

  /** Overwrites part of a file; a gap before `offset` is filled with zeros. */
  async writeAt(path: string, offset: number, content: Uint8Array): Promise<void> {
    const file = this.openForWriting(path);
    if (offset === file.size) appendContent(file, content);
    else {
      const data = new Uint8Array(Math.max(file.size, offset + content.length));
      data.set(file.data.subarray(0, file.size));
      data.set(content, offset);
      setContent(file, data);
    }
    file.mtime = this.clock.now();
  }

  async exists(path: string): Promise<boolean> {
    return this.find(path, true) !== undefined;
  }

  async stat(path: string): Promise<ContainerStat> {
    return statOf(this.node(path, true, 'stat'));
  }

  async lstat(path: string): Promise<ContainerStat> {
    return this.lstatSync(path);
  }

  lstatSync(path: string): ContainerStat {
    return statOf(this.node(path, false, 'lstat'));
  }

  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    this.makeDirectory(path, options?.recursive ?? false);
  }

  makeDirectory(path: string, recursive: boolean, mode = 0o755): void {
    const existing = this.find(path, true);
    if (existing) {
      if (recursive && existing.kind === 'directory') return;
      throw new FileSystemError('EEXIST', 'mkdir', path);
    }
    const { folder, name } = this.place(path);
    if (recursive && folder !== '/' && !this.find(folder, true)) this.makeDirectory(folder, true);
    const parent = this.directoryForChange(folder, 'mkdir');
    parent.entries.set(name, newDirectory(this.owner, this.clock.now(), mode));
  }

  async readdir(path: string): Promise<string[]> {
    return [...this.directory(path, 'scandir').entries.keys()].sort();
  }

  async readdirWithFileTypes(path: string): Promise<DirectoryEntry[]> {
    const entries = [...this.directory(path, 'scandir').entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([name, node]) => ({
      name, isFile: node.kind === 'file', isDirectory: node.kind === 'directory', isSymbolicLink: node.kind === 'symlink',
    }));
  }

  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    const node = this.find(path, false);
    if (!node) {
      if (options.force) return;
      throw new FileSystemError('ENOENT', 'rm', path);
    }
    if (node.kind === 'directory' && node.entries.size > 0 && !options.recursive) throw new FileSystemError('ENOTEMPTY', 'rm', path);
    if (node === this.root) throw new FileSystemError('EBUSY', 'rm', path);
    const { folder, name } = this.place(path);
    this.directoryForChange(folder, 'rm').entries.delete(name);
    if (node.kind === 'file' && node.owner === this.owner) node.links--;
  }

  async cp(source: string, target: string, options?: { recursive?: boolean }): Promise<void> {
    const node = this.node(source, true, 'cp');
    if (node.kind === 'directory' && !options?.recursive) throw new FileSystemError('EISDIR', 'cp', source);
    this.attach(target, this.copy(node), 'cp');
  }

  async mv(source: string, target: string): Promise<void> {
    const from = normalize(source);
    const node = this.node(from, false, 'rename');
    if (normalize(target) === from) return;
    if (normalize(target).startsWith(`${from}/`)) throw new FileSystemError('EINVAL', 'rename', source);
    const existing = this.find(target, false);
    if (existing?.kind === 'directory' && existing.entries.size > 0) throw new FileSystemError('ENOTEMPTY', 'rename', target);
    const { folder, name } = this.place(from);
    this.attach(target, node, 'rename');
    this.directoryForChange(folder, 'rename').entries.delete(name);
  }

  resolvePath(base: string, path: string): string {
    return resolvePath(base, path);
  }

  getAllPaths(): string[] {
    const paths: string[] = [];
    const visit = (directory: DirectoryNode, prefix: string): void => {
      for (const [name, node] of directory.entries) {
        paths.push(`${prefix}/${name}`);
        if (node.kind === 'directory') visit(node, `${prefix}/${name}`);
      }
    };
    visit(this.root, '');
    return paths;
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.change(path, true, 'chmod').mode = mode & 0o7777;
  }

  async chown(path: string, uid: number, gid: number, options?: { follow?: boolean }): Promise<void> {
    const node = this.change(path, options?.follow ?? true, 'chown');
    if (uid >= 0) node.uid = uid;
    if (gid >= 0) node.gid = gid;
  }

  async symlink(target: string, path: string): Promise<void> {
    this.attachNew(path, newSymlink(this.owner, this.clock.now(), target), 'symlink');
  }

  async link(existing: string, path: string): Promise<void> {
    const node = this.change(existing, false, 'link');
    if (node.kind === 'directory') throw new FileSystemError('EPERM', 'link', existing);
    this.attachNew(path, node, 'link');
    if (node.kind === 'file') node.links++;
  }

  /** Creates a character device or FIFO. */
  async mknod(path: string, device: string, mode = 0o666): Promise<void> {
    this.attachNew(path, newSpecial(this.owner, this.clock.now(), device, mode), 'mknod');
  }

  /** Places a file whose content is computed at each reading; writing to it replaces the content. */
  writeLive(path: string, live: () => string | Uint8Array): void {
    const file = newFile(this.owner, this.clock.now());
    file.live = live;
    this.attach(path, file, 'open');
  }

  async readlink(path: string): Promise<string> {
    return this.readlinkSync(path);
  }

  readlinkSync(path: string): string {
    const node = this.node(path, false, 'readlink');
    if (node.kind !== 'symlink') throw new FileSystemError('EINVAL', 'readlink', path);
    return node.target;
  }

  async realpath(path: string): Promise<string> {
    const real = this.canonical(path, true);
    if (!this.find(real, false)) throw new FileSystemError('ENOENT', 'realpath', path);
    return real;
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    this.change(path, true, 'utimes').mtime = mtime.getTime();
  }

  /** The path with all symlinks resolved (but for the last component when `follow` is false), as far as it exists. */
  canonical(path: string, follow: boolean, depth = 0): string {
    const parts = segments(path);
    let at: Node | undefined = this.root;
    let real = '';
    for (const [i, part] of parts.entries()) {
      at = at?.kind === 'directory' ? at.entries.get(part) : undefined;
      if (at?.kind === 'symlink' && (follow || i < parts.length - 1)) {
        if (depth >= MAX_LINKS) throw new FileSystemError('ELOOP', 'open', path);
        return this.canonical(`${resolvePath(real || '/', at.target)}/${parts.slice(i + 1).join('/')}`, follow, depth + 1);
      }
      real += `/${part}`;
    }
    return real || '/';
  }

  private find(path: string, follow: boolean): Node | undefined {
    let node: Node | undefined = this.root;
    for (const part of segments(this.canonical(path, follow))) {
      if (node?.kind !== 'directory') return undefined;
      node = node.entries.get(part);
    }
    return node;
  }

  private node(path: string, follow: boolean, operation: string): Node {
    const node = this.find(path, follow);
    if (node) return node;
    const above = this.find(parentOf(normalize(path)), true);
    throw new FileSystemError(above && above.kind !== 'directory' ? 'ENOTDIR' : 'ENOENT', operation, path);
  }

  private directory(path: string, operation: string): DirectoryNode {
    const node = this.node(path, true, operation);
    if (node.kind !== 'directory') throw new FileSystemError('ENOTDIR', operation, path);
    return node;
  }

  private file(path: string, operation: string): FileNode {
    const node = this.node(path, true, operation);
    if (node.kind === 'directory') throw new FileSystemError('EISDIR', 'read', path);
    if (node.kind !== 'file') return newFile(undefined, node.mtime);
    return node;
  }

  /** Where a path's entry lives, symlinks in the folders above it resolved. */
  private place(path: string): { folder: string; name: string } {
    const real = this.canonical(path, false);
    return { folder: parentOf(real), name: baseName(real) };
  }

  /** The directory with itself and all above it made this file system's own. */
  private directoryForChange(path: string, operation: string): DirectoryNode {
    if (this.root.owner !== this.owner) this.root = cloneNode(this.root, this.owner);
    let directory = this.root;
    for (const part of segments(this.canonical(path, true))) {
      const next = directory.entries.get(part);
      if (!next) throw new FileSystemError('ENOENT', operation, path);
      if (next.kind !== 'directory') throw new FileSystemError('ENOTDIR', operation, path);
      directory = this.own(directory, part, next);
    }
    directory.mtime = this.clock.now();
    return directory;
  }

  private own<T extends Node>(parent: DirectoryNode, name: string, node: T): T {
    if (node.owner === this.owner) return node;
    const copy = cloneNode(node, this.owner);
    parent.entries.set(name, copy);
    return copy;
  }

  private change(path: string, follow: boolean, operation: string): Node {
    const node = this.node(path, follow, operation);
    if (node.owner === this.owner) return node;
    const real = this.canonical(path, follow);
    if (real === '/') return (this.root = cloneNode(this.root, this.owner));
    const parent = this.directoryForChange(parentOf(real), operation);
    return this.own(parent, baseName(real), node);
  }

  private openForWriting(path: string): FileNode {
    const existing = this.find(path, true);
    if (existing?.kind === 'directory') throw new FileSystemError('EISDIR', 'open', path);
    if (existing?.kind === 'special') return newFile(undefined, existing.mtime);
    if (existing) {
      const file = this.change(path, true, 'open') as FileNode;
      file.live = undefined;
      return file;
    }
    const real = this.canonical(path, true);
    const file = newFile(this.owner, this.clock.now());
    this.directoryForChange(parentOf(real), 'open').entries.set(baseName(real), file);
    return file;
  }

  private attachNew(path: string, node: Node, operation: string): void {
    if (this.find(path, false)) throw new FileSystemError('EEXIST', operation, path);
    this.attach(path, node, operation);
  }

  private attach(path: string, node: Node, operation: string): void {
    const { folder, name } = this.place(path);
    this.directoryForChange(folder, operation).entries.set(name, node);
  }

  private copy(node: Node): Node {
    const copy = cloneNode(node, this.owner);
    copy.mtime = this.clock.now();
    if (copy.kind === 'file') copy.links = 1;
    if (copy.kind === 'directory') for (const [name, child] of copy.entries) copy.entries.set(name, this.copy(child));
    return copy;
  }
}

function toBytes(content: Content, options: Encoding): Uint8Array {
  const encoding = typeof options === 'string' ? options : options?.encoding;
  // A copy: the caller may reuse its buffer.
  return typeof content === 'string' ? Buffer.from(content, encoding ?? 'utf8') : Uint8Array.from(content);
}

function statOf(node: Node): ContainerStat {
  return {
    isFile: node.kind === 'file' || node.kind === 'special',
    isDirectory: node.kind === 'directory',
    isSymbolicLink: node.kind === 'symlink',
    mode: node.mode,
    size: node.kind === 'file' ? node.size : node.kind === 'symlink' ? Buffer.byteLength(node.target) : node.kind === 'directory' ? 4096 : 0,
    mtime: new Date(node.mtime),
    uid: node.uid,
    gid: node.gid,
    links: node.kind === 'file' ? node.links : node.kind === 'directory' ? 2 : 1,
    device: node.kind === 'special' ? node.device : undefined,
  };
}
