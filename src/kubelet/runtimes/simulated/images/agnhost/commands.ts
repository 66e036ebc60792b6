import type { Duplex } from 'node:stream';
import { sleep } from '../../../../../base/clock.js';
import { parseDuration } from '../../../../../api/time.js';
import type { ProgramProcess, UdpSocket } from '../../program.js';
import { goFlags, klog } from '../go-log.js';
import { serveHttp } from '../http-server.js';
import { untilStopped } from '../idle.js';
import { readWebFile } from '../web-root.js';

/** Go's default for signals: they end the process. */
const BY_SIGNAL: Readonly<Record<string, number>> = { SIGTERM: 143, SIGINT: 130 };
/** How long `liveness` is healthy. */
const HEALTHY_MS = 10_000;

/** Waits; says so at the start and the end. */
export async function pause(process: ProgramProcess): Promise<number> {
  process.stdout.write('Paused\n');
  return untilStopped(process, { SIGTERM: 0, SIGINT: 0 });
}

/** Healthy for ten seconds, then not any more: the image of the documentation's liveness probe. */
export function liveness(process: ProgramProcess): Promise<number> {
  const { clock } = process;
  const started = clock.now();
  return serveHttp(process, 8080, (request, response) => {
    const age = clock.now() - started;
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/healthz') {
      const ill = age > HEALTHY_MS;
      response.writeHead(ill ? 500 : 200).end(ill ? `error: ${age / 1000}` : 'ok');
    } else if (path === '/started') response.writeHead(200).end(String(age / 1000));
    else response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }, BY_SIGNAL);
}

/** Answers with the pod's host name, over HTTP, TCP or UDP. */
export async function serveHostname(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const { flags } = goFlags(args, ['http', 'tcp', 'udp', 'close']);
  const port = Number(flags.get('port') ?? '9376');
  const wants = (name: string, usual = false): boolean => (flags.get(name) ?? String(usual)) === 'true';
  if (wants('http', true) && (wants('tcp') || wants('udp'))) return fatal(process, "Can't server TCP/UDP mode and HTTP mode at the same time", 1);
  if (!wants('http', true)) {
    const open: Array<{ close(): void }> = [];
    if (wants('tcp')) {
      open.push(await process.network.listen(port, (stream) => {
        klog(process, 'log.go:195', `TCP request from ${remote(stream)}`);
        stream.end(process.hostname);
      }));
    }
    if (wants('udp')) {
      const socket: UdpSocket = await process.network.openUdp(port, (_message, from) => {
        klog(process, 'log.go:195', `UDP request from ${from.address}:${from.port}`);
        socket.send(Buffer.from(process.hostname), from.address, from.port).catch(() => {});
      });
      open.push(socket);
    }
    klog(process, 'log.go:195', `Serving on port ${port}.`);
    const code = await untilStopped(process, { SIGTERM: 0 });
    for (const listener of open) listener.close();
    return code;
  }
  klog(process, 'log.go:195', `Serving on port ${port}.`);
  return serveHttp(process, port, (request, response) => {
    klog(process, 'log.go:195', `HTTP request from ${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''}`);
    response.end(process.hostname);
  }, { SIGTERM: 0, SIGINT: 130 });
}

function remote(stream: Duplex): string {
  const { remoteAddress, remotePort } = stream as Duplex & { remoteAddress?: string; remotePort?: number };
  return `${remoteAddress ?? ''}:${remotePort ?? ''}`;
}

const VERBS = ['GET', 'POST', 'PUT'];
const NAMESPACES = ['default', 'kube-system', 'ns'];
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** So many lines of a made-up access log, spread evenly over a time. */
export async function logsGenerator(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const { flags } = goFlags(args);
  const total = Number(flags.get('log-lines-total') ?? process.env['LOGS_GENERATOR_LINES_TOTAL'] ?? '0');
  const duration = parseDuration(flags.get('run-duration') ?? process.env['LOGS_GENERATOR_DURATION'] ?? '0');
  if (!(total > 0)) return fatal(process, `Invalid total number of lines: ${total}`);
  if (!(duration > 0)) return fatal(process, `Invalid duration: ${duration}`);
  const pause = duration / total;
  let state = 42;
  const random = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const started = process.clock.now();
  for (let line = 0; line < total && !process.signal.aborted; line++) {
    const pod = Array.from({ length: 3 + random(3) }, () => LETTERS[random(LETTERS.length)]).join('');
    klog(process, 'logs_generator.go:76', `${line} ${VERBS[random(3)]} /api/v1/namespaces/${NAMESPACES[random(3)]}/pods/${pod} ${200 + random(400)}`);
    await sleep(process.clock, Math.max(0, started + Math.round((line + 1) * pause) - process.clock.now()), process.signal).catch(() => {});
  }
  return 0;
}

function fatal(process: ProgramProcess, text: string, code = 255): number {
  klog(process, code === 255 ? 'logs_generator.go:60' : 'log.go:245', text);
  return code;
}

/** Prints what it was started with. */
export async function entrypointTester(process: ProgramProcess): Promise<number> {
  process.stdout.write(`[${process.argv.join(' ')}]\n`);
  return 0;
}

async function resolvConf(process: ProgramProcess, field: string): Promise<string[]> {
  const lines = (await process.fs.readFile('/etc/resolv.conf')).split('\n').map((line) => line.trim().split(/\s+/));
  return lines.filter(([name]) => name === field).flatMap(([, ...values]) => values);
}

/** Prints the search path of the pod's DNS. */
export async function dnsSuffix(process: ProgramProcess): Promise<number> {
  process.stdout.write(`${(await resolvConf(process, 'search')).join(',')}\n`);
  return 0;
}

export async function dnsServerList(process: ProgramProcess): Promise<number> {
  process.stdout.write(`${(await resolvConf(process, 'nameserver')).join(',')}\n`);
  return 0;
}

export async function etcHosts(process: ProgramProcess): Promise<number> {
  process.stdout.write(await process.fs.readFile('/etc/hosts'));
  return 0;
}

/** Tries to connect: says nothing when it can, else why not in one word. */
export async function connect(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const { flags, rest } = goFlags(args);
  const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(rest[0] ?? '') ?? [];
  const protocol = flags.get('protocol') ?? 'tcp';
  if (protocol === 'udp') return connectUdp(process, host, Number(port), flags.get('udp-data') ?? 'hostname', parseDuration(flags.get('timeout') ?? '0'));
  if (protocol !== 'tcp') return refuse(process, `Unsupported protocol ${protocol}`);
  const timeout = parseDuration(flags.get('timeout') ?? '0');
  const abort = new AbortController();
  const timer = timeout > 0 ? process.clock.after(timeout, () => abort.abort()) : undefined;
  try {
    (await Promise.race([process.network.connect(host, Number(port), abort.signal), aborted(abort.signal)])).destroy();
    return 0;
  } catch (error) {
    const { code = '' } = error as { code?: string };
    return refuse(process, abort.signal.aborted || code === 'ETIMEDOUT' ? 'TIMEOUT' : code === 'ECONNREFUSED' ? 'REFUSED' : code === 'ENOTFOUND' ? `DNS: lookup ${host}: no such host` : `OTHER: ${error instanceof Error ? error.message : code}`);
  } finally {
    timer?.cancel();
  }
}

/** Sends a datagram: fine once one comes back. */
async function connectUdp(process: ProgramProcess, host: string, port: number, data: string, timeoutMs: number): Promise<number> {
  let heard: (code: number) => void = () => {};
  const answer = new Promise<number>((resolve) => (heard = resolve));
  const socket = await process.network.openUdp(0, () => heard(0));
  const where = `read udp ${process.network.ip}:${socket.port}->${host}:${port}:`;
  const timer = timeoutMs > 0 ? process.clock.after(timeoutMs, () => heard(refuse(process, `TIMEOUT: ${where} i/o timeout`))) : undefined;
  try {
    await socket.send(Buffer.from(`${data}\n`), host, port);
    return await answer;
  } catch (error) {
    const { code = '' } = error as { code?: string };
    return refuse(process, code === 'ECONNREFUSED' ? `REFUSED: ${where} read: connection refused` : code === 'ENOTFOUND' ? `DNS: lookup ${host}: no such host` : `OTHER: ${error instanceof Error ? error.message : code}`);
  } finally {
    timer?.cancel();
    socket.close();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('timeout')), { once: true }));
}

function refuse(process: ProgramProcess, text: string): number {
  process.stderr.write(`${text}\n`);
  return 1;
}

/** Serves the value of each variable SERVE_PORT_N on port N. */
export async function porter(process: ProgramProcess): Promise<number> {
  const stopped = untilStopped(process, BY_SIGNAL);
  const open = [];
  for (const [name, value] of Object.entries(process.env)) {
    const [, port] = /^SERVE_PORT_(\d+)$/.exec(name) ?? [];
    if (port !== undefined) open.push(await process.network.listenHttp(Number(port), (_request, response) => void response.end(value)));
  }
  const code = await stopped;
  for (const listener of open) listener.close();
  return code;
}

/** Serves the container's files on port 80. */
export function testWebserver(process: ProgramProcess, args: readonly string[]): Promise<number> {
  return serveHttp(process, Number(goFlags(args).flags.get('port') ?? '80'), async (request, response) => {
    const file = await readWebFile(process.fs, '/', request.url ?? '/');
    if (file.found === 'file') response.writeHead(200, { 'content-type': file.type }).end(file.data);
    else response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }, BY_SIGNAL);
}
