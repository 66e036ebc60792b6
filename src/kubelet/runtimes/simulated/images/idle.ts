import { sleep } from '../../../../base/clock.js';
import type { ImageProgram, ProgramProcess } from '../program.js';

/** On all pods of a Job. */
const JOB_NAME = 'batch.kubernetes.io/job-name';
/** How long the work of an unknown image takes in a Job. */
const JOB_WORK_MS = 500;
const SIGTERM_CODE = 143;
/** How long an unknown program takes to wind up once it is asked to end: real ones do not go in no time either. */
const WIND_UP_MS = 220;

/**
 * An image nobody knows: it runs until a signal asks it to end, and ends a moment later. In a pod of a Job it has
 * work to do that ends, and does it well, half a second after its start; as an init container it is done at once.
 */
export function idleProgram(): ImageProgram {
  return {
    run: (process) => {
      if (process.runsToCompletion) return Promise.resolve(0);
      return process.labels?.[JOB_NAME] === undefined ? untilWoundUp(process) : untilDone(process);
    },
  };
}

/** Resolves with 128 + the signal's number once a signal asks the process to end. */
export function untilStopped(process: ProgramProcess, codes: Readonly<Record<string, number>> = { SIGTERM: SIGTERM_CODE, SIGINT: 130, SIGQUIT: 131 }): Promise<number> {
  return new Promise((resolve) => {
    process.onSignal((signal) => {
      const code = codes[signal];
      if (code === undefined) return false;
      resolve(code);
      return true;
    });
  });
}

async function untilWoundUp(process: ProgramProcess): Promise<number> {
  const code = await untilStopped(process);
  // Killed meanwhile: the code does not matter any more.
  await sleep(process.clock, WIND_UP_MS, process.signal).catch(() => {});
  return code;
}

function untilDone(process: ProgramProcess): Promise<number> {
  return new Promise((resolve) => {
    const timer = process.clock.after(JOB_WORK_MS, () => resolve(0));
    void untilStopped(process).then((code) => {
      timer.cancel();
      resolve(code);
    });
  });
}
