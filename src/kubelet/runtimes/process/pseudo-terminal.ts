import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TerminalSize } from '../../../api/streams.js';
import { sleep, SystemClock } from '../../../base/clock.js';
import { RuntimeError } from '../../runtime.js';
import { findTool, TOOL_PATH } from './host-tools.js';
import { commandLine } from './shell-text.js';

/** A terminal that a command is to have. */
export interface TerminalRequest {
  /** Where its name is written, so that its size can be set later. */
  readonly nameFile: string;
  /** A redirection of the shell's, for the command. */
  readonly redirection?: string;
  /** How large it is when the command starts, where that is known by then. */
  readonly size?: TerminalSize | undefined;
}

/**
 * The same command with a terminal: script(1) of util-linux opens one and copies between it and its own streams.
 * `shell` is what the command shall find in its variable SHELL.
 */
export function withTerminal(argv: readonly string[], { nameFile, redirection = '', size }: TerminalRequest, shell: string | undefined): readonly string[] {
  const [env, script, tty, stty] = ['env', 'script', 'tty', 'stty'].map((name) => findTool(name));
  if (env === undefined || script === undefined || tty === undefined) throw new RuntimeError('this host has no script(1), which terminals are made with (util-linux)');
  // script(1) takes its shell from the environment; the command's own environment stays what it was.
  const restore = shell === undefined ? 'unset SHELL' : `export ${commandLine([`SHELL=${shell}`])}`;
  const resize = size && stty !== undefined ? `${stty} ${sizeArguments(size).join(' ')};` : '';
  const inner = `${resize} ${tty} > ${commandLine([nameFile])}; ${restore}; exec ${commandLine(argv)} ${redirection}`;
  return [env, 'SHELL=/bin/sh', script, '--quiet', '--return', '--flush', '--command', inner, '/dev/null'];
}

/** As long as a terminal may take to be opened. */
const OPENING_MS = 5000;
const LOOK_MS = 10;

/** Sets the size of a terminal that {@link withTerminal} makes; its programs are told (SIGWINCH). */
export async function resizeTerminal(nameFile: string, size: TerminalSize): Promise<void> {
  const stty = findTool('stty');
  const name = await terminalName(nameFile);
  if (stty === undefined || name === undefined) return;
  const child = spawn(stty, ['-F', name, ...sizeArguments(size)], { stdio: 'ignore', env: { PATH: TOOL_PATH } });
  await new Promise((resolve) => child.once('error', resolve).once('exit', resolve));
}

function sizeArguments({ width, height }: TerminalSize): string[] {
  return ['rows', String(height), 'cols', String(width)];
}

/** A client says how large its terminal is before there is one here. */
async function terminalName(file: string): Promise<string | undefined> {
  const clock = new SystemClock();
  for (const end = clock.now() + OPENING_MS; clock.now() < end; await sleep(clock, LOOK_MS)) {
    const name = readName(file);
    if (name !== undefined) return name;
  }
  return undefined;
}

function readName(file: string): string | undefined {
  try {
    const name = readFileSync(file, 'utf8');
    return /^\/dev\/\S+\n$/.test(name) ? name.trim() : undefined;
  } catch {
    return undefined;
  }
}
