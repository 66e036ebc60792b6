import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TerminalSize } from '../../../api/streams.js';
import { RuntimeError } from '../../runtime.js';
import { findTool, TOOL_PATH } from './host-tools.js';
import type { Launch } from './isolation.js';
import { commandLine } from './shell-text.js';

/**
 * The same command with a terminal: script(1) of util-linux opens one and copies between it and its own streams.
 * It writes the terminal's name to `nameFile`, so that its size can be set later. `redirection` is the shell's, for the command.
 */
export function withTerminal({ file, args, env, depth, ...rest }: Launch, nameFile: string, redirection = ''): Launch {
  const script = findTool('script');
  const tty = findTool('tty');
  if (script === undefined || tty === undefined) throw new RuntimeError('this host has no script(1), which terminals are made with (util-linux)');
  // script(1) takes its shell from the environment; the command's own environment stays what it was.
  const shell = env['SHELL'] === undefined ? 'unset SHELL' : `export ${commandLine([`SHELL=${env['SHELL']}`])}`;
  const inner = `${tty} > ${commandLine([nameFile])}; ${shell}; exec ${commandLine([file, ...args])} ${redirection}`;
  return { ...rest, file: script, args: ['--quiet', '--return', '--flush', '--command', inner, '/dev/null'], env: { ...env, SHELL: '/bin/sh' }, depth: depth + 1 };
}

/** Sets the size of a terminal that {@link withTerminal} has made; its programs are told (SIGWINCH). */
export function resizeTerminal(nameFile: string, { width, height }: TerminalSize): void {
  const stty = findTool('stty');
  const name = readName(nameFile);
  if (stty === undefined || name === undefined) return;
  spawn(stty, ['-F', name, 'rows', String(height), 'cols', String(width)], { stdio: 'ignore', env: { PATH: TOOL_PATH } }).unref();
}

function readName(file: string): string | undefined {
  try {
    const name = readFileSync(file, 'utf8').trim();
    return name.startsWith('/dev/') ? name : undefined;
  } catch {
    return undefined;
  }
}
