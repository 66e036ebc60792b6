/** Encodings in which text is read and written. */
export type TextEncoding = 'utf8' | 'utf-8' | 'ascii' | 'binary' | 'base64' | 'hex' | 'latin1';

export interface FileStat {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymbolicLink: boolean;
  /** Permission bits, e.g. 0o644. */
  readonly mode: number;
  /** In bytes. */
  readonly size: number;
  readonly mtime: Date;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymbolicLink: boolean;
}

/**
 * A container's files: its root file system with the pod's volumes mounted in it. One volume mounted in several
 * containers is truly shared. Paths are absolute; links are followed except by `lstat` and `readlink`. Everything
 * rejects with an Error whose `code` is errno's name (`ENOENT`, `EROFS`, …).
 */
export interface FileSystem {
  readFile(path: string, options?: { readonly encoding?: TextEncoding | null } | TextEncoding): Promise<string>;
  /** The bytes as they are now; callers must not change them. */
  readFileBuffer(path: string): Promise<Uint8Array>;
  /** Makes the file, or replaces what it holds. */
  writeFile(path: string, content: string | Uint8Array, options?: { readonly encoding?: TextEncoding } | TextEncoding): Promise<void>;
  appendFile(path: string, content: string | Uint8Array, options?: { readonly encoding?: TextEncoding } | TextEncoding): Promise<void>;
  exists(path: string): Promise<boolean>;
  stat(path: string): Promise<FileStat>;
  lstat(path: string): Promise<FileStat>;
  mkdir(path: string, options?: { readonly recursive?: boolean }): Promise<void>;
  readdir(path: string): Promise<string[]>;
  readdirWithFileTypes(path: string): Promise<DirectoryEntry[]>;
  rm(path: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): Promise<void>;
  cp(from: string, to: string, options?: { readonly recursive?: boolean }): Promise<void>;
  mv(from: string, to: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** Makes a hard link. */
  link(existing: string, path: string): Promise<void>;
  readlink(path: string): Promise<string>;
  realpath(path: string): Promise<string>;
  utimes(path: string, accessed: Date, modified: Date): Promise<void>;
  /** `path` as seen from the folder `base`, without dots. */
  resolvePath(base: string, path: string): string;
}
