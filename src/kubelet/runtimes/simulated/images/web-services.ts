import type { IncomingMessage, ServerResponse } from 'node:http';
import { imageTag } from '../files/image-family.js';
import type { ImageProgram, ImageProgramFactory, ProgramProcess } from '../program.js';
import { goFlags, goLog } from './go-log.js';
import { serveHttp } from './http-server.js';

/** Small web servers of tutorials: what they answer and log, and how they end. */
interface WebService {
  /** The program's name, as its image starts it. */
  readonly command: string;
  readonly port: (process: ProgramProcess) => number;
  readonly started?: (process: ProgramProcess) => void;
  readonly answer: (process: ProgramProcess, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
}

function webService(make: (image: string) => WebService): ImageProgramFactory {
  return (image): ImageProgram => {
    const service = make(image);
    return {
      commands: [service.command.slice(service.command.lastIndexOf('/') + 1)],
      config: { entrypoint: [service.command] },
      run: (process) => {
        service.started?.(process);
        return serveHttp(process, service.port(process), (request, response) => service.answer(process, request, response), { SIGTERM: 143, SIGINT: 130 });
      },
    };
  };
}

const portOf = (process: ProgramProcess, fallback: number): number => Number(process.env['PORT'] ?? fallback);
/** Headers by line, as sent. */
const headerLines = ({ rawHeaders }: IncomingMessage): string[] => rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1] ?? ''}`] : []));

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) if ((size += chunk.length) <= 2 ** 20) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** gcr.io/google-samples/kubernetes-bootcamp: kubernetes.io's "Learn Kubernetes Basics". */
export const kubernetesBootcamp = webService((image) => {
  const version = /v?(\d+)/.exec(imageTag(image))?.[1] ?? '1';
  let [requests, started] = [0, 0];
  return {
    command: '/bin/node',
    port: () => 8080,
    started: ({ clock, hostname, stdout }) => {
      started = clock.now();
      stdout.write(`Kubernetes Bootcamp App Started At: ${new Date(started).toISOString()} | Running On:  ${hostname} \n\n`);
    },
    answer: ({ clock, hostname, stdout }, _request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`Hello Kubernetes bootcamp! | Running on: ${hostname} | v=${version}\n`);
      stdout.write(`Running On: ${hostname} | Total Requests: ${++requests} | App Uptime: ${(clock.now() - started) / 1000} seconds | Log Time: ${new Date(clock.now()).toISOString()}\n`);
    },
  };
});

/** gcr.io/google-samples/hello-app: version and host name. */
export const helloApp = webService((image) => ({
  command: './hello-app',
  port: (process) => portOf(process, 8080),
  started: (process) => goLog(process, `Server listening on port ${portOf(process, 8080)}`),
  answer: (process, request, response) => {
    goLog(process, `Serving request: ${request.url ?? '/'}`);
    response.end(`Hello, world!\nVersion: ${imageTag(image) === 'latest' ? '1.0.0' : imageTag(image).replace(/^v?(\d+\.\d+)$/, '$1.0')}\nHostname: ${process.hostname}\n`);
  },
}));

/** registry.k8s.io/echoserver: tells all about the request. */
export const echoServer = webService((image) => {
  const old = imageTag(image) === '1.4';
  const sections = (title: string, rows: readonly string[], indent: string): string => `${title}:\n${rows.map((row) => `${indent}${row}\n`).join('')}`;
  return {
    command: '/usr/local/bin/run.sh',
    port: () => 8080,
    answer: async (process, request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const host = request.headers.host ?? '';
      const headers = Object.entries(request.headers).map(([name, value]) => `${name}=${String(value)}`).sort();
      const body = (await bodyOf(request)) || '-no body in request-';
      const client = [`client_address=${request.socket.remoteAddress ?? ''}`, `${old ? 'command' : 'method'}=${request.method}`, `real path=${old ? url.pathname : `${url.pathname}${url.search}`}`, `query=${url.search.slice(1) || (old ? 'nil' : '')}`, `request_version=${request.httpVersion}`];
      const text = old
        ? `${sections('CLIENT VALUES', [...client, `request_uri=http://${host}:8080${request.url}`], '')}\n${sections('SERVER VALUES', ['server_version=nginx: 1.10.0 - lua: 10001'], '')}\n${sections('HEADERS RECEIVED', headers, '')}BODY:\n${body}`
        : `\n\nHostname: ${process.hostname}\n\n${sections('Pod Information', ['-no pod information available-'], '\t')}\n${sections('Server values', ['server_version=nginx: 1.13.3 - lua: 10008'], '\t')}\n`
          + `${sections('Request Information', [...client, 'request_scheme=http', `request_uri=http://${host}:8080${request.url}`], '\t')}\n${sections('Request Headers', headers, '\t')}\n${sections('Request Body', [body], '\t')}\n`;
      response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
      process.stdout.write(`${request.socket.remoteAddress ?? '-'} - - [${new Date(process.clock.now()).toUTCString()}] "${request.method} ${request.url} HTTP/${request.httpVersion}" 200 ${text.length} "-" "${request.headers['user-agent'] ?? '-'}"\n`);
    },
  };
});

/** kicbase/echo-server (jmalloc/echo-server), of minikube's tutorial: the request as it came. */
export const requestEcho = webService(() => ({
  command: '/bin/echo-server',
  port: (process) => portOf(process, 8080),
  started: (process) => process.stdout.write(`Echo server listening on port ${portOf(process, 8080)}.\n`),
  answer: async (process, request, response) => {
    process.stdout.write(`${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''} | ${request.method} ${request.url}\n`);
    const body = await bodyOf(request);
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`Request served by ${process.hostname}\n\n${request.method} ${request.url} HTTP/${request.httpVersion}\n\n${headerLines(request).join('\n')}\n${body ? `\n${body}` : ''}`);
  },
}));

/** hashicorp/http-echo: one text for every request. */
export const httpEcho = webService(() => {
  const flagsOf = (process: ProgramProcess): ReadonlyMap<string, string> => goFlags(process.argv.slice(1)).flags;
  const listen = (process: ProgramProcess): string => flagsOf(process).get('listen') ?? ':5678';
  return {
    command: '/http-echo',
    port: (process) => Number(listen(process).slice(listen(process).lastIndexOf(':') + 1)),
    started: (process) => goLog(process, `[INFO] server is listening on ${listen(process)}`),
    answer: (process, request, response) => {
      const text = request.url === '/health' ? '{"status":"ok"}' : (flagsOf(process).get('text') ?? process.env['ECHO_TEXT'] ?? 'hello-world');
      response.writeHead(request.url === '/health' ? 200 : Number(flagsOf(process).get('status-code') ?? '200'), { 'content-type': 'text/plain; charset=utf-8', 'x-app-name': 'http-echo', 'x-app-version': '1.0.0' }).end(`${text}\n`);
      goLog(process, `${request.headers.host ?? ''} ${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''} "${request.method} ${request.url} HTTP/${request.httpVersion}" 200 ${text.length + 1} "${request.headers['user-agent'] ?? ''}" 10µs`);
    },
  };
});

/** traefik/whoami: the server's addresses and the request. */
export const whoami = webService(() => {
  const port = (process: ProgramProcess): number => Number(goFlags(process.argv.slice(1)).flags.get('port') ?? process.env['WHOAMI_PORT_NUMBER'] ?? '80');
  return {
    command: '/whoami',
    port,
    started: (process) => goLog(process, `Starting up on port ${port(process)}`),
    answer: ({ hostname, network }, request, response) => {
      const ips = ['127.0.0.1', '::1', network.ip];
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname === '/health') return void response.end();
      if (pathname === '/api') return void response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify({ hostname, ip: ips, headers: request.headers, url: request.url, host: request.headers.host, method: request.method })}\n`);
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
        .end(`Hostname: ${hostname}\n${ips.map((ip) => `IP: ${ip}\n`).join('')}RemoteAddr: ${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''}\n${request.method} ${request.url} HTTP/${request.httpVersion}\n${headerLines(request).sort((a, b) => Number(!/^host:/i.test(a)) - Number(!/^host:/i.test(b))).map((line) => `${line}\n`).join('')}\n`);
    },
  };
});

/** CPU time that one request to hpa-example takes, and the time over which it is averaged. */
const REQUEST_CPU_SECONDS = 0.05;
const WINDOW_MS = 15_000;

/** registry.k8s.io/hpa-example, of the HorizontalPodAutoscaler walkthrough: each request costs CPU time. */
export const hpaExample = webService(() => {
  const recent: number[] = [];
  const tell = (process: ProgramProcess): void => {
    const now = process.clock.now();
    while (recent[0] !== undefined && recent[0] <= now - WINDOW_MS) recent.shift();
    process.use({ cpuCores: 0.001 + (recent.length * REQUEST_CPU_SECONDS) / (WINDOW_MS / 1000) });
  };
  return {
    command: 'apache2-foreground',
    port: () => 80,
    started: (process) => process.use({ cpuCores: 0.001, memoryBytes: 10 * 2 ** 20 }),
    answer: (process, request, response) => {
      recent.push(process.clock.now());
      tell(process);
      process.clock.after(WINDOW_MS, () => void (process.signal.aborted || tell(process)));
      response.writeHead(200, { 'content-type': 'text/html; charset=UTF-8' }).end('OK!');
      process.stdout.write(`${request.socket.remoteAddress ?? '-'} - - "${request.method} ${request.url} HTTP/${request.httpVersion}" 200 3\n`);
    },
  };
});
