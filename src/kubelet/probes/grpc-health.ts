import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { formatDuration } from '../../api/time.js';
import { hostPort } from './network-text.js';

export interface HealthResult {
  readonly healthy: boolean;
  readonly text: string;
}

const SERVING = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const UNIMPLEMENTED = 12;
/** Pause between attempts to connect while the time lasts. */
const RECONNECT_MS = 100;

/**
 * One call of grpc.health.v1.Health/Check (https://github.com/grpc/grpc/blob/master/doc/health-checking.md) over the
 * pods' network. Never rejects: what goes wrong is a failed check with the kubelet's text.
 */
export async function grpcHealth(connect: () => Promise<Duplex>, target: { host: string; port: number; service: string }, clock: Clock, timeoutMs: number): Promise<HealthResult> {
  const address = hostPort(target.host, target.port);
  const limit = formatDuration(timeoutMs);
  const deadline = clock.now() + timeoutMs;
  const stream = await dial(connect, clock, deadline);
  if (!stream) return failed(`timeout: failed to connect service ${JSON.stringify(address)} within ${limit}: context deadline exceeded`);
  const { connect: connectHttp2 } = await import('node:http2');
  return new Promise((resolve) => {
    const session = connectHttp2(`http://${address}`, { createConnection: () => stream });
    const finish = (result: HealthResult): void => {
      timer.cancel();
      session.destroy();
      stream.destroy();
      resolve(result);
    };
    const timer = clock.after(Math.max(0, deadline - clock.now()), () => finish(failed(`timeout: health rpc did not complete within ${limit}`)));
    const broken = (error: Error): void => finish(failed(`error: health rpc probe failed: rpc error: code = Unavailable desc = ${error.message}`));
    session.once('error', broken);
    const call = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'kube-probe/1.36 grpc-go/1.75.0' });
    let data = Buffer.alloc(0);
    let trailers: Record<string, unknown> = {};
    call.on('data', (chunk: Buffer) => (data = Buffer.concat([data, chunk])));
    call.on('response', (headers) => (trailers = { ...trailers, ...headers }));
    call.on('trailers', (headers) => (trailers = { ...trailers, ...headers }));
    call.once('error', broken);
    call.once('end', () => finish(judge(Number(trailers['grpc-status'] ?? 0), textOf(trailers['grpc-message']), data)));
    call.end(requestMessage(target.service));
  });
}

const failed = (text: string): HealthResult => ({ healthy: false, text });

function judge(code: number, message: string, data: Buffer): HealthResult {
  if (code === UNIMPLEMENTED) return failed(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`);
  if (code !== 0) return failed(`error: health rpc probe failed: rpc error: code = ${codeName(code)} desc = ${message}`);
  const status = servingStatus(data);
  return status === 1 ? { healthy: true, text: 'service healthy' } : failed(`service unhealthy (responded with ${JSON.stringify(SERVING[status] ?? String(status))})`);
}

async function dial(connect: () => Promise<Duplex>, clock: Clock, deadline: number): Promise<Duplex | undefined> {
  for (;;) {
    try {
      return await connect();
    } catch {
      if (clock.now() + RECONNECT_MS >= deadline) {
        await new Promise<void>((resolve) => void clock.after(deadline - clock.now(), resolve));
        return undefined;
      }
      await new Promise<void>((resolve) => void clock.after(RECONNECT_MS, resolve));
    }
  }
}

/** Length-prefixed HealthCheckRequest { string service = 1; }. */
function requestMessage(service: string): Buffer {
  const name = Buffer.from(service);
  const body = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(body.length, 1);
  return Buffer.concat([frame, body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** Field 1 of HealthCheckResponse; zero values are not sent. */
function servingStatus(data: Buffer): number {
  return data.length >= 7 && data[5] === 0x08 ? (data[6] ?? 0) : 0;
}

const CODES = ['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied', 'ResourceExhausted',
  'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'];

const codeName = (code: number): string => CODES[code] ?? `Code(${code})`;

function textOf(value: unknown): string {
  if (typeof value !== 'string') return '';
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
