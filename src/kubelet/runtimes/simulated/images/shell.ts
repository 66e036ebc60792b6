import type { ImageProgram, ProgramProcess } from '../program.js';

const WITH_BASH = /(^|\/)(bash|debian|ubuntu|fedora|centos|rockylinux|almalinux|buildpack-deps)(@|:|$)/;

/** Images that are an operating system or tool box: their command runs in the simulated shell. */
export function shellProgram(image: string): ImageProgram {
  return { config: { cmd: [WITH_BASH.test(image) ? 'bash' : 'sh'] }, run: runInShell };
}

/** Runs a command with the simulated shell and its tools, which are loaded when first needed. */
export async function runInShell(process: ProgramProcess): Promise<number> {
  const { runShellCommand } = await import('../shell/index.js');
  return runShellCommand(process);
}

/** The search path containerd gives a container whose image sets none. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
