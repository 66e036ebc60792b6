import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from './pki.js';

/** The folder with a cluster's keys, readable by its owner only. A file is there as a whole or not at all. */
export class PkiFolder {
  private ready = false;

  constructor(private readonly path: string) {}

  /** Undefined when there is no such file; other failures throw. */
  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  readPair(name: string): KeyPair | undefined {
    const cert = this.read(`${name}.crt`);
    const key = this.read(`${name}.key`);
    return cert === undefined || key === undefined ? undefined : { cert, key };
  }

  write(name: string, text: string): void {
    this.prepare();
    const path = join(this.path, name);
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, text, { mode: 0o600, flush: true });
    renameSync(temporary, path);
  }

  /** A crash between the two leaves a pair that does not match: the next start makes both anew. */
  writePair(name: string, pair: KeyPair): void {
    this.write(`${name}.key`, pair.key);
    this.write(`${name}.crt`, pair.cert);
  }

  private prepare(): void {
    if (this.ready) return;
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    chmodSync(this.path, 0o700);
    this.ready = true;
  }
}
