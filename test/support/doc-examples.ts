import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Server } from './server.js';
import { kubectlPath } from './tools.mjs';

const ROOT = join(import.meta.dirname, '../..');

export interface DocCommand {
  readonly command: string;
  readonly expected: string;
}

/** The commands of a page that are to be run against one server. */
export interface DocSession {
  /** Flags of `kubette serve`. */
  readonly flags: readonly string[];
  readonly commands: readonly DocCommand[];
}

/** The `console` blocks of a page; a comment `<!-- serve FLAGS -->` begins a new server. */
export function docSessions(page: string): DocSession[] {
  const sessions: Array<{ flags: readonly string[]; commands: DocCommand[] }> = [];
  for (const [, flags, block] of readFileSync(join(ROOT, page), 'utf8').matchAll(/^<!-- serve ?([^\n]*?) ?-->$|^```console\n(.*?)^```$/gms)) {
    if (block === undefined) sessions.push({ flags: (flags ?? '').split(' ').filter(Boolean), commands: [] });
    else sessions.at(-1)?.commands.push(...[...block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(([, command = '', expected = '']) => ({ command, expected })));
  }
  return sessions;
}

/** Runs a command as the page's reader does, in the repository's folder; stderr is shown too. */
export function runDocCommand(server: Server, command: string): Promise<string> {
  const { env } = server.kubectl.commandLine([]);
  const cli = (args: string): string => `${args} --cache-dir="$KUBETTE_DOC_CACHE" "$@"`;
  const script = `kubectl() { ${cli(JSON.stringify(kubectlPath()))}; }\nkubette() { ${JSON.stringify(process.execPath)} ${JSON.stringify(join(ROOT, 'dist/cli.mjs'))} "$@"; }\n${command}`;
  const child = spawn('bash', ['-c', script], {
    cwd: ROOT,
    env: { ...env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, KUBECONFIG: server.kubeconfigPath, KUBETTE_DOC_CACHE: join(server.kubectl.folder, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve) => child.once('close', () => resolve(text)));
}

/** A pattern for what a command prints: ages, generated suffixes and lines of `…` differ from run to run. */
export function outputPattern(expected: string): RegExp {
  const word = (text: string): string => (/^(\d+[smhd])+$/.test(text) ? '(?:\\d+[smhd])+' : text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*'));
  const lines = expected.trimEnd().split('\n').map((line) => (line.trim() === '…' ? '(?:.*\\n)*?' : `${line.trimEnd().split(/\s+/).map(word).join('\\s+')}\\s*?\\n`));
  return new RegExp(`^${lines.join('').replace(/\\n$/, '')}\\s*$`);
}
