import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { until } from './until.js';

/** A process that keeps talking (`logs -f`, `get --watch`, a shell in a terminal): what it has said so far, and its end. */
export class Follower implements Disposable {
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;
  private over = false;

  constructor(readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.over = true;
        resolve(code);
      });
    });
  }

  /** Resolves with the match once either output has it; fails early when the process has ended without. */
  async shows(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray> {
    const look = (): RegExpExecArray | null => pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
    try {
      const found = await until(() => look() ?? (this.over ? 'ended' : undefined), `output that matches ${pattern}`, timeoutMs);
      if (typeof found !== 'string') return found;
    } catch (error) {
      throw new Error(`${(error as Error).message}; stdout so far:\n${this.stdout}\nstderr:\n${this.stderr}`, { cause: error });
    }
    throw new Error(`the process has ended without output that matches ${pattern}; stdout:\n${this.stdout}\nstderr:\n${this.stderr}`);
  }

  write(text: string): void {
    this.child.stdin.write(text);
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL');
  }
}
