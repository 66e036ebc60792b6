import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { NetworkError, type NetworkErrorCode } from '../../network/errors.js';
import { findTool, TOOL_PATH } from './host-tools.js';

/**
 * Connects to a port of the localhost of a network namespace (nsenter's arguments for it) or, without one, of the host.
 * Inside, a Node process opens the connection and hands it over. Rejects with NetworkError.
 */
export async function connectInside(inside: readonly string[] | undefined, port: number, host: string): Promise<Duplex> {
  if (inside === undefined) return connected(connect({ host, port }), host, port);
  const child = spawn(findTool('nsenter') ?? 'nsenter', [...inside, process.execPath, '--max-semi-space-size=1', '-e', DIALER, host, String(port)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { PATH: TOOL_PATH },
  });
  return new Promise((resolve, reject) => {
    const fail = (code: string): void => reject(new NetworkError(code as NetworkErrorCode, host, port));
    child.once('error', () => fail('EHOSTUNREACH'));
    child.once('message', (code: string, socket) => {
      if (socket instanceof Duplex) resolve(socket);
      else fail(code === 'ECONNREFUSED' ? code : 'EHOSTUNREACH');
      child.disconnect();
    });
    child.once('exit', () => fail('EHOSTUNREACH'));
  });
}

/** Runs inside; keeps nothing of the connection. */
const DIALER = `
const [host, port] = process.argv.slice(1);
const socket = new (require('node:net').Socket)();
socket.pause();
socket.once('error', (error) => process.send(error.code, () => process.exit()));
socket.once('connect', () => process.send('', socket));
socket.connect(Number(port), host);
process.on('disconnect', () => process.exit());
`;

function connected(socket: Socket, host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error: Error & { code?: string }) => reject(new NetworkError(error.code === 'ECONNREFUSED' ? 'ECONNREFUSED' : 'EHOSTUNREACH', host, port)));
    socket.once('connect', () => resolve(socket));
  });
}
