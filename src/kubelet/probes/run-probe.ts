import { Writable } from 'node:stream';
import type { Container, HTTPGetAction, Probe } from '../../api/types/core-v1.js';
import { formatDuration } from '../../api/time.js';
import type { ExecStreams } from '../../api/streams.js';
import type { Clock } from '../../base/clock.js';
import { expand } from '../env/expansion.js';
import type { PodNetwork } from '../network/pod-network.js';
import { RuntimeError, type ContainerRuntime } from '../runtime.js';
import { grpcHealth } from './grpc-health.js';
import { httpGet, type HttpGetTarget } from './http-get.js';
import { dialText } from './network-text.js';

export interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  /** The node's address: where probes come from. */
  readonly from: string;
}

export interface ProbeMeans {
  readonly clock: Clock;
  readonly network: PodNetwork;
  readonly runtime: ContainerRuntime;
}

/** `warning`: counts as success, but is told in an event. */
export interface ProbeOutcome {
  readonly result: 'success' | 'warning' | 'failure';
  readonly output: string;
}

const MAX_OUTPUT = 10 * 1024;
const MAX_REDIRECTS = 10;

/** Runs a probe once. Throws Error when it cannot even be tried: that counts neither as success nor as failure. */
export async function runProbe(probe: Probe, target: ProbeTarget, means: ProbeMeans): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) return execProbe(probe.exec.command ?? [], timeoutMs, target, means);
  if (probe.httpGet) return httpProbe(probe.httpGet, timeoutMs, target, means);
  if (probe.tcpSocket) return tcpProbe(probe.tcpSocket.host || target.podIp, resolvePort(probe.tcpSocket.port, target.container), timeoutMs, target, means);
  if (probe.grpc) {
    const { port, service = '' } = probe.grpc;
    const connect = () => means.network.connect(target.podIp, port, { from: target.from });
    const { healthy, text } = await grpcHealth(connect, { host: target.podIp, port, service: service ?? '' }, means.clock, timeoutMs);
    return { result: healthy ? 'success' : 'failure', output: text };
  }
  throw new Error(`missing probe handler for ${target.container.name}`);
}

/** A port by number, or by the name a port of the container has. Throws Error with the kubelet's text. */
export function resolvePort(port: number | string, container: Container): number {
  const named = typeof port === 'string' ? container.ports?.find((p) => p.name === port)?.containerPort : port;
  if (named === undefined && !/^\d+$/.test(String(port))) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  const number = named ?? Number(port);
  if (number > 0 && number < 65536) return number;
  throw new Error(`invalid port number: ${number}`);
}

/** The request an httpGet handler stands for. */
export function httpTarget(action: HTTPGetAction, container: Container, podIp: string): HttpGetTarget {
  const path = action.path ?? '';
  return {
    scheme: (action.scheme ?? 'HTTP').toLowerCase() === 'https' ? 'https' : 'http',
    host: action.host || podIp,
    port: resolvePort(action.port, container),
    path: path.startsWith('/') || path === '' ? path : `/${path}`,
    headers: (action.httpHeaders ?? []).map(({ name, value }) => [name, value] as const),
  };
}

async function httpProbe(action: HTTPGetAction, timeoutMs: number, target: ProbeTarget, { clock, network }: ProbeMeans): Promise<ProbeOutcome> {
  let request = httpTarget(action, target.container, target.podIp);
  const deadline = clock.now() + timeoutMs;
  for (let redirects = 0; ; redirects++) {
    try {
      const answer = await httpGet(request, { connect: (host, port) => network.connect(host, port, { from: target.from }), clock, timeoutMs: Math.max(0, deadline - clock.now()), agent: 'probe' });
      const { status, location, body } = answer;
      if (status >= 300 && status < 400 && location !== undefined) {
        const next = redirected(request, location);
        if (next && redirects < MAX_REDIRECTS) {
          request = next;
          continue;
        }
        return next ? { result: 'failure', output: `Get ${JSON.stringify(location)}: stopped after 10 redirects` } : { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` };
      }
      if (status >= 200 && status < 300) return { result: 'success', output: body };
      if (status >= 300 && status < 400) return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` };
      return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
    } catch (error) {
      return { result: 'failure', output: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Where a redirect leads; undefined when to another host, which probes do not follow. */
function redirected(from: HttpGetTarget, location: string): HttpGetTarget | undefined {
  let url: URL;
  try {
    url = new URL(location, `${from.scheme}://${from.host.includes(':') ? `[${from.host}]` : from.host}:${from.port}${from.path}`);
  } catch {
    return undefined;
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host !== from.host) return undefined;
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return { ...from, scheme, port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port), path: `${url.pathname}${url.search}` };
}

async function tcpProbe(host: string, port: number, timeoutMs: number, target: ProbeTarget, { clock, network }: ProbeMeans): Promise<ProbeOutcome> {
  const connection = network.connect(host, port, { from: target.from });
  try {
    const stream = await within(clock, timeoutMs, connection);
    if (!stream) return { result: 'failure', output: `dial tcp ${host}:${port}: i/o timeout` };
    stream.end();
    stream.resume();
    return { result: 'success', output: '' };
  } catch (error) {
    return { result: 'failure', output: dialText(error, host, port) };
  }
}

async function execProbe(command: readonly string[], timeoutMs: number, target: ProbeTarget, { clock, runtime }: ProbeMeans): Promise<ProbeOutcome> {
  const env = new Map((target.container.env ?? []).map(({ name, value }) => [name, value ?? ''] as const));
  const argv = command.map((text) => expand(text, (name) => env.get(name)));
  const { code, output, timedOut } = await runCommand(runtime, clock, target.containerId, argv, timeoutMs);
  if (timedOut) return { result: 'failure', output: `command timed out: ${JSON.stringify(argv.join(' '))} timed out after ${formatDuration(timeoutMs)}` };
  return { result: code === 0 ? 'success' : 'failure', output };
}

/** Runs a command in a container and gathers what it prints (at most 10 KiB). A timeout of 0 is none. */
export async function runCommand(runtime: ContainerRuntime, clock: Clock, containerId: string, argv: readonly string[], timeoutMs: number): Promise<{ code: number; output: string; timedOut: boolean }> {
  const abort = new AbortController();
  const chunks: Buffer[] = [];
  let size = 0;
  const sink = (): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (size < MAX_OUTPUT) chunks.push(chunk.subarray(0, MAX_OUTPUT - size));
        size += chunk.length;
        done();
      },
    });
  const streams: ExecStreams = { stdin: undefined, stdout: sink(), stderr: sink(), tty: false, resize: noSizes(), signal: abort.signal };
  const run = runtime.exec(containerId, argv, streams);
  const status = timeoutMs === 0 ? await run : await within(clock, timeoutMs, run);
  if (!status) {
    abort.abort(new RuntimeError('timed out'));
    await run.catch(() => undefined);
  }
  return { code: status?.code ?? -1, output: Buffer.concat(chunks).toString(), timedOut: status === undefined };
}

async function* noSizes(): AsyncGenerator<never> {}

/** What a promise gives within a time; undefined when it takes longer (its result is dropped then). */
async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer;
  const late = new Promise<undefined>((resolve) => (timer = clock.after(ms, () => resolve(undefined))));
  try {
    return await Promise.race([promise, late]);
  } finally {
    (timer as { cancel(): void } | undefined)?.cancel();
    promise.catch(() => undefined);
  }
}
