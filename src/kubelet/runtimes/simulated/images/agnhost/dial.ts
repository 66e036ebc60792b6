import { request } from 'node:http';
import type { ProgramProcess } from '../../program.js';

const MAX_TRIES = 1000;
/** How long an answer over UDP is waited for. */
const UDP_PATIENCE_MS = 5000;

/** A request that cannot be understood: answered with status 400. */
export class DialRefused extends Error {}

/** netexec's /dial: asks another netexec `tries` times, by HTTP or UDP, and tells what it said, and what went wrong. */
export async function dial(process: ProgramProcess, query: URLSearchParams): Promise<string> {
  const [host, port, wanted, protocol] = ['host', 'port', 'request', 'protocol'].map((name) => query.get(name) ?? '') as [string, string, string, string];
  const count = query.get('tries') ?? '1';
  if (!/^\d+$/.test(count)) throw new DialRefused(`tries parameter is invalid. strconv.Atoi: parsing ${JSON.stringify(count)}: invalid syntax`);
  if (wanted === '') throw new DialRefused('request parameter not specified. <nil>');
  const dialer = DIALERS[protocol.toLowerCase()];
  if (!dialer) throw new DialRefused(`unsupported protocol. ${protocol}`);
  const [address] = await process.network.resolve(host);
  if (address === undefined) throw new DialRefused(`host and/or port param are invalid. lookup ${host}: no such host`);
  const responses: string[] = [];
  const errors: string[] = [];
  let last = '';
  for (let i = 0; i < Math.min(MAX_TRIES, Number(count)); i++) {
    last = '';
    try {
      responses.push((last = await dialer(process, address, Number(port), wanted)));
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  return JSON.stringify({ ...(errors.length > 0 ? { errors } : {}), ...(last === '' ? {} : { responses }) });
}

type Dialer = (process: ProgramProcess, address: string, port: number, wanted: string) => Promise<string>;

const DIALERS: Readonly<Record<string, Dialer>> = { '': get, http: get, udp: askByDatagram };

/** Gets a path of an HTTP server. Rejects with Error whose text is that of Go's client. */
export async function get(process: ProgramProcess, host: string, port: number, path: string): Promise<string> {
  const url = `http://${host}:${port}/${path}`;
  try {
    const socket = await process.network.connect(host, port, process.signal);
    return await new Promise((resolve, reject) => {
      const call = request({ host, port, path: `/${path}`, createConnection: () => socket, headers: { connection: 'close' } }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(text));
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end();
    });
  } catch (error) {
    const { code } = error as { code?: string };
    const why = code === 'ECONNREFUSED' ? `dial tcp ${host}:${port}: connect: connection refused` : code === 'ETIMEDOUT' ? `dial tcp ${host}:${port}: i/o timeout` : code === 'ECONNRESET' ? 'EOF' : error instanceof Error ? error.message : String(error);
    throw new Error(`Get ${JSON.stringify(url)}: ${why}`, { cause: error });
  }
}

/** Sends a datagram and waits for one. Rejects with Error whose text is that of Go's connection. */
export async function askByDatagram(process: ProgramProcess, address: string, port: number, text: string): Promise<string> {
  let heard: (message: Uint8Array) => void = () => {};
  const answer = new Promise<Uint8Array>((resolve) => (heard = resolve));
  const socket = await process.network.openUdp(0, (message) => heard(message));
  const where = `read udp ${process.network.ip}:${socket.port}->${address}:${port}:`;
  const failed = (why: string): Error => new Error(`reading from udp connection failed. err:'${where} ${why}'`);
  let patience;
  try {
    await socket.send(Buffer.from(text), address, port).catch(() => {
      throw failed('read: connection refused');
    });
    const late = new Promise<never>((_, reject) => (patience = process.clock.after(UDP_PATIENCE_MS, () => reject(failed('i/o timeout')))));
    return Buffer.from(await Promise.race([answer, late])).toString();
  } finally {
    (patience as { cancel(): void } | undefined)?.cancel();
    socket.close();
  }
}
