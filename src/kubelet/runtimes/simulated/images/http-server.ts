import type { HttpHandler, ProgramProcess } from '../program.js';
import { untilStopped } from './idle.js';

/** Serves HTTP on a port of the pod until one of the signals asks the process to stop; resolves with its exit code. */
export async function serveHttp(process: ProgramProcess, port: number, handler: HttpHandler, stopSignals: Readonly<Record<string, number>>): Promise<number> {
  const stopped = untilStopped(process, stopSignals);
  const listener = await process.network.listenHttp(port, handler);
  try {
    return await stopped;
  } finally {
    listener.close();
  }
}
