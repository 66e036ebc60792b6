import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = process.env['KUBECTL'] ?? '/tmp/bin/kubectl/kubectl';

/** Whether there is a kubectl to test with. */
export const hasKubectl = existsSync(BINARY);

export interface Finished {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The real kubectl against one server, with a cache folder of its own. */
export class Kubectl {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kubette-kubectl-'));

  constructor(
    kubeconfig: string,
    private readonly environment: Readonly<Record<string, string>> = {},
  ) {
    writeFileSync(join(this.folder, 'config'), kubeconfig, { mode: 0o600 });
  }

  start(...args: string[]): ChildProcessWithoutNullStreams {
    return spawn(BINARY, ['--kubeconfig', join(this.folder, 'config'), '--cache-dir', join(this.folder, 'cache'), ...args], { env: { ...process.env, ...this.environment } });
  }

  run(args: readonly string[], stdin?: Buffer | string): Promise<Finished> {
    const child = this.start(...args);
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr })));
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
