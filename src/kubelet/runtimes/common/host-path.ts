import { RuntimeError } from '../../runtime.js';

/** What stands at a path of a node. */
export type HostFileKind = 'directory' | 'file' | 'socket' | 'character device' | 'block device';

const WANTED: Readonly<Record<string, readonly [kind: HostFileKind, name: string, made: boolean]>> = {
  DirectoryOrCreate: ['directory', 'a directory', true],
  Directory: ['directory', 'a directory', false],
  FileOrCreate: ['file', 'a file', true],
  File: ['file', 'a file', false],
  Socket: ['socket', 'a socket file', false],
  CharDevice: ['character device', 'a character device', false],
  BlockDevice: ['block device', 'a block device', false],
};

/**
 * Compares what stands at a hostPath (undefined for nothing) with the type that the volume names. Returns what is to be made
 * there before it is mounted. Throws RuntimeError with the kubelet's text where it is something else.
 */
export function hostPathToMake(type: string, path: string, found: HostFileKind | undefined): 'directory' | 'file' | undefined {
  // Without a type nothing is checked; the container runtime makes a folder where there is nothing.
  if (type === '') return found === undefined ? 'directory' : undefined;
  const wanted = Object.hasOwn(WANTED, type) ? WANTED[type] : undefined;
  if (!wanted) throw new RuntimeError(`${type} is an invalid volume type`);
  const [kind, name, made] = wanted;
  if (found === kind) return undefined;
  if (found === undefined && made) return kind === 'file' ? 'file' : 'directory';
  throw new RuntimeError(`hostPath type check failed: ${path} is not ${name}`);
}
