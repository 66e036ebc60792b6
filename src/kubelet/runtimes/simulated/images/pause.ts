import type { ImageProgram } from '../program.js';
import { untilStopped } from './idle.js';

/** registry.k8s.io/pause as a container of its own: it sleeps, reaps nothing of note, and goes on SIGINT or SIGTERM. */
export function pauseProgram(): ImageProgram {
  return {
    commands: ['pause'],
    config: { entrypoint: ['/pause'], user: '65535:65535' },
    run: async (process) => {
      const code = await untilStopped(process, { SIGTERM: 0, SIGINT: 0 });
      process.stderr.write('Shutting down, got signal: Terminated\n');
      return code;
    },
  };
}
