import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { ProgramProcess } from '../../program.js';
import { goFlags, goLog } from '../go-log.js';
import { untilStopped } from '../idle.js';

const [SERVING, NOT_SERVING] = [1, 2];
const [OK, NOT_FOUND, UNIMPLEMENTED] = [0, 5, 12];

/** A gRPC health service, healthy for a while or until /make-not-serving is got from its HTTP port. */
export async function grpcHealthChecking(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const { flags } = goFlags(args);
  const { clock, network } = process;
  const [port, httpPort, delay] = [Number(flags.get('port') ?? '5000'), Number(flags.get('http-port') ?? '8080'), Number(flags.get('delay-unhealthy-sec') ?? '-1')];
  const service = flags.get('service') ?? '';
  const started = clock.now();
  let forced: boolean | undefined;
  const stopped = untilStopped(process, { SIGTERM: 143, SIGINT: 130 });
  const http = await network.listenHttp(httpPort, (request, response) => {
    const { url = '/' } = request;
    if (url !== '/make-serving' && url !== '/make-not-serving') return void response.writeHead(404).end('404 page not found\n');
    forced = url === '/make-not-serving';
    goLog(process, forced ? 'Mark as unhealthy' : 'Mark as healthy');
    response.end(`${(clock.now() - started) / 1000}s`);
  });
  goLog(process, `Http server starting to listen on :${httpPort}`);
  const { createServer } = await import('node:http2');
  const server = createServer();
  const sessions = new Set<Http2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => {
      if (headers[':path'] !== '/grpc.health.v1.Health/Check') return answer(stream, UNIMPLEMENTED, `unknown method ${String(headers[':path']).split('/').pop() ?? ''}`);
      goLog(process, `Serving the Check request for health check, started at ${new Date(started).toISOString()}`);
      if (serviceOf(Buffer.concat(chunks)) !== service) return answer(stream, NOT_FOUND, 'unknown service');
      const ill = forced ?? (delay >= 0 && clock.now() - started >= delay * 1000);
      answer(stream, OK, '', Buffer.from([0, 0, 0, 0, 2, 8, (ill ? NOT_SERVING : SERVING) ?? 0]));
    });
  });
  const grpc = await network.listen(port, (connection) => void server.emit('connection', connection));
  goLog(process, `gRPC server starting to listen on :${port}`);
  const code = await stopped;
  grpc.close();
  http.close();
  for (const session of sessions) session.destroy();
  return code;
}

function answer(stream: ServerHttp2Stream, code: number, message: string, body?: Buffer): void {
  if (stream.destroyed) return;
  const status = { 'grpc-status': String(code), ...(message === '' ? {} : { 'grpc-message': message }) };
  if (!body) return stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...status }, { endStream: true });
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(status));
  stream.end(body);
}

/** HealthCheckRequest { string service = 1 }, after the five bytes that say its length. */
function serviceOf(message: Buffer): string {
  return message[5] === 0x0a ? message.subarray(7, 7 + (message[6] ?? 0)).toString() : '';
}
