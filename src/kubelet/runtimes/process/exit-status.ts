import { constants } from 'node:os';
import type { ExitStatus } from '../../../api/streams.js';

/** How a process ended, as Node tells it. */
export function exitStatus(code: number | null, signal: NodeJS.Signals | null): ExitStatus {
  if (signal !== null) return { code: 128 + constants.signals[signal], signal };
  return { code: code ?? 1 };
}

/** Why a container could not be started, in the words of containerd and runc. */
export function startErrorText(problem: string): string {
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${problem}: unknown`;
}
