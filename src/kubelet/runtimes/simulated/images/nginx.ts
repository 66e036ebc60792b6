import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FileSystem } from '../file-system.js';
import type { ImageProgram, Listener, ProgramProcess } from '../program.js';
import { untilStopped } from './idle.js';
import { commonLogTime, readWebFile } from './web-root.js';

const PORT = 80;
const VERSION = '1.29.3';
const ROOT = '/usr/share/nginx/html';

const WELCOME = page('Welcome to nginx!', `<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
`, `<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
`);

export interface NginxOptions {
  /** Where its own configuration listens. */
  readonly port?: number;
  readonly user?: string;
}

/**
 * nginx as its official image runs it: serves the files of /usr/share/nginx/html and logs each request. Of a configuration it
 * follows `listen` and `root`.
 */
export function nginxProgram(options: NginxOptions | string = {}): ImageProgram {
  const { port = PORT, user } = typeof options === 'string' ? {} : options;
  return {
    commands: ['nginx', 'nginx-debug'],
    config: {
      entrypoint: ['/docker-entrypoint.sh'],
      cmd: ['nginx', '-g', 'daemon off;'],
      env: { NGINX_VERSION: VERSION, PKG_RELEASE: '1~trixie', NJS_VERSION: '0.9.4' },
      stopSignal: 'SIGQUIT',
      exposedPorts: [port],
      ...(user === undefined ? {} : { user }),
    },
    files: {
      [`${ROOT}/index.html`]: WELCOME, '/etc/nginx/nginx.conf': CONFIG,
      '/etc/nginx/conf.d/default.conf': `server {\n    listen       ${port};\n    server_name  localhost;\n\n    location / {\n        root   ${ROOT};\n        index  index.html index.htm;\n    }\n}\n`,
    },
    run: async (process) => {
      process.pids.exec(process.process.pid, ['nginx:', 'master', 'process', 'nginx', '-g', 'daemon off;']);
      process.pids.spawn({ argv: ['nginx:', 'worker', 'process'], parent: process.process.pid, container: process.process.container, user: 'nginx', onKill: () => {} });
      startupLog(process);
      const { ports, root } = await configuration(process.fs);
      const stopped = untilStopped(process, { SIGQUIT: 0, SIGTERM: 0, SIGINT: 0 });
      const open: Listener[] = [];
      try {
        for (const at of ports) open.push(await process.network.listenHttp(at, (request, response) => answer(process, root, request, response)));
        return await stopped;
      } catch (error) {
        process.stderr.write(`nginx: [emerg] bind() to 0.0.0.0:${ports[open.length]} failed (98: Address already in use)\n`);
        if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
        return 1;
      } finally {
        for (const listener of open) listener.close();
      }
    },
  };
}

/** Where its configuration says to listen, and whose files to serve. */
async function configuration(fs: FileSystem): Promise<{ ports: readonly number[]; root: string }> {
  const folder = '/etc/nginx/conf.d';
  const main = await fs.readFile('/etc/nginx/nginx.conf').catch(() => '');
  const included = /include\s+\/etc\/nginx\/conf\.d\//.test(main) ? (await fs.readdir(folder).catch(() => [])).filter((name) => name.endsWith('.conf')).map((name) => `${folder}/${name}`) : [];
  const texts = [main, ...(await Promise.all(included.map((file) => fs.readFile(file).catch(() => ''))))].map((text) => text.replaceAll(/#.*$/gm, '')).join('\n');
  const ports = [...texts.matchAll(/\blisten\s+(?:[\d.]+:|\[[^\]]*\]:|\*:)?(\d+)[^;]*;/g)].map(([, port]) => Number(port));
  const [, root = ROOT] = /\broot\s+([^\s;]+)\s*;/.exec(texts) ?? [];
  return { ports: ports.length > 0 ? [...new Set(ports)] : [PORT], root };
}

async function answer(process: ProgramProcess, root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  const known = request.method === 'GET' || request.method === 'HEAD';
  const file = known ? await readWebFile(process.fs, root, url) : undefined;
  const head = { server: `nginx/${VERSION}`, date: new Date(process.clock.now()).toUTCString() };
  let status: number;
  let body: Uint8Array;
  if (file?.found === 'file') {
    status = 200;
    body = file.data;
    const etag = `"${Math.floor(file.modified.getTime() / 1000).toString(16)}-${body.length.toString(16)}"`;
    response.writeHead(status, { ...head, 'content-type': file.type, 'content-length': body.length, 'last-modified': file.modified.toUTCString(), etag, 'accept-ranges': 'bytes' });
  } else {
    const text = file === undefined ? '405 Not Allowed' : file.found === 'folder' ? (url.endsWith('/') ? '403 Forbidden' : '301 Moved Permanently') : '404 Not Found';
    status = Number(text.slice(0, 3));
    body = Buffer.from(errorPage(text));
    if (status === 404) errorLog(process, `open() "${root}${url.split('?')[0]}" failed (2: No such file or directory)`, request);
    response.writeHead(status, { ...head, 'content-type': 'text/html', 'content-length': body.length, ...(status === 301 ? { location: `http://${request.headers.host ?? 'localhost'}${url}/` } : {}) });
  }
  response.end(request.method === 'HEAD' ? undefined : body);
  const { referer = '-', 'user-agent': agent = '-', 'x-forwarded-for': forwarded = '-' } = request.headers;
  process.stdout.write(`${request.socket.remoteAddress ?? '-'} - - [${commonLogTime(process.clock.now())}] "${request.method} ${url} HTTP/${request.httpVersion}" `
    + `${status} ${body.length} "${referer}" "${agent}" "${String(forwarded)}"\n`);
}

function startupLog(process: ProgramProcess): void {
  const script = '/docker-entrypoint.sh: ';
  const folder = '/docker-entrypoint.d';
  process.stdout.write([
    `${script}${folder}/ is not empty, will attempt to perform configuration`,
    `${script}Looking for shell scripts in ${folder}/`,
    `${script}Launching ${folder}/10-listen-on-ipv6-by-default.sh`,
    '10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf',
    '10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf',
    `${script}Sourcing ${folder}/15-local-resolvers.envsh`,
    `${script}Launching ${folder}/20-envsubst-on-templates.sh`,
    `${script}Launching ${folder}/30-tune-worker-processes.sh`,
    `${script}Configuration complete; ready for start up`,
    '',
  ].join('\n'));
  for (const text of ['using the "epoll" event method', `nginx/${VERSION}`, 'start worker processes']) {
    process.stderr.write(`${errorTime(process)} [notice] 1#1: ${text}\n`);
  }
}

function errorLog(process: ProgramProcess, text: string, request: IncomingMessage): void {
  process.stderr.write(`${errorTime(process)} [error] 29#29: *1 ${text}, client: ${request.socket.remoteAddress ?? '-'}, server: localhost, `
    + `request: "${request.method} ${request.url} HTTP/${request.httpVersion}", host: "${request.headers.host ?? ''}"\n`);
}

function errorTime(process: ProgramProcess): string {
  return new Date(process.clock.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
}

function page(title: string, body: string, head = ''): string {
  return `<!DOCTYPE html>\n<html>\n<head>\n<title>${title}</title>\n${head}</head>\n<body>\n${body}</body>\n</html>\n`;
}

function errorPage(text: string): string {
  return `<html>\r\n<head><title>${text}</title></head>\r\n<body>\r\n<center><h1>${text}</h1></center>\r\n<hr><center>nginx/${VERSION}</center>\r\n</body>\r\n</html>\r\n`;
}

const CONFIG = `user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    access_log  /var/log/nginx/access.log  main;
    sendfile        on;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
`;
