import { spawn, spawnSync } from 'node:child_process';
import { Follower } from './follower.js';
import type { Kubectl } from './kubectl.js';

/** Whether this machine has util-linux' script(1), which lends a command a real pseudo-terminal. */
export const hasTerminals = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') ?? false;

/** Runs kubectl in a pseudo-terminal: what is written goes to its keyboard. */
export function inTerminal(kubectl: Kubectl, args: readonly string[]): Follower {
  const { command, env } = kubectl.commandLine(args);
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return new Follower(spawn('script', ['--quiet', '--flush', '--return', '--command', `stty rows 30 cols 100; exec ${quoted}`, '/dev/null'], { cwd: kubectl.folder, env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' } }));
}
