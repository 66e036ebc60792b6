import type { DirectoryEntry, FileStat, FileSystem } from '../file-system.js';
import { FileSystemError } from './file-system-error.js';
import { MemoryFileSystem, type ContainerStat } from './memory-file-system.js';
import { baseName, isWithin, normalize, parentOf, resolvePath, segments } from './paths.js';

/** One mount of a container: a file system, or a part of it, at a path. */
export interface MountPoint {
  /** Absolute path in the container; a file of the volume may be mounted as well as a directory. */
  readonly path: string;
  /** A function is asked at every access (/proc). */
  readonly filesystem: FileSystem | (() => FileSystem);
  /** The folder or file of `filesystem` that is mounted, '/' when undefined. */
  readonly subPath?: string | undefined;
  readonly readOnly?: boolean | undefined;
  /** How `mount` and `df` name it; 'tmpfs' when undefined. */
  readonly type?: string | undefined;
}

type Content = Parameters<FileSystem['writeFile']>[1];
type Encoding = Parameters<FileSystem['writeFile']>[2];

interface Place {
  readonly fs: FileSystem;
  /** The path inside `fs`. */
  readonly path: string;
  readonly mount: MountPoint;
}

const MAX_LINKS = 40;

/**
 * A container's mount namespace: a root layer with file systems mounted in it. Symlinks are resolved here, over the
 * composed tree, so that a link in a volume may lead out of it as it does in Linux. Folders above a mount point
 * exist even when the root layer lacks them.
 */
export class MountedFileSystem implements FileSystem {
  private readonly points: MountPoint[] = [];

  constructor(private readonly root: MemoryFileSystem, options: { readOnlyRoot?: boolean } = {}) {
    this.points.push({ path: '/', filesystem: root, readOnly: options.readOnlyRoot ?? false, type: 'overlay' });
  }

  /** Mounts over what is there; links in the root layer's part of the path are followed. */
  mount(point: MountPoint): void {
    const path = this.root.canonical(point.path, true);
    this.points.push({ ...point, path });
    this.points.sort((a, b) => b.path.length - a.path.length);
  }

  /** The mounts, outermost first. */
  mounts(): readonly MountPoint[] {
    return [...this.points].reverse();
  }

  async readFile(path: string, options?: Parameters<FileSystem['readFile']>[1]): Promise<string> {
    const encoding = typeof options === 'string' ? options : options?.encoding;
    return Buffer.from(await this.readFileBuffer(path)).toString(encoding ?? 'utf8');
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    const place = await this.locate(path, true);
    return named(path, place.fs.readFileBuffer(place.path));
  }

  async writeFile(path: string, content: Content, options?: Encoding): Promise<void> {
    const place = await this.writable(path, true, 'open');
    return named(path, place.fs.writeFile(place.path, content, options));
  }

  async appendFile(path: string, content: Content, options?: Encoding): Promise<void> {
    const place = await this.writable(path, true, 'open');
    return named(path, place.fs.appendFile(place.path, content, options));
  }

  /** Overwrites part of a file. */
  async writeAt(path: string, offset: number, content: Uint8Array): Promise<void> {
    const place = await this.writable(path, true, 'open');
    if (place.fs instanceof MemoryFileSystem) return named(path, place.fs.writeAt(place.path, offset, content));
    const old = await named(path, place.fs.readFileBuffer(place.path));
    const data = new Uint8Array(Math.max(old.length, offset + content.length));
    data.set(old);
    data.set(content, offset);
    return named(path, place.fs.writeFile(place.path, data));
  }

  async exists(path: string): Promise<boolean> {
    try {
      await this.stat(path);
      return true;
    } catch {
      return false;
    }
  }

  async stat(path: string): Promise<ContainerStat> {
    return this.statReal(await this.canonical(path, true), path);
  }

  async lstat(path: string): Promise<ContainerStat> {
    return this.statReal(await this.canonical(path, false), path);
  }

  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    if (options?.recursive) {
      const real = await this.canonical(path, true);
      const parent = parentOf(real);
      if (parent !== '/' && parent !== real && !(await this.exists(parent))) await this.mkdir(parent, options);
      if (await this.exists(real)) {
        if ((await this.stat(real)).isDirectory) return;
        throw new FileSystemError('EEXIST', 'mkdir', path);
      }
    } else if (await this.exists(path)) throw new FileSystemError('EEXIST', 'mkdir', path);
    const place = await this.writable(path, false, 'mkdir');
    await named(path, place.fs.mkdir(place.path));
  }

  async readdir(path: string): Promise<string[]> {
    return (await this.readdirWithFileTypes(path)).map((entry) => entry.name);
  }

  async readdirWithFileTypes(path: string): Promise<DirectoryEntry[]> {
    const real = await this.canonical(path, true);
    const place = this.route(real);
    const mounted = this.childMounts(real);
    let names: string[];
    try {
      names = await named(path, place.fs.readdir(place.path));
    } catch (error) {
      if (mounted.length === 0) throw error;
      names = [];
    }
    const all = [...new Set([...names, ...mounted])].sort();
    return Promise.all(all.map(async (name) => {
      const stat = await this.statReal(real === '/' ? `/${name}` : `${real}/${name}`, name);
      return { name, isFile: stat.isFile, isDirectory: stat.isDirectory, isSymbolicLink: stat.isSymbolicLink };
    }));
  }

  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    const real = await this.canonical(path, false);
    if (this.points.some((point) => isWithin(point.path, real))) throw new FileSystemError('EBUSY', 'rm', path);
    if (options.force && !(await this.exists(real)) && !(await this.isLink(real))) return;
    const place = await this.writable(path, false, 'rm');
    await named(path, place.fs.rm(place.path, options));
  }

  async cp(source: string, target: string, options?: { recursive?: boolean }): Promise<void> {
    const stat = await this.stat(source);
    if (stat.isDirectory && !options?.recursive) throw new FileSystemError('EISDIR', 'cp', source);
    await this.copyTree(await this.canonical(source, true), await this.canonical(target, false));
  }

  async mv(source: string, target: string): Promise<void> {
    const from = await this.writable(source, false, 'rename');
    const to = await this.writable(target, false, 'rename');
    if (from.fs === to.fs) return named(source, from.fs.mv(from.path, to.path));
    const real = await this.canonical(source, false);
    await this.copyTree(real, await this.canonical(target, false));
    await from.fs.rm(from.path, { recursive: true });
  }

  resolvePath(base: string, path: string): string {
    return resolvePath(base, path);
  }

  getAllPaths(): string[] {
    const outer = this.root.getAllPaths();
    const inner = this.points.flatMap((point) => (point.path === '/' ? [] : [point.path]));
    return [...new Set([...outer, ...inner])].sort();
  }

  async chmod(path: string, mode: number): Promise<void> {
    const place = await this.writable(path, true, 'chmod');
    return named(path, place.fs.chmod(place.path, mode));
  }

  /** A no-op on file systems that keep no owners. */
  async chown(path: string, uid: number, gid: number, options?: { follow?: boolean }): Promise<void> {
    const place = await this.writable(path, options?.follow ?? true, 'chown');
    if (place.fs instanceof MemoryFileSystem) await named(path, place.fs.chown(place.path, uid, gid, { follow: false }));
  }

  async mknod(path: string, device: string, mode?: number): Promise<void> {
    const place = await this.writable(path, false, 'mknod');
    if (!(place.fs instanceof MemoryFileSystem)) throw new FileSystemError('EPERM', 'mknod', path);
    return named(path, place.fs.mknod(place.path, device, mode));
  }

  async symlink(target: string, path: string): Promise<void> {
    const place = await this.writable(path, false, 'symlink');
    return named(path, place.fs.symlink(target, place.path));
  }

  async link(existing: string, path: string): Promise<void> {
    const from = await this.writable(existing, false, 'link');
    const to = await this.writable(path, false, 'link');
    if (from.fs !== to.fs) throw new FileSystemError('EXDEV', 'link', path);
    return named(path, from.fs.link(from.path, to.path));
  }

  async readlink(path: string): Promise<string> {
    const place = await this.locate(path, false);
    return named(path, place.fs.readlink(place.path));
  }

  async realpath(path: string): Promise<string> {
    const real = await this.canonical(path, true);
    await this.statReal(real, path);
    return real;
  }

  async utimes(path: string, atime: Date, mtime: Date): Promise<void> {
    const place = await this.writable(path, true, 'utimes');
    return named(path, place.fs.utimes(place.path, atime, mtime));
  }

  /** Whether the path lies on a read-only mount. */
  async isReadOnly(path: string): Promise<boolean> {
    return (await this.locate(path, true)).mount.readOnly ?? false;
  }

  /** The path with symlinks resolved over all mounts, as far as it exists. */
  private async canonical(path: string, follow: boolean, depth = 0): Promise<string> {
    const parts = segments(path);
    let real = '';
    for (const [i, part] of parts.entries()) {
      const at = `${real}/${part}`;
      const last = i === parts.length - 1;
      const target = last && !follow ? undefined : await this.linkTarget(at);
      if (target !== undefined) {
        if (depth >= MAX_LINKS) throw new FileSystemError('ELOOP', 'open', path);
        return this.canonical(`${target.startsWith('/') ? '' : real}/${target}/${parts.slice(i + 1).join('/')}`, follow, depth + 1);
      }
      real = at;
    }
    return real || '/';
  }

  private async linkTarget(real: string): Promise<string | undefined> {
    const place = this.route(real);
    try {
      if (place.fs instanceof MemoryFileSystem) {
        return place.fs.lstatSync(place.path).isSymbolicLink ? place.fs.readlinkSync(place.path) : undefined;
      }
      return (await place.fs.lstat(place.path)).isSymbolicLink ? await place.fs.readlink(place.path) : undefined;
    } catch {
      return undefined;
    }
  }

  private async isLink(real: string): Promise<boolean> {
    return (await this.linkTarget(real)) !== undefined;
  }

  private route(real: string): Place {
    for (const mount of this.points) {
      if (!isWithin(real, mount.path)) continue;
      const fs = typeof mount.filesystem === 'function' ? mount.filesystem() : mount.filesystem;
      const inside = mount.path === '/' ? real : real.slice(mount.path.length);
      return { fs, path: normalize(`${mount.subPath ?? ''}/${inside}`), mount };
    }
    throw new FileSystemError('ENOENT', 'open', real);
  }

  private async locate(path: string, follow: boolean): Promise<Place> {
    return this.route(await this.canonical(path, follow));
  }

  private async writable(path: string, follow: boolean, operation: string): Promise<Place> {
    const real = await this.canonical(path, follow);
    const place = this.route(real);
    if (place.mount.readOnly) throw new FileSystemError('EROFS', operation, path);
    const parent = parentOf(real);
    // A folder that exists only because something is mounted below it becomes a real one.
    if (place.mount.path === '/' && this.childMounts(parent).length > 0) await this.root.mkdir(parent, { recursive: true });
    return place;
  }

  private async statReal(real: string, shown: string): Promise<ContainerStat> {
    const place = this.route(real);
    try {
      return complete(await named(shown, place.fs.lstat(place.path)));
    } catch (error) {
      if (this.childMounts(real).length === 0) throw error;
      return complete({ isFile: false, isDirectory: true, isSymbolicLink: false, mode: 0o755, size: 4096, mtime: this.root.lstatSync('/').mtime });
    }
  }

  /** Names of the folder's entries on the way to mount points. */
  private childMounts(folder: string): string[] {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    return this.points.flatMap((point) => {
      const name = point.path !== folder && point.path.startsWith(prefix) ? point.path.slice(prefix.length).split('/')[0] : undefined;
      return name ? [name] : [];
    });
  }

  private async copyTree(source: string, target: string): Promise<void> {
    const stat = await this.lstat(source);
    if (stat.isSymbolicLink) return this.symlink(await this.readlink(source), target);
    if (stat.isDirectory) {
      if (isWithin(target, source)) throw new FileSystemError('EINVAL', 'cp', target);
      await this.mkdir(target, { recursive: true });
      for (const name of await this.readdir(source)) await this.copyTree(`${source}/${name}`, `${target}/${baseName(name)}`);
    } else await this.writeFile(target, await this.readFileBuffer(source));
    await this.chmod(target, stat.mode);
  }
}

/** Errors name the path that the caller gave, not the one inside the volume. */
async function named<T>(path: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof FileSystemError) throw new FileSystemError(error.code, /, (\w+) '/.exec(error.message)?.[1] ?? 'open', path);
    throw error;
  }
}

function complete(stat: FileStat & Partial<ContainerStat>): ContainerStat {
  return { ...stat, uid: stat.uid ?? 0, gid: stat.gid ?? 0, links: stat.links ?? 1, device: stat.device };
}
