import type { IncomingMessage, ServerResponse } from 'node:http';
import { sleep } from '../../../../../base/clock.js';
import type { ProgramProcess } from '../../program.js';
import { goFlags, goLog } from '../go-log.js';
import { untilStopped } from '../idle.js';
import { get } from './dial.js';

const REGISTER_MS = 15_000;
const RETRY_MS = 1000;

/** The guestbook of the tutorial: a frontend (/guestbook), or a primary and its replicas that keep what it is told. */
export async function guestbook(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const { flags } = goFlags(args);
  const stopped = untilStopped(process, { SIGTERM: 143, SIGINT: 130 });
  const book = new Guestbook(process, Number(flags.get('backend-port') ?? '6379'));
  const listener = await process.network.listenHttp(Number(flags.get('http-port') ?? '80'), (request, response) => book.answer(request, response));
  const primary = flags.get('replicaof') ?? '';
  const unregistered = primary === '' ? stopped : book.register(primary).then((registered) => (registered ? stopped : 1));
  const code = await Promise.race([stopped, unregistered]);
  listener.close();
  return code;
}

class Guestbook {
  private store = new Map<string, unknown>();
  private readonly replicas: string[] = [];

  constructor(
    private readonly process: ProgramProcess,
    private readonly backendPort: number,
  ) {}

  /** Makes this one a replica; false when the primary was not to be had in time. */
  async register(primary: string): Promise<boolean> {
    const { process, backendPort } = this;
    const until = process.clock.now() + REGISTER_MS;
    while (process.clock.now() < until) {
      const path = `register?host=${process.network.ip}`;
      goLog(process, `Registering to primary: ${primary}:${backendPort}/${path}`);
      try {
        const { data } = JSON.parse(await get(process, primary, backendPort, path)) as { data: Record<string, unknown> };
        this.store = new Map(Object.entries(data));
        goLog(process, `Registered to node: ${primary}`);
        return true;
      } catch (error) {
        goLog(process, `encountered error while registering to primary: ${error instanceof Error ? error.message : String(error)}. Retrying in 1s.`);
      }
      await sleep(process.clock, RETRY_MS, process.signal).catch(() => {});
    }
    goLog(process, 'Timed out while registering to primary.');
    return false;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const query = (name: string): string => url.searchParams.get(name) ?? '';
    const fail = (status: number, text: string): void => void response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    const [key, value] = [query('key'), query('value')];
    goLog(this.process, `GET ${url.pathname}${url.search}`);
    switch (url.pathname) {
      case '/register':
        this.replicas.push(query('host'));
        goLog(this.process, `Node '${query('host')}' registered.`);
        return void response.end(JSON.stringify({ data: Object.fromEntries(this.store) }));
      case '/get':
        return void response.end(JSON.stringify({ data: key === '' ? Object.fromEntries(this.store) : (this.store.get(key) ?? '') }));
      case '/set':
        if (key === '') return fail(400, 'cannot set with empty key.');
        return this.set(key, value, response, fail);
      case '/guestbook':
        return this.forward(query('cmd').toLowerCase(), key, value, response, fail);
      default:
        return fail(404, '404 page not found');
    }
  }

  private async set(key: string, value: string, response: ServerResponse, fail: (status: number, text: string) => void): Promise<void> {
    this.store.set(key, value);
    for (const replica of this.replicas) {
      try {
        await get(this.process, replica, this.backendPort, `set?key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`);
      } catch (error) {
        return fail(417, `encountered error while propagating to replica '${replica}': ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    response.end(JSON.stringify({ message: 'Updated' }));
  }

  /** The frontend asks a replica, and tells the primary. */
  private async forward(command: string, key: string, value: string, response: ServerResponse, fail: (status: number, text: string) => void): Promise<void> {
    if (command !== 'get' && command !== 'set') return fail(400, `unsupported cmd: '${command}'`);
    if (command === 'set' && key === '') return fail(400, 'cannot set with empty key.');
    const host = command === 'get' ? 'agnhost-replica' : 'agnhost-primary';
    try {
      response.end(await get(this.process, host, this.backendPort, `${command}?key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`));
    } catch (error) {
      fail(417, `encountered error: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
