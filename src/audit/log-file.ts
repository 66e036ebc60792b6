import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Clock } from '../base/clock.js';
import { makeFolder } from '../base/make-folder.js';

export interface LogFileOptions {
  /** '-' for standard output, which is never rotated. */
  readonly path: string;
  /** Megabytes after which the file is put aside; 0: never. 100 unless said otherwise. */
  readonly maxSizeMb?: number | undefined;
  /** Files put aside that are kept; 0: all. */
  readonly maxBackups?: number | undefined;
  /** Days after which they go; 0: never. */
  readonly maxAgeDays?: number | undefined;
  readonly compress?: boolean | undefined;
  /** Real time: names of files, and their ages. */
  readonly clock: Clock;
}

/** The log cannot be written; its message is one sentence. */
export class LogFileError extends Error {}

const MB = 1024 * 1024;
const DAY_MS = 86_400_000;

/** Lines in a file, which is put aside as `NAME-TIME.EXT` when it has grown too large (kube-apiserver's lumberjack). */
export class LogFile {
  private file: number | undefined;
  private size = 0;

  /** Throws LogFileError when the file cannot be written. */
  constructor(private readonly options: LogFileOptions) {
    if (options.path === '-') return;
    try {
      this.open();
    } catch (cause) {
      throw new LogFileError(`cannot write the audit log ${options.path}: ${(cause as Error).message.replace(/^[A-Z]+: /, '').replace(/, \w+( '.*)?$/s, '')}`, { cause });
    }
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.options.path === '-') return void process.stdout.write(bytes);
    if (this.file === undefined) return;
    const { maxSizeMb = 100 } = this.options;
    if (maxSizeMb > 0 && this.size > 0 && this.size + bytes.length > maxSizeMb * MB) this.rotate();
    this.size += writeSync(this.file, bytes);
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private open(): void {
    makeFolder(dirname(this.options.path));
    this.file = openSync(this.options.path, 'a', 0o600);
    this.size = fstatSync(this.file).size;
  }

  private rotate(): void {
    const { path, clock, compress = false } = this.options;
    this.close();
    const time = new Date(clock.now()).toISOString().replace(/:/g, '-').replace('Z', '');
    const aside = this.backupName(time);
    renameSync(path, aside);
    if (compress) {
      writeFileSync(`${aside}.gz`, gzipSync(readFileSync(aside)), { mode: 0o600 });
      rmSync(aside);
    }
    this.open();
    this.cleanUp();
  }

  private backupName(time: string): string {
    const { path } = this.options;
    const extension = extname(path);
    const stem = join(dirname(path), `${basename(path, extension)}-${time}`);
    for (let i = 0; ; i++) {
      const name = `${stem}${i === 0 ? '' : `.${i}`}${extension}`;
      if (!existsSync(name) && !existsSync(`${name}.gz`)) return name;
    }
  }

  private cleanUp(): void {
    const { path, maxBackups = 0, maxAgeDays = 0, clock } = this.options;
    const extension = extname(path);
    const stem = `${basename(path, extension)}-`;
    const backups = readdirSync(dirname(path)).filter((name) => name.startsWith(stem) && /^\d{4}-\d\d-\d\dT/.test(name.slice(stem.length))).sort().reverse();
    backups.forEach((name, i) => {
      const file = join(dirname(path), name);
      const old = maxAgeDays > 0 && clock.now() - statSync(file).mtimeMs > maxAgeDays * DAY_MS;
      if (old || (maxBackups > 0 && i >= maxBackups)) rmSync(file);
    });
  }
}
