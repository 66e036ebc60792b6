import type { Clock } from '../../../base/clock.js';
import type { FileSystem } from './file-system.js';
import { baseImage } from './files/base-image.js';
import { imageFamily, splitImage, type ImageFamily } from './files/image-family.js';
import { MemoryFileSystem } from './files/memory-file-system.js';
import { MountedFileSystem, type MountPoint } from './files/mounted-file-system.js';
import { parentOf } from './files/paths.js';
import { procFiles } from './files/proc-files.js';
import type { ProcessNamespace } from './processes.js';

export { imageFamily, isShellImage, type ImageFamily } from './files/image-family.js';
export { MemoryFileSystem } from './files/memory-file-system.js';
export { MountedFileSystem, type MountPoint } from './files/mounted-file-system.js';

export interface RootFileSystemOptions {
  readonly image: string;
  readonly clock: Clock;
  /** The image's own files by absolute path; scripts and programs (`programFile`) are executable. */
  readonly files?: Readonly<Record<string, string | Uint8Array>> | undefined;
  readonly hostname: string;
  /** Content of /etc/hosts and /etc/resolv.conf, which the container may change for itself. */
  readonly hosts: string;
  readonly resolvConf: string;
  /** The pod's volumes; a sub path must name what the volume holds. */
  readonly mounts?: readonly MountPoint[] | undefined;
  /** securityContext.readOnlyRootFilesystem. */
  readonly readOnly?: boolean | undefined;
  /** Fills /proc. */
  readonly pids?: ProcessNamespace | undefined;
  readonly node?: { readonly cpus: number; readonly memoryBytes: number; readonly bootedAt: number } | undefined;
}

const families = new WeakMap<FileSystem, ImageFamily>();

/** What kind of image a root file system was made for; 'debian' for those made elsewhere. */
export function familyOf(fs: FileSystem): ImageFamily {
  return families.get(fs) ?? 'debian';
}

/**
 * The root file system of a new container: a base image of the family that the image's name tells, shared with all
 * other containers until written to, with the image's own files and the pod's volumes.
 */
export function createRootFileSystem(options: RootFileSystemOptions): MountedFileSystem {
  const { clock } = options;
  const layer = new MemoryFileSystem(clock, baseImage(imageFamily(options.image), hasBash(options.image)));
  for (const [path, content] of Object.entries(options.files ?? {})) addFile(layer, path, content);
  const root = new MountedFileSystem(layer, { readOnlyRoot: options.readOnly ?? false });
  families.set(root, imageFamily(options.image));

  const identity = new MemoryFileSystem(clock);
  identity.write('/hostname', `${options.hostname}\n`);
  identity.write('/hosts', options.hosts);
  identity.write('/resolv.conf', options.resolvConf);
  for (const name of ['hostname', 'hosts', 'resolv.conf']) {
    root.mount({ path: `/etc/${name}`, filesystem: identity, subPath: `/${name}`, type: 'ext4' });
  }
  const { pids } = options;
  if (pids) {
    const node = options.node ?? { cpus: 2, memoryBytes: 8 * 2 ** 30, bootedAt: clock.now() };
    root.mount({ path: '/proc', filesystem: () => procFiles({ ...node, pids, clock, mounts: () => mountTable(root) }), readOnly: true, type: 'proc' });
  }
  for (const mount of options.mounts ?? []) root.mount(mount);
  return root;
}

/** Lines of /proc/mounts. */
export function mountTable(fs: MountedFileSystem): string {
  return fs.mounts().map((point) => {
    const type = point.type ?? 'tmpfs';
    return `${type} ${point.path} ${type} ${point.readOnly ? 'ro' : 'rw'},relatime 0 0\n`;
  }).join('');
}

/** Mount tables are known only for root file systems made here. */
export function asMounted(fs: FileSystem): MountedFileSystem | undefined {
  return fs instanceof MountedFileSystem ? fs : undefined;
}

function addFile(layer: MemoryFileSystem, path: string, content: string | Uint8Array): void {
  layer.makeDirectory(parentOf(path), true);
  layer.write(path, content);
  const start = typeof content === 'string' ? content.slice(0, 2) : Buffer.from(content.subarray(0, 2)).toString();
  if (start === '#!' || start === '\x7fE') void layer.chmod(path, 0o755);
}

/** Debian's and Red Hat's images have bash, Alpine's and busybox's only where it is their subject. */
function hasBash(image: string): boolean {
  const family = imageFamily(image);
  if (family === 'alpine') return /\b(bash|netshoot|agnhost|git|kubectl)\b/.test(splitImage(image).repository);
  return family !== 'busybox' && family !== 'empty';
}

/** What a sub path names now (a later change of the volume's files does not show); a folder is made where it names nothing. */
export function bindSubPath(volume: MemoryFileSystem, subPath: string): ReturnType<MemoryFileSystem['bind']> {
  const path = `/${subPath}`;
  try {
    return volume.bind(path);
  } catch {
    volume.makeDirectory(path, true);
    return volume.bind(path);
  }
}
