/**
 * The inodes of in-memory file systems. A node whose `owner` is not the file system that walks over it belongs
 * to a shared base image: it must be cloned before it is changed (copy on write).
 */
export interface NodeBase {
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  owner: object | undefined;
}

export interface FileNode extends NodeBase {
  readonly kind: 'file';
  /** May be longer than `size`: appends grow it in steps. Bytes below `size` are never changed in place. */
  data: Uint8Array;
  size: number;
  links: number;
  /** Content computed at each reading (/proc); such a file has size 0. */
  live: (() => string | Uint8Array) | undefined;
}

export interface DirectoryNode extends NodeBase {
  readonly kind: 'directory';
  entries: Map<string, Node>;
}

export interface SymlinkNode extends NodeBase {
  readonly kind: 'symlink';
  readonly target: string;
}

/** A character device or a FIFO; who opens it (the shell's `open`) knows what `device` means. */
export interface SpecialNode extends NodeBase {
  readonly kind: 'special';
  readonly device: string;
}

export type Node = FileNode | DirectoryNode | SymlinkNode | SpecialNode;

const EMPTY = new Uint8Array(0);

export function newFile(owner: object | undefined, mtime: number, mode = 0o644): FileNode {
  return { kind: 'file', data: EMPTY, size: 0, links: 1, live: undefined, mode, uid: 0, gid: 0, mtime, owner };
}

export function newDirectory(owner: object | undefined, mtime: number, mode = 0o755): DirectoryNode {
  return { kind: 'directory', entries: new Map(), mode, uid: 0, gid: 0, mtime, owner };
}

export function newSymlink(owner: object | undefined, mtime: number, target: string): SymlinkNode {
  return { kind: 'symlink', target, mode: 0o777, uid: 0, gid: 0, mtime, owner };
}

export function newSpecial(owner: object | undefined, mtime: number, device: string, mode = 0o666): SpecialNode {
  return { kind: 'special', device, mode, uid: 0, gid: 0, mtime, owner };
}

/** A copy that `owner` may change; file data stays shared until it is written. */
export function cloneNode<T extends Node>(node: T, owner: object): T {
  const copy: T = { ...node, owner };
  if (copy.kind === 'directory') copy.entries = new Map(copy.entries);
  if (copy.kind === 'file') copy.data = copy.data.subarray(0, copy.size);
  return copy;
}

export function setContent(file: FileNode, content: Uint8Array): void {
  file.data = content;
  file.size = content.length;
}

export function appendContent(file: FileNode, content: Uint8Array): void {
  const size = file.size + content.length;
  if (size > file.data.length) {
    const grown = new Uint8Array(Math.max(size, Math.min(file.data.length * 2, file.data.length + (16 << 20)), 64));
    grown.set(file.data.subarray(0, file.size));
    file.data = grown;
  }
  file.data.set(content, file.size);
  file.size = size;
}

export function contentOf(file: FileNode): Uint8Array {
  if (!file.live) return file.data.subarray(0, file.size);
  const content = file.live();
  return typeof content === 'string' ? Buffer.from(content) : content;
}
