import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Follower } from './follower.js';
import { kubectlPath } from './tools.mjs';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** kubectl with a cluster's kubeconfig, a home, a folder for what it leaves behind and a discovery cache of its own (kubectl caches by host and port). */
export class Kubectl implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'kubette-kubectl-'));
  readonly kubeconfig = join(this.folder, 'kubeconfig');

  constructor(kubeconfig: string) {
    writeFileSync(this.kubeconfig, kubeconfig, { mode: 0o600 });
  }

  /** The program with its arguments, and its environment. */
  commandLine(args: readonly string[]): { readonly command: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> } {
    return {
      command: [kubectlPath(), `--cache-dir=${join(this.folder, 'cache')}`, ...args],
      env: { PATH: process.env['PATH'] ?? '', HOME: this.folder, TMPDIR: this.folder, KUBECONFIG: this.kubeconfig, LANG: 'C.UTF-8', TZ: 'UTC' },
    };
  }

  /** Starts kubectl; for sessions and followers. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
    const { command, env: own } = this.commandLine(args);
    return spawn(command[0], command.slice(1), { cwd: this.folder, env: { ...own, ...env } });
  }

  /** Starts kubectl and listens to what it says. */
  follow(...args: string[]): Follower {
    return new Follower(this.start(args));
  }

  /** Creates what a manifest, given as text, describes. */
  async create(manifest: string): Promise<string> {
    return this.take(await this.run(['create', '-f', '-'], { input: manifest }), 'create -f -');
  }

  /** Runs kubectl to its end. */
  run(args: readonly string[], options: { input?: string | Buffer; env?: Readonly<Record<string, string>> } = {}): Promise<Outcome> {
    const child = this.start(args, options.env);
    return new Promise((resolve, reject) => {
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? 137, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }));
      child.stdin.on('error', () => {});
      child.stdin.end(options.input ?? '');
    });
  }

  /** Runs kubectl and returns what it printed. Throws with its error text when it fails. */
  async ok(...args: string[]): Promise<string> {
    return this.take(await this.run(args), args.join(' '));
  }

  private take({ code, stdout, stderr }: Outcome, what: string): string {
    if (code !== 0) throw new Error(`kubectl ${what}: exit code ${code}\n${stderr}${stdout}`);
    return stdout;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
