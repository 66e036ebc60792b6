import { request } from 'node:http';
import type { ProgramProcess } from '../../program.js';

const MAX_TRIES = 100;

/** netexec's /dial: asks another netexec `tries` times and tells what it said, and what went wrong. */
export async function dial(process: ProgramProcess, query: URLSearchParams): Promise<string> {
  const [host, port, path] = [query.get('host') ?? '', Number(query.get('port') ?? '0'), query.get('request') ?? 'hostName'];
  const tries = Math.min(MAX_TRIES, Math.max(1, Number(query.get('tries') ?? '1')));
  const responses: string[] = [];
  const errors: string[] = [];
  for (let i = 0; i < tries; i++) {
    try {
      responses.push(await get(process, host, port, `/${path}`));
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  return JSON.stringify({ ...(responses.length > 0 ? { responses } : {}), ...(errors.length > 0 ? { errors } : {}) });
}

async function get(process: ProgramProcess, host: string, port: number, path: string): Promise<string> {
  const socket = await process.network.connect(host, port, process.signal);
  return new Promise((resolve, reject) => {
    const call = request({ host, port, path, createConnection: () => socket, headers: { connection: 'close' } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}
