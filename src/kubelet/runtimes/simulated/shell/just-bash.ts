import type * as JustBash from 'just-bash';
import type { FileSystem } from '../file-system.js';

let library: Promise<typeof JustBash> | undefined;

/** just-bash, loaded on first use: its import takes some 125 ms and 17 MB. */
export function loadJustBash(): Promise<typeof JustBash> {
  return (library ??= import('just-bash'));
}

/** A container's files as just-bash's tools see them: it also wants to list every path, for patterns. */
export function justBashFiles(fs: FileSystem): JustBash.IFileSystem {
  if (listsPaths(fs)) return fs;
  throw new TypeError('this file system cannot list its paths');
}

function listsPaths(fs: FileSystem): fs is FileSystem & Pick<JustBash.IFileSystem, 'getAllPaths'> {
  return 'getAllPaths' in fs;
}
