import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

export interface KubectlOptions {
  /** Given to its standard input: manifests for `apply -f -`. */
  readonly input?: string | Uint8Array | undefined;
  /** The program; `KUBECTL` of the environment or `kubectl` on PATH unless said otherwise. */
  readonly command?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the kubectl that is installed, with a cluster's kubeconfig and a discovery cache of its own (kubectl's usual one
 * goes by address, and clusters of tests share addresses). Resolves with what it prints; rejects with what it complains of.
 */
export function kubectl(kubeconfigFile: string, args: string | readonly string[], { input, command = process.env['KUBECTL'] || 'kubectl', signal }: KubectlOptions = {}): Promise<string> {
  const words = typeof args === 'string' ? splitWords(args) : [...args];
  const cache = join(dirname(kubeconfigFile), 'kubectl-cache');
  const child = spawn(command, [`--cache-dir=${cache}`, ...words], {
    env: { ...process.env, KUBECONFIG: kubeconfigFile },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(signal ? { signal } : {}),
  });
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? new Error(`cluster.kubectl() needs kubectl: there is no program ${JSON.stringify(command)}`, { cause: error }) : error));
    child.on('close', (code) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      reject(new Error(`kubectl ${words.join(' ')}: exit code ${code}\n${Buffer.concat([...complaints, ...out]).toString()}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Words as a shell splits them, with single and double quotes and nothing else. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)) words.push(word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''));
  return words;
}
