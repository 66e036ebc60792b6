import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { dialText, hostPort } from './network-text.js';

export interface HttpGetTarget {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** Path with query. */
  readonly path: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
}

export interface HttpGetOptions {
  readonly connect: (host: string, port: number) => Promise<Duplex>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** `probe` or `lifecycle`: the client's name is kube-probe/1.36. */
  readonly agent: 'probe' | 'lifecycle';
}

export interface HttpAnswer {
  readonly status: number;
  readonly location: string | undefined;
  /** At most 10 KiB. */
  readonly body: string;
}

const MAX_BODY = 10 * 1024;
const MAX_HEAD = 1024 * 1024;
const VERSION = '1.36';

/**
 * One GET over the pods' network. A client of its own, because node:http's costs several times as much and probes are
 * the bulk of an idle cluster's work. Throws Error with the text of Go's http.Client (`Get "http://…": EOF`).
 */
export async function httpGet(target: HttpGetTarget, options: HttpGetOptions): Promise<HttpAnswer> {
  const fail = (why: string): Error => new Error(`Get ${JSON.stringify(urlText(target))}: ${why}`);
  const { clock, timeoutMs, connect } = options;
  let stage: 'dial' | 'headers' | 'body' = 'dial';
  let stream: Duplex | undefined;
  return new Promise<HttpAnswer>((resolve, reject) => {
    const finish = (error: Error | undefined, answer?: HttpAnswer): void => {
      timer.cancel();
      stream?.destroy();
      if (error) reject(error);
      else resolve(answer as HttpAnswer);
    };
    const timer = clock.after(timeoutMs, () => {
      finish(fail(`context deadline exceeded (Client.Timeout exceeded while ${stage === 'body' ? 'reading body' : 'awaiting headers'})`));
    });
    connect(target.host, target.port)
      .then((raw) => {
        stream = raw;
        return target.scheme === 'https' ? secure(raw) : raw;
      })
      .then((connected) => {
        stream = connected;
        stage = 'headers';
        const parser = new AnswerReader();
        const take = (chunk?: Buffer): void => {
          const done = chunk ? parser.push(chunk) : parser.end();
          if (parser.malformed !== undefined) finish(fail(parser.malformed));
          else if (done) finish(undefined, done);
          else if (parser.hasHead) stage = 'body';
        };
        connected.on('data', take);
        connected.once('end', () => take());
        connected.on('error', (error: Error & { code?: string }) => finish(fail(readText(error, target))));
        connected.write(requestText(target, options.agent));
      }, (error: unknown) => finish(fail(isTlsMismatch(error) ? 'http: server gave HTTP response to HTTPS client' : dialText(error, target.host, target.port))));
  });
}

export function urlText({ scheme, host, port, path }: HttpGetTarget): string {
  return `${scheme}://${hostPort(host, port)}${path}`;
}

function requestText(target: HttpGetTarget, agent: string): string {
  const names = new Set(target.headers.map(([name]) => name.toLowerCase()));
  const hostHeader = target.headers.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const lines = [`GET ${target.path || '/'} HTTP/1.1`, `Host: ${hostHeader || hostPort(target.host, target.port)}`];
  if (!names.has('user-agent')) lines.push(`User-Agent: kube-${agent}/${VERSION}`);
  if (!names.has('accept')) lines.push('Accept: */*');
  for (const [name, value] of target.headers) if (name.toLowerCase() !== 'host' && !(name.toLowerCase() === 'accept' && value === '')) lines.push(`${name}: ${value}`);
  lines.push('Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

async function secure(raw: Duplex): Promise<Duplex> {
  const { connect } = await import('node:tls');
  return new Promise((resolve, reject) => {
    const socket = connect({ socket: raw, rejectUnauthorized: false });
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    // One failure may be told twice.
    socket.on('error', () => {});
    socket.once('error', reject);
  });
}

function isTlsMismatch(error: unknown): boolean {
  const code = (error as { code?: string } | undefined)?.code ?? '';
  return code === 'EPROTO' || code.startsWith('ERR_SSL_');
}

function readText(error: Error & { code?: string }, { host, port }: HttpGetTarget): string {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' ? `read tcp ${hostPort(host, port)}: read: connection reset by peer` : error.message;
}

/** Reads one HTTP/1.1 answer: the status, the Location header, the start of the body. */
class AnswerReader {
  malformed: string | undefined;
  private data: Buffer = Buffer.alloc(0);
  private head: { status: number; location: string | undefined; length: number | undefined; chunked: boolean; start: number } | undefined;

  get hasHead(): boolean {
    return this.head !== undefined;
  }

  /** The answer once it is complete. */
  push(chunk: Buffer): HttpAnswer | undefined {
    this.data = this.data.length === 0 ? chunk : Buffer.concat([this.data, chunk]);
    if (!this.head) this.readHead();
    const { head } = this;
    if (!head) return undefined;
    const have = this.data.length - head.start;
    if (head.length !== undefined ? have >= Math.min(head.length, MAX_BODY) : have >= MAX_BODY) return this.answer(head);
    if (head.chunked && this.data.includes('\r\n0\r\n\r\n', Math.max(0, head.start - 2))) return this.answer(head);
    return undefined;
  }

  /** The other side has closed. */
  end(): HttpAnswer | undefined {
    if (this.head) {
      if (this.head.length !== undefined || this.head.chunked) this.malformed = 'unexpected EOF';
      return this.malformed === undefined ? this.answer(this.head) : undefined;
    }
    this.malformed ??= this.data.length === 0 ? 'EOF' : 'unexpected EOF';
    return undefined;
  }

  private readHead(): void {
    for (;;) {
      const end = this.data.indexOf('\r\n\r\n');
      if (end < 0) {
        const text = this.data.subarray(0, 100).toString('latin1');
        if (this.data.length >= 5 && !text.startsWith('HTTP/')) this.malformed = `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${JSON.stringify(text.split('\n')[0]?.trimEnd() ?? '')}`;
        else if (this.data.length > MAX_HEAD) this.malformed = 'net/http: server response headers exceeded 1048576 bytes; aborted';
        return;
      }
      const [statusLine = '', ...lines] = this.data.subarray(0, end).toString('latin1').split('\r\n');
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? Number.NaN);
      if (Number.isNaN(status)) {
        this.malformed = `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${JSON.stringify(statusLine)}`;
        return;
      }
      if (status < 200) {
        this.data = this.data.subarray(end + 4);
        continue;
      }
      const header = (name: string): string | undefined => lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1).trim();
      const length = header('content-length');
      const chunked = header('transfer-encoding')?.toLowerCase().includes('chunked') ?? false;
      const empty = status === 204 || status === 304;
      this.head = { status, location: header('location'), length: empty ? 0 : chunked || length === undefined ? undefined : Number(length), chunked, start: end + 4 };
      return;
    }
  }

  private answer({ status, location, start, chunked }: NonNullable<AnswerReader['head']>): HttpAnswer {
    const raw = this.data.subarray(start);
    return { status, location, body: (chunked ? unchunk(raw) : raw).subarray(0, MAX_BODY).toString() };
  }
}

function unchunk(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', at);
    const size = end < 0 ? 0 : Number.parseInt(raw.subarray(at, end).toString('latin1'), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(raw.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
