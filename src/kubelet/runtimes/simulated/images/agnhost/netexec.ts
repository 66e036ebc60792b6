import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { sleep } from '../../../../../base/clock.js';
import { parseDuration } from '../../../../../api/time.js';
import type { NetworkAddress, ProgramProcess, UdpSocket } from '../../program.js';
import { goFlags, klog } from '../go-log.js';
import { untilStopped } from '../idle.js';
import { runInShell } from '../shell.js';
import { dial, DialRefused } from './dial.js';
import { readUpload } from './upload.js';

const HTTP_PORT = '8080';
const UDP_PORT = '8081';
const TEMPORARY_LETTERS = 1_000_000_000;

/**
 * A server that does what its paths say: /clientip, /dial, /echo, /exit, /header, /healthz, /readyz, /hostname, /redirect,
 * /serverport, /shell, /shutdown, /upload; and over UDP what its datagrams say: hostname, echo TEXT, clientip, serverport.
 */
export async function netexec(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const { flags } = goFlags(args);
  const port = Number(flags.get('http-port') ?? HTTP_PORT);
  const udpPort = Number(flags.get('udp-port') ?? UDP_PORT);
  const server = new NetExec(process, port, flags.get('http-override'));
  const delayMs = Number(flags.get('delay-shutdown') ?? '0') * 1000;
  const stopped = untilStopped(process, { SIGTERM: 0, SIGINT: 130 });
  const datagrams = udpPort === -1 ? undefined : await server.listenUdp(udpPort);
  const listener = await process.network.listenHttp(port, (request, response) => server.answer(request, response));
  klog(process, 'log.go:195', `Started HTTP server on port ${port}`);
  if (datagrams) klog(process, 'log.go:195', `Started UDP server on port  ${udpPort}`);
  const code = await Promise.race([stopped.then((signalled) => (server.shutDown(), signalled)), server.exited]);
  if (code === 0 && delayMs > 0) {
    klog(process, 'log.go:195', `Sleeping ${delayMs / 1000} seconds before terminating...`);
    await sleep(process.clock, delayMs, process.signal).catch(() => {});
  }
  listener.close();
  datagrams?.close();
  return code;
}

type Query = (name: string, fallback?: string) => string;

class NetExec {
  readonly exited: Promise<number>;
  private exit: (code: number) => void = () => {};
  /** As the real one it is ready once it takes datagrams. */
  private ready = false;
  private stopping = false;
  private readonly started: number;

  constructor(
    private readonly process: ProgramProcess,
    private readonly port: number,
    /** Path and query that every request counts as. */
    private readonly override: string | undefined,
  ) {
    this.exited = new Promise((resolve) => (this.exit = resolve));
    this.started = process.clock.now();
  }

  shutDown(): void {
    this.stopping = true;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { process } = this;
    const url = new URL(this.override || (request.url ?? '/'), 'http://localhost');
    const query: Query = (name, fallback = '') => url.searchParams.get(name) ?? fallback;
    const { pathname, search } = url;
    if (pathname !== '/exit') klog(process, 'log.go:245', `${request.method} ${pathname}${search}`);
    switch (pathname) {
      case '/clientip':
        return void response.end(`${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''}`);
      case '/serverport':
        return void response.end(String(this.port));
      case '/hostname':
      case '/hostName':
        return void response.end(process.hostname);
      case '/echo':
        return this.coded(query, response, (code) => response.writeHead(code ?? 200).end(query('msg')));
      case '/header':
        return void response.end(query('key') === '' ? goHeaders(request) : String(request.headers[query('key').toLowerCase()] ?? ''));
      case '/healthz':
        return void response.writeHead(this.ready ? 200 : 412).end();
      case '/readyz':
        if (this.stopping) return void response.writeHead(503).end('shutting down');
        return void response.writeHead(this.ready ? 200 : 412).end(this.ready ? 'ok' : undefined);
      case '/redirect':
        return this.coded(query, response, (code) => response.writeHead(code ?? 302, { location: query('location') }).end());
      case '/exit':
        return this.leave(query, response);
      case '/shutdown':
        return this.exit(0);
      case '/shell':
        return this.shell(query('shellCommand', query('cmd')), response);
      case '/dial':
        return this.dial(url.searchParams, response);
      case '/upload':
        return this.upload(request, response);
      default:
        return void response.end(`NOW: ${new Date(process.clock.now()).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC')} m=+${((process.clock.now() - this.started) / 1000).toFixed(9)}`);
    }
  }

  async listenUdp(port: number): Promise<UdpSocket> {
    const { process } = this;
    const socket: UdpSocket = await process.network.openUdp(port, (message, from) => {
      const answer = this.datagram(Buffer.from(message).toString().trim().toLowerCase(), from, port);
      if (answer !== undefined) socket.send(Buffer.from(answer), from.address, from.port).catch(() => {});
    });
    this.ready = true;
    return socket;
  }

  private datagram(text: string, { address, port }: NetworkAddress, own: number): string | undefined {
    const client = `${address}:${port}`;
    const say = (line: string): void => klog(this.process, 'log.go:245', line);
    if (text === 'hostname') {
      say('Sending udp hostName response');
      return this.process.hostname;
    }
    if (text.startsWith('echo ')) {
      say(`Echoing ${text.slice(5)} to UDP client ${client}`);
      return text.slice(5);
    }
    if (text === 'clientip') {
      say(`Sending clientip back to UDP client ${client}`);
      return client;
    }
    if (text === 'serverport') {
      say(`Sending server port to UDP client ${own}`);
      return String(own);
    }
    if (text !== '') say(`Unknown UDP command received from ${client}: ${text}`);
    return undefined;
  }

  /** For paths that take a status code. */
  private coded(query: Query, response: ServerResponse, answer: (code: number | undefined) => void): void {
    const text = query('code');
    if (text !== '' && !/^\d+$/.test(text)) return void response.end(`argument 'code' must be an integer or empty, got ${JSON.stringify(text)}\n`);
    const code = text === '' ? undefined : Number(text);
    // Go's server panics at other codes, which ends the connection.
    if (code !== undefined && (code < 100 || code > 999)) return void response.destroy();
    answer(code);
  }

  private async leave(query: Query, response: ServerResponse): Promise<void> {
    const { process } = this;
    const [code, timeout, wait] = [query('code'), query('timeout'), query('wait')];
    klog(process, 'log.go:245', `GET /exit?code=${code}&timeout=${timeout}&wait=${wait}`);
    for (const [name, value] of [['timeout', timeout], ['wait', wait]] as const) {
      if (durationOf(value) === undefined) return void response.end(`argument '${name}' must be a valid golang duration or empty, got ${JSON.stringify(value)}\n`);
    }
    if (code !== '' && !/^\d+$/.test(code)) return void response.end(`argument 'code' must be an integer [0-127] or empty, got ${JSON.stringify(code)}\n`);
    klog(process, 'log.go:245', `Will begin shutdown in ${wait || '0s'}, allowing ${timeout || '0s'} for connections to close, then will exit with ${Number(code)}`);
    if (wait !== '') await sleep(process.clock, durationOf(wait) ?? 0, process.signal).catch(() => {});
    if (timeout !== '') response.end();
    this.exit(Number(code));
  }

  private async dial(query: URLSearchParams, response: ServerResponse): Promise<void> {
    try {
      response.end(await dial(this.process, query));
    } catch (error) {
      if (!(error instanceof DialRefused)) throw error;
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }).end(`${error.message}\n`);
    }
  }

  /** Runs a command with the image's shell, and tells its output. */
  private async shell(command: string, response: ServerResponse): Promise<void> {
    const { process } = this;
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const chunks: Buffer[] = [];
    for (const stream of [stdout, stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const entry = process.pids.spawn({ argv: ['/bin/sh', '-c', command], parent: process.process.pid, container: process.process.container, onKill: () => {} });
    const stdin = new PassThrough();
    stdin.end();
    const { pids, fs, network, clock, env, cwd, hostname, signal, restartCount, use } = process;
    const code = await runInShell({ process: entry, pids, fs, network, clock, env, cwd, hostname, signal, restartCount, use, argv: ['/bin/sh', '-c', command], stdin, stdout, stderr, terminal: undefined, onSignal: (handler) => pids.handle(entry.pid, handler) });
    pids.exit(entry.pid, code);
    pids.wait(entry.pid);
    await new Promise((resolve) => setImmediate(resolve));
    const output = Buffer.concat(chunks).toString();
    // In the order of Go's maps, by name, and without what is empty.
    response.end(JSON.stringify({ ...(code === 0 ? {} : { error: `exit status ${code}` }), ...(output === '' ? {} : { output }) }));
  }

  private async upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { fs, clock } = this.process;
    const data = await readUpload(request);
    if (!data) return void response.end(JSON.stringify({ error: 'Unable to upload file.' }));
    await fs.mkdir('/uploads', { recursive: true });
    let number = clock.now() % TEMPORARY_LETTERS;
    while (await fs.exists(`/uploads/upload${number}`)) number++;
    const path = `/uploads/upload${number}`;
    await fs.writeFile(path, data);
    await fs.chmod(path, 0o700);
    klog(this.process, 'log.go:245', `Wrote upload to ${path}`);
    response.writeHead(201).end(JSON.stringify({ output: path }));
  }
}

/** Milliseconds, 0 for nothing; undefined for what is no duration. */
function durationOf(text: string): number | undefined {
  try {
    return text === '' ? 0 : parseDuration(text);
  } catch {
    return undefined;
  }
}

/** All headers as Go's json.Marshal shows http.Header: canonical names, sorted, each a list. */
function goHeaders(request: IncomingMessage): string {
  const entries = Object.entries(request.headersDistinct).filter(([name]) => name !== 'host');
  const canonical = (name: string): string => name.replace(/(^|-)([a-z])/g, (_match, dash: string, letter: string) => dash + letter.toUpperCase());
  return JSON.stringify(Object.fromEntries(entries.map(([name, values]) => [canonical(name), values] as const).sort(([a], [b]) => (a < b ? -1 : 1))));
}
