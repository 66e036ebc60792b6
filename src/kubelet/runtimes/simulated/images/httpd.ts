import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ImageProgram, ProgramProcess } from '../program.js';
import { serveHttp } from './http-server.js';
import { commonLogTime, readWebFile } from './web-root.js';

const PORT = 80;
const VERSION = '2.4.65';
const ROOT = '/usr/local/apache2/htdocs';

/** Apache's httpd as its official image runs it: serves the files of htdocs on port 80, logs to stdout. */
export function apacheProgram(): ImageProgram {
  return {
    commands: ['httpd-foreground', 'httpd', 'apachectl'],
    config: {
      cmd: ['httpd-foreground'],
      env: { HTTPD_PREFIX: '/usr/local/apache2', HTTPD_VERSION: VERSION, PATH: '/usr/local/apache2/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      workingDir: '/usr/local/apache2',
      stopSignal: 'SIGWINCH',
      exposedPorts: [PORT],
    },
    files: { [`${ROOT}/index.html`]: '<html><body><h1>It works!</h1></body></html>\n' },
    run: async (process) => {
      process.pids.exec(process.process.pid, ['httpd', '-DFOREGROUND']);
      const name = `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${process.network.ip}. Set the 'ServerName' directive globally to suppress this message\n`;
      process.stderr.write(`${name}${name}`);
      notice(process, 'mpm_event', `AH00489: Apache/${VERSION} (Unix) configured -- resuming normal operations`);
      notice(process, 'core', "AH00094: Command line: 'httpd -D FOREGROUND'");
      return serveHttp(process, PORT, (request, response) => answer(process, request, response), { SIGWINCH: 0, SIGTERM: 0, SIGINT: 0 });
    },
  };
}

async function answer(process: ProgramProcess, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  const file = await readWebFile(process.fs, ROOT, url);
  const head = { date: new Date(process.clock.now()).toUTCString(), server: `Apache/${VERSION} (Unix)` };
  const found = file.found === 'file';
  const status = found ? 200 : file.found === 'folder' ? (url.endsWith('/') ? 403 : 301) : 404;
  const body = found ? file.data : Buffer.from(errorPage(status));
  response.writeHead(status, {
    ...head,
    ...(found ? { 'last-modified': file.modified.toUTCString(), 'accept-ranges': 'bytes' } : {}),
    ...(status === 301 ? { location: `http://${request.headers.host ?? 'localhost'}${url}/` } : {}),
    'content-length': body.length,
    'content-type': found ? file.type : 'text/html; charset=iso-8859-1',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  process.stdout.write(`${request.socket.remoteAddress ?? '-'} - - [${commonLogTime(process.clock.now())}] "${request.method} ${url} HTTP/${request.httpVersion}" ${status} ${body.length}\n`);
}

function notice(process: ProgramProcess, module: string, text: string): void {
  const [day, month, date, year, time] = new Date(process.clock.now()).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+).*$/, '$1 $3 $2 $4 $5').split(' ');
  process.stderr.write(`[${day} ${month} ${date} ${time}.${String(process.clock.now() % 1000).padStart(3, '0')}000 ${year}] [${module}:notice] [pid 1:tid 1] ${text}\n`);
}

const REASONS: Readonly<Record<number, readonly [string, string]>> = {
  301: ['Moved Permanently', 'The document has moved.'],
  403: ['Forbidden', "You don't have permission to access this resource."],
  404: ['Not Found', 'The requested URL was not found on this server.'],
};

function errorPage(status: number): string {
  const [title, text] = REASONS[status] ?? ['Error', ''];
  return `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${text}</p>\n</body></html>\n`;
}
