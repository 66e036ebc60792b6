import type { FileSystem } from '../../file-system.js';
import { errorText } from '../../files/file-system-error.js';
import { MemoryFileSystem } from '../../files/memory-file-system.js';
import { MountedFileSystem } from '../../files/mounted-file-system.js';
import { CommandError } from '../errors.js';
import { OpenFile } from './open-file.js';

const CHUNK = 64 * 1024;

/** An open regular file with its offset. The file is found again by its path at each access. */
export class RegularFile extends OpenFile {
  private offset = 0;

  constructor(private readonly fs: FileSystem, readonly path: string, private readonly append: boolean) {
    super();
  }

  protected override async fetch(): Promise<Uint8Array | undefined> {
    const content = await this.fs.readFileBuffer(this.path).catch((error: unknown) => {
      throw new CommandError(`read error: ${errorText(error)}`);
    });
    const chunk = content.subarray(this.offset, this.offset + CHUNK);
    this.offset += chunk.length;
    return chunk.length > 0 ? chunk : undefined;
  }

  override async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      if (this.append) return await this.fs.appendFile(this.path, bytes);
      const { offset } = this;
      this.offset += bytes.length;
      if (this.fs instanceof MountedFileSystem || this.fs instanceof MemoryFileSystem) return await this.fs.writeAt(this.path, offset, bytes);
      await this.fs.appendFile(this.path, bytes);
    } catch (error) {
      throw new CommandError(`write error: ${errorText(error)}`);
    }
  }
}
