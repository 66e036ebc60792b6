import type { OpenFile } from './open-file.js';

/** A process's descriptors. */
export class FileTable {
  private readonly files = new Map<number, OpenFile>();

  get(fd: number): OpenFile | undefined {
    return this.files.get(fd);
  }

  /** Puts a file at a descriptor, closing what was there; takes over the caller's reference. */
  set(fd: number, file: OpenFile): void {
    const old = this.files.get(fd);
    this.files.set(fd, file);
    old?.release();
  }

  close(fd: number): void {
    const old = this.files.get(fd);
    this.files.delete(fd);
    old?.release();
  }

  /** The lowest free descriptor from `from` on. */
  free(from: number): number {
    let fd = from;
    while (this.files.has(fd)) fd++;
    return fd;
  }

  /** A copy for a child: both sides hold the files open. */
  copy(): FileTable {
    const copy = new FileTable();
    for (const [fd, file] of this.files) copy.files.set(fd, file.retain());
    return copy;
  }

  closeAll(): void {
    const files = [...this.files.values()];
    this.files.clear();
    for (const file of files) file.release();
  }

  entries(): [number, OpenFile][] {
    return [...this.files];
  }
}
