import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kubectl } from './kubectl.js';

/** The bundle to test; KUBETTE_CLI names another one, for runs beside a build. */
const CLI = process.env['KUBETTE_CLI'] ?? join(import.meta.dirname, '../../dist/cli.mjs');

export interface ServerOptions {
  readonly flags?: readonly string[];
  /** A data directory of the caller's; else one is made and removed at the end. */
  readonly dataDir?: string;
  readonly inMemory?: boolean;
  /** Folder for temporary files of the server, instead of the system's. */
  readonly tmpDir?: string;
}

/** `kubette serve` as a user starts it: a process of its own on a free port, with its kubeconfig and a kubectl. */
export class Server implements AsyncDisposable {
  private constructor(
    readonly url: string,
    readonly readyLine: string,
    readonly process: ChildProcess,
    readonly kubectl: Kubectl,
    readonly dataDir: string,
    private readonly scratch: string,
    /** The exit code, once it has ended; null when a signal has ended it. */
    readonly ended: Promise<number | null>,
    private readonly said: { stderr: string },
  ) {}

  /** What the server has logged. */
  get stderr(): string {
    return this.said.stderr;
  }

  /** The file that the server has written. */
  get kubeconfigPath(): string {
    return join(this.scratch, 'kubeconfig');
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const scratch = mkdtempSync(join(tmpdir(), 'kubette-server-'));
    const dataDir = options.dataDir ?? join(scratch, 'data');
    const kubeconfig = join(scratch, 'kubeconfig');
    const where = options.inMemory ? ['--in-memory'] : ['--data-dir', dataDir];
    const child = spawn(process.execPath, [CLI, 'serve', '--port', '0', '--kubeconfig', kubeconfig, ...where, ...(options.flags ?? [])], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...(options.tmpDir ? { TMPDIR: options.tmpDir } : {}) } });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const said = { stderr: '' };
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    const readyLine = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('\n')) resolve(text.split('\n')[0] ?? '');
      });
      child.once('close', (code) => reject(new Error(`kubette serve ended with exit code ${code}: ${said.stderr}`)));
    });
    const url = /https:\/\/[^ ]+/.exec(readyLine)?.[0] ?? '';
    return new Server(url, readyLine, child, new Kubectl(readFileSync(kubeconfig, 'utf8')), dataDir, scratch, ended, said);
  }

  get kubeconfig(): string {
    return readFileSync(this.kubeconfigPath, 'utf8');
  }

  /** Stops the server and resolves with its exit code; null when the signal has ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.kubectl[Symbol.dispose]();
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** Runs the command line to its end, as another user when `uid` names one. */
export function runCli(args: readonly string[], { cwd, uid }: { readonly cwd?: string; readonly uid?: number } = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd ? { cwd } : {}), ...(uid === undefined ? {} : { uid, gid: uid }) });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 137, stdout, stderr })));
}
