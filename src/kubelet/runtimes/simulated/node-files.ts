import type { Clock } from '../../../base/clock.js';
import { hostPathToMake, type HostFileKind } from '../common/host-path.js';
import { RuntimeError } from '../../runtime.js';
import { baseImage } from './files/base-image.js';
import { FileSystemError } from './files/file-system-error.js';
import { parentOf } from './files/paths.js';
import { MemoryFileSystem } from './root-file-system.js';

/** The files of simulated nodes, as hostPath volumes see them: those of a Debian with a container runtime. */
export function nodeFiles(clock: Clock, nodeName: string): MemoryFileSystem {
  const fs = new MemoryFileSystem(clock, baseImage('debian', true));
  fs.write('/etc/hostname', `${nodeName}\n`);
  for (const path of ['/run/containerd/containerd.sock', '/dev/console', '/dev/sda']) {
    fs.makeDirectory(parentOf(path), true);
    void fs.mknod(path, DEVICES[path] ?? '');
  }
  return fs;
}

const DEVICES: Readonly<Record<string, string>> = { '/run/containerd/containerd.sock': 'socket', '/dev/console': 'null', '/dev/sda': 'block' };

/** Makes what a hostPath of this type is to find. Throws RuntimeError with the kubelet's text where something else is there. */
export async function prepareHostPath(fs: MemoryFileSystem, path: string, type: string): Promise<void> {
  const make = hostPathToMake(type, path, await kindOf(fs, path));
  if (make === undefined) return;
  try {
    fs.makeDirectory(make === 'file' ? parentOf(path) : path, true);
    if (make === 'file') fs.write(path, '');
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    throw new RuntimeError(`mkdir ${path}: not a directory`);
  }
}

async function kindOf(fs: MemoryFileSystem, path: string): Promise<HostFileKind | undefined> {
  if (path === '/') return 'directory';
  try {
    const { isDirectory, device } = await fs.stat(path);
    if (isDirectory) return 'directory';
    return device === undefined || device === 'fifo' ? 'file' : device === 'socket' ? 'socket' : device === 'block' ? 'block device' : 'character device';
  } catch {
    return undefined;
  }
}
