import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { sleep } from '../../../../../base/clock.js';
import type { ProgramProcess } from '../../program.js';
import { goFlags, klog } from '../go-log.js';
import { untilStopped } from '../idle.js';
import { runInShell } from '../shell.js';
import { dial } from './dial.js';

/** More of a body than this is not echoed. */
const MAX_BODY = 2 ** 20;

/** An HTTP server that does what its paths say: /clientip, /dial, /echo, /exit, /header, /healthz, /hostname, /redirect, /shell, /shutdown, /upload. */
export async function netexec(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const { flags } = goFlags(args, ['http-override']);
  const port = Number(flags.get('http-port') ?? '8080');
  const server = new NetExec(process);
  const delayMs = Number(flags.get('delay-shutdown') ?? '0') * 1000;
  const stopped = untilStopped(process, { SIGTERM: 0, SIGINT: 130 });
  const listener = await process.network.listenHttp(port, (request, response) => server.answer(request, response));
  klog(process, 'log.go:195', `Started HTTP server on port ${port}`);
  klog(process, 'log.go:195', `Started UDP server on port  ${flags.get('udp-port') ?? '8081'}`);
  const code = await Promise.race([stopped, server.exited]);
  if (code === 0 && delayMs > 0) await sleep(process.clock, delayMs, process.signal).catch(() => {});
  listener.close();
  return code;
}

class NetExec {
  readonly exited: Promise<number>;
  private exit: (code: number) => void = () => {};
  private ready = true;
  private readonly started: number;

  constructor(private readonly process: ProgramProcess) {
    this.exited = new Promise((resolve) => (this.exit = resolve));
    this.started = process.clock.now();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { process } = this;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const query = (name: string, fallback = ''): string => url.searchParams.get(name) ?? fallback;
    klog(process, 'log.go:245', `${request.method} ${url.pathname}${url.search}`);
    switch (url.pathname) {
      case '/clientip':
        return void response.end(`${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''}`);
      case '/hostname':
      case '/hostName':
        return void response.end(process.hostname);
      case '/echo':
        return void response.writeHead(Number(query('code', '200'))).end(query('msg'));
      case '/header':
        return void response.end(String(request.headers[query('key').toLowerCase()] ?? ''));
      case '/healthz':
        return void response.writeHead(this.ready ? 200 : 412).end();
      case '/redirect':
        return void response.writeHead(Number(query('code', '302')), { location: query('location') }).end();
      case '/exit':
      case '/shutdown':
        response.end();
        this.ready = false;
        process.clock.after(0, () => this.exit(Number(query('code', '0'))));
        return;
      case '/shell':
        return this.shell(query('shellCommand', query('cmd')), response);
      case '/dial':
        return void response.end(await dial(process, url.searchParams));
      case '/upload':
        return this.upload(request, response);
      default:
        return void response.end(`NOW: ${new Date(process.clock.now()).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC')} m=+${((process.clock.now() - this.started) / 1000).toFixed(9)}`);
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
    response.end(JSON.stringify({ output: Buffer.concat(chunks).toString(), ...(code === 0 ? {} : { error: `exit status ${code}` }) }));
  }

  private async upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let size = 0;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= MAX_BODY) chunks.push(chunk);
    }
    const path = `/uploads/upload${this.process.clock.now()}`;
    await this.process.fs.mkdir('/uploads', { recursive: true });
    await this.process.fs.writeFile(path, Buffer.concat(chunks));
    response.writeHead(201).end(JSON.stringify({ output: path }));
  }
}
