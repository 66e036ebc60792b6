import { errorText, FileSystemError } from '../../../files/file-system-error.js';
import { MemoryFileSystem } from '../../../files/memory-file-system.js';
import { MountedFileSystem } from '../../../files/mounted-file-system.js';
import { parentOf, resolvePath } from '../../../files/paths.js';
import { CommandError } from '../../errors.js';
import { nextTurn } from '../../io/condition.js';
import type { Task } from '../../task.js';
import { formatTime } from '../date.js';
import { isBusybox } from '../input.js';
import { permissions } from '../ls.js';
import { BLOCK, decodeHeader, decodePax, type DecodedHeader, type Member } from './header.js';
import type { TarOptions } from './tar.js';

/** Unpacks or lists an archive as it comes. Members whose names lead out of the folder are refused. */
export async function extractArchive(task: Task, options: TarOptions, source: AsyncIterable<Uint8Array>): Promise<number> {
  const reader = new BlockReader(source[Symbol.asyncIterator]());
  const links: { path: string; target: string }[] = [];
  const folders: { path: string; member: Member }[] = [];
  let status = 0;
  let found = false;
  for (let member = await nextMember(reader); member; member = await nextMember(reader)) {
    found = true;
    await nextTurn(task.signal);
    const name = strip(member.name, options.strip);
    const wanted = options.operands.length === 0 || options.operands.some((operand) => isPart(member?.name ?? '', operand));
    if (!wanted || name === '' || options.excluded(name.replace(/\/$/, ''))) {
      await reader.skip(member.size);
      continue;
    }
    if (options.mode === 'list') {
      await task.write(options.verbose ? verboseLine(member) : `${member.name}\n`);
      await reader.skip(member.size);
      continue;
    }
    if (options.verbose) await (options.toStdout ? task.writeError(`${name}\n`) : task.write(`${name}\n`));
    if (name.split('/').includes('..')) {
      await task.writeError(isBusybox(task) ? `tar: name with '..' removed: '${name}'\n` : `tar: ${name}: Member name contains '..'\n`);
      status = isBusybox(task) ? 1 : 2;
      await reader.skip(member.size);
      continue;
    }
    try {
      const path = resolvePath(options.folder, name.replace(/^\/+/, ''));
      if (options.toStdout) await reader.content(member.size, (bytes) => task.write(bytes));
      else if (member.type === 'symlink') {
        await reader.skip(member.size);
        links.push({ path, target: member.target });
      } else await place(task, options, reader, member, path, folders);
    } catch (error) {
      if (task.signal.aborted || error instanceof CommandError || !(error instanceof Error && /^E[A-Z]+:/.test(error.message))) throw error;
      const text = `can't open '${name}': ${errorText(error)}`;
      if (isBusybox(task)) throw new CommandError(text);
      await task.writeError(`tar: ${name}: Cannot open: ${errorText(error)}\n`);
      status = 2;
    }
  }
  if (!found && reader.empty) throw new CommandError(isBusybox(task) ? 'short read' : 'This does not look like a tar archive', isBusybox(task) ? 1 : 2);
  // Links last: a member must not be written through a link that the same archive brought.
  for (const link of links) {
    await task.fs.mkdir(parentOf(link.path), { recursive: true });
    await task.fs.rm(link.path, { force: true });
    await task.fs.symlink(link.target, link.path);
  }
  for (const folder of folders.reverse()) await attributes(task, options, folder.member, folder.path);
  if (status !== 0) await task.writeError('tar: Exiting with failure status due to previous errors\n');
  return status;
}

async function place(task: Task, options: TarOptions, reader: BlockReader, member: Member, path: string, folders: { path: string; member: Member }[]): Promise<void> {
  const { fs } = task;
  if (member.type === 'directory') {
    await reader.skip(member.size);
    await fs.mkdir(path, { recursive: true });
    if (path !== resolvePath(options.folder, '.')) folders.push({ path, member });
    return;
  }
  await fs.mkdir(parentOf(path), { recursive: true });
  if (member.type === 'link') {
    await reader.skip(member.size);
    await fs.rm(path, { force: true });
    await fs.link(resolvePath(options.folder, member.target.replace(/^\/+/, '')), path);
    return;
  }
  if (member.type === 'other') return reader.skip(member.size);
  const old = await fs.lstat(path).catch(() => undefined);
  if (old?.isDirectory) {
    await reader.skip(member.size);
    throw new FileSystemError('EISDIR', 'open', path);
  }
  if (old?.isSymbolicLink) await fs.rm(path);
  let written = false;
  let failure: unknown;
  await reader.content(member.size, async (bytes) => {
    // After a failure the rest of the member is read all the same, to find the next one.
    if (failure !== undefined) return;
    try {
      if (written) await fs.appendFile(path, bytes);
      else await fs.writeFile(path, bytes);
      written = true;
    } catch (error) {
      failure = error;
    }
  });
  if (failure !== undefined) throw failure;
  if (!written) await fs.writeFile(path, '');
  await attributes(task, options, member, path);
}

async function attributes(task: Task, options: TarOptions, member: Member, path: string): Promise<void> {
  const { fs } = task;
  await fs.chmod(path, options.keepMode ? member.mode & 0o7777 : member.mode & 0o777 & ~task.umask);
  if (options.keepOwner && (fs instanceof MountedFileSystem || fs instanceof MemoryFileSystem)) await fs.chown(path, member.uid, member.gid);
  if (options.keepTime) await fs.utimes(path, new Date(member.mtime * 1000), new Date(member.mtime * 1000));
}

async function nextMember(reader: BlockReader): Promise<Member | undefined> {
  let longName: string | undefined;
  let longTarget: string | undefined;
  let pax = new Map<string, string>();
  for (;;) {
    const block = await reader.block();
    if (!block) return undefined;
    const header: DecodedHeader | undefined = decodeHeader(block);
    if (!header) {
      await reader.drain();
      return undefined;
    }
    if ('LKxg'.includes(header.flag)) {
      const data = await reader.all(header.size);
      const text = data.toString('utf8').replace(/\0+$/, '');
      if (header.flag === 'L') longName = text;
      else if (header.flag === 'K') longTarget = text;
      else if (header.flag === 'x') pax = decodePax(data);
      continue;
    }
    return {
      ...header,
      name: pax.get('path') ?? longName ?? header.name,
      target: pax.get('linkpath') ?? longTarget ?? header.target,
      size: header.type === 'file' && pax.has('size') ? Number(pax.get('size')) : header.size,
      mtime: pax.has('mtime') ? Number(pax.get('mtime')) : header.mtime,
    };
  }
}

/** Takes a stream apart in tar's blocks without holding more than one chunk. */
class BlockReader {
  private chunk: Buffer = Buffer.alloc(0);
  private total = 0;

  constructor(private readonly source: AsyncIterator<Uint8Array>) {}

  get empty(): boolean {
    return this.total === 0;
  }

  async block(): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let size = 0;
    while (size < BLOCK) {
      const part = await this.take(BLOCK - size);
      if (!part) {
        if (size > 0) throw new CommandError('short read');
        return undefined;
      }
      parts.push(part);
      size += part.length;
    }
    return Buffer.concat(parts);
  }

  /** Hands on a member's content and steps over its padding. */
  async content(size: number, use: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    for (let left = size; left > 0;) {
      const part = await this.take(left);
      if (!part) throw new CommandError('short read');
      await use(part);
      left -= part.length;
    }
    for (let left = (BLOCK - (size % BLOCK)) % BLOCK; left > 0;) {
      const part = await this.take(left);
      if (!part) throw new CommandError('short read');
      left -= part.length;
    }
  }

  skip(size: number): Promise<void> {
    return this.content(size, async () => {});
  }

  async all(size: number): Promise<Buffer> {
    if (size > 1 << 20) throw new CommandError('invalid tar magic');
    const parts: Uint8Array[] = [];
    await this.content(size, async (bytes) => {
      parts.push(bytes);
    });
    return Buffer.concat(parts);
  }

  /** Reads what follows the end mark, so that the sender is not stopped by a closed pipe. */
  async drain(): Promise<void> {
    while (await this.take(1 << 20));
  }

  private async take(limit: number): Promise<Buffer | undefined> {
    while (this.chunk.length === 0) {
      const next = await this.source.next();
      if (next.done) return undefined;
      this.chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length);
      this.total += this.chunk.length;
    }
    const part = this.chunk.subarray(0, limit);
    this.chunk = this.chunk.subarray(part.length);
    return part;
  }
}

function strip(name: string, count: number): string {
  return count === 0 ? name : name.split('/').slice(count).join('/');
}

function isPart(name: string, operand: string): boolean {
  const [a, b] = [name.replace(/^\.\/|\/$/g, ''), operand.replace(/^\.\/|\/$/g, '')];
  return a === b || a.startsWith(`${b}/`);
}

function verboseLine(member: Member): string {
  const mode = permissions({ mode: member.mode, isDirectory: member.type === 'directory', isSymbolicLink: member.type === 'symlink' });
  const target = member.type === 'symlink' ? ` -> ${member.target}` : '';
  return `${mode} ${member.uid}/${member.gid} ${String(member.size).padStart(9)} ${formatTime('%Y-%m-%d %H:%M:%S', member.mtime * 1000)} ${member.name}${target}\n`;
}
