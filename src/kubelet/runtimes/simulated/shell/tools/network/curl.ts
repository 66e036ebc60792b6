import { CommandError } from '../../errors.js';
import { errorText } from '../../../files/file-system-error.js';
import { openPath } from '../../io/open.js';
import type { Tool } from '../../program.js';
import type { Task } from '../../task.js';
import { NetworkFailure } from './connection.js';
import { formBody } from './curl-form.js';
import { fetchHttp, type HttpResponse } from './http-client.js';
import { bodyOf } from './wget.js';

interface CurlOptions {
  readonly urls: string[];
  readonly headers: [string, string][];
  readonly data: Buffer[];
  readonly form: string[];
  readonly flags: Set<string>;
  readonly values: Map<string, string>;
  readonly resolves: Map<string, string>;
}

const LONG: Readonly<Record<string, string>> = {
  silent: 's', 'show-error': 'S', include: 'i', head: 'I', verbose: 'v', output: 'o:', request: 'X:', data: 'd:', 'data-raw': 'raw:', 'data-binary': 'bin:', 'data-urlencode': 'enc:', header: 'H:',
  insecure: 'k', 'max-time': 'm:', 'connect-timeout': 'ct:', 'write-out': 'w:', location: 'L', fail: 'f', 'fail-with-body': 'fb', user: 'u:', 'user-agent': 'A:', cacert: 'ca:', json: 'json:', get: 'G',
  'remote-name': 'O', resolve: 'resolve:', retry: 'retry:', 'retry-delay': 'rd:', 'retry-connrefused': 'rc', 'retry-all-errors': 'rc', 'upload-file': 'T:', compressed: 'z', http1: 'h1', 'http1.1': 'h1', globoff: 'g',
  'no-progress-meter': 's', 'progress-bar': '#', referer: 'e:', cookie: 'b:', 'dump-header': 'D:', 'max-redirs': 'mr:', noproxy: 'np:', ipv4: '4', 'no-buffer': 'N', cert: 'E:', key: 'key:', version: 'V', url: 'url:', form: 'F:',
};
const VALUED = 'oXdHmwuAeTbDEFxzcC'.replace('z', '');

export const curl: Tool = async (task, args) => {
  const options = await parse(task, args);
  if (options.flags.has('V')) {
    await task.write('curl 8.14.1 (x86_64-pc-linux-musl) libcurl/8.14.1\nProtocols: http https\n');
    return 0;
  }
  if (options.urls.length === 0) throw new CommandError("(2) no URL specified\ncurl: try 'curl --help' for more information", 2);
  let status = 0;
  for (const url of options.urls) status = await transfer(task, options, url);
  return status;
};

async function transfer(task: Task, options: CurlOptions, text: string): Promise<number> {
  const attempts = Number(options.values.get('retry') ?? '0') + 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(task, options, text);
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      const { code, message } = describe(error, text, options);
      if (attempt < attempts && (error.problem === 'timeout' || options.flags.has('rc'))) {
        await task.sleep(Number(options.values.get('rd') ?? 2 ** (attempt - 1)) * 1000);
        continue;
      }
      if (!options.flags.has('s') || options.flags.has('S')) await task.writeError(`curl: (${code}) ${message}\n`);
      await writeOut(task, options, undefined, 0, text);
      return code;
    }
  }
}

async function parse(task: Task, args: readonly string[]): Promise<CurlOptions> {
  const options: CurlOptions = { urls: [], headers: [], data: [], form: [], flags: new Set(), values: new Map(), resolves: new Map() };
  const words = [...args];
  const set = async (name: string, value: string): Promise<void> => {
    if (name === 'H') {
      const colon = value.indexOf(':');
      options.headers.push(colon < 0 ? [value.replace(/;$/, ''), ''] : [value.slice(0, colon).trim(), value.slice(colon + 1).trim()]);
    } else if (name === 'd') options.data.push(Buffer.from((await bodyOf(task, value)).toString('latin1').replace(value.startsWith('@') ? /[\r\n]/g : /$^/, ''), 'latin1'));
    else if (name === 'F') options.form.push(value);
    else if (name === 'raw') options.data.push(Buffer.from(value));
    else if (name === 'bin') options.data.push(await bodyOf(task, value));
    else if (name === 'json') {
      options.data.push(await bodyOf(task, value));
      options.flags.add('json');
    } else if (name === 'enc') options.data.push(Buffer.from(value.includes('=') ? value.replace(/=(.*)$/s, (_, part: string) => `=${encodeURIComponent(part)}`) : encodeURIComponent(value)));
    else if (name === 'resolve') options.resolves.set(value.split(':').slice(0, 2).join(':'), value.split(':').slice(2).join(':'));
    else if (name === 'url') options.urls.push(value);
    else options.values.set(name, value);
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('--')) {
      const [, name = '', attached] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
      const target = Object.hasOwn(LONG, name) ? LONG[name] : undefined;
      if (target === undefined) throw new CommandError(`option ${word}: is unknown\ncurl: try 'curl --help' for more information`, 2);
      if (!target.endsWith(':')) options.flags.add(target);
      else await set(target.slice(0, -1), attached ?? words.shift() ?? '');
    } else if (word.startsWith('-') && word !== '-') {
      for (let i = 1; i < word.length; i++) {
        const letter = word[i] ?? '';
        if (!VALUED.includes(letter)) {
          options.flags.add(letter);
          continue;
        }
        await set(letter, word.slice(i + 1) || (words.shift() ?? ''));
        break;
      }
    } else options.urls.push(word);
  }
  return options;
}

async function once(task: Task, options: CurlOptions, text: string): Promise<number> {
  const { flags, values } = options;
  let url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url.protocol === 'telnet:') throw new CommandError('(1) Protocol "telnet" not supported', 1);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new CommandError(`(1) Protocol "${url.protocol.slice(0, -1)}" not supported`, 1);
  const form = options.form.length > 0 ? await formBody(task, options.form) : undefined;
  if (form) options.values.set('type', form.contentType);
  let body = form ? form.data : options.data.length > 0 ? joined(options.data) : values.has('T') ? await bodyOf(task, values.get('T') === '-' ? '@-' : `@${values.get('T')}`) : undefined;
  if (flags.has('G') && body) {
    url.search = `${url.search ? `${url.search}&` : '?'}${body.toString()}`;
    body = undefined;
  }
  let method = values.get('X') ?? (flags.has('I') ? 'HEAD' : values.has('T') ? 'PUT' : body ? 'POST' : 'GET');
  const verbose = async (line: string): Promise<void> => { if (flags.has('v')) await task.writeError(`${line}\n`); };
  let response: HttpResponse;
  for (let redirects = 0; ; redirects++) {
    response = await request(task, options, url, method, body, verbose);
    const location = response.header('location');
    if (!flags.has('L') || response.status < 300 || response.status >= 400 || location === undefined || redirects >= Number(values.get('mr') ?? 50)) break;
    if (flags.has('i') || flags.has('I')) await task.write(head(response));
    response.close();
    url = new URL(location, url);
    if (response.status !== 307 && response.status !== 308 && method !== 'HEAD' && !values.has('X')) {
      method = 'GET';
      body = undefined;
    }
  }
  if (flags.has('f') && response.status >= 400) {
    response.close();
    if (!flags.has('s') || flags.has('S')) await task.writeError(`curl: (22) The requested URL returned error: ${response.status}\n`);
    await writeOut(task, options, response, 0, url.href);
    return 22;
  }
  const size = await receive(task, options, url, response, method);
  await writeOut(task, options, response, size, url.href);
  if (flags.has('fb') && response.status >= 400) {
    await task.writeError(`curl: (22) The requested URL returned error: ${response.status}\n`);
    return 22;
  }
  return 0;
}

function joined(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.flatMap((part, i) => (i > 0 ? [Buffer.from('&'), part] : [part])));
}

async function request(task: Task, options: CurlOptions, url: URL, method: string, body: Buffer | undefined, verbose: (line: string) => Promise<void>): Promise<HttpResponse> {
  const { flags, values } = options;
  const headers: Record<string, string | string[]> = { 'User-Agent': values.get('A') ?? 'curl/8.14.1', Accept: '*/*' };
  const user = values.get('u') ?? (url.username ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : undefined);
  if (user !== undefined) headers['Authorization'] = `Basic ${Buffer.from(user.includes(':') ? user : `${user}:`).toString('base64')}`;
  if (values.has('b')) headers['Cookie'] = values.get('b') ?? '';
  if (values.has('e')) headers['Referer'] = values.get('e') ?? '';
  if (flags.has('json')) Object.assign(headers, { 'Content-Type': 'application/json', Accept: 'application/json' });
  else if (body && !values.has('T')) headers['Content-Type'] = values.get('type') ?? 'application/x-www-form-urlencoded';
  for (const [name, value] of options.headers) {
    const known = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase());
    if (known) delete headers[known];
    if (value !== '') headers[name] = value;
  }
  const seconds = (name: string): number | undefined => (values.has(name) ? Number(values.get(name)) * 1000 : undefined);
  const response = await fetchHttp(task, {
    url, method, headers, body,
    timeout: seconds('m'),
    connectTimeout: seconds('ct'),
    insecure: flags.has('k'),
    ca: values.has('ca') ? await task.fs.readFileBuffer(task.resolve(values.get('ca') ?? '')).catch(() => { throw new CommandError('(77) error setting certificate file', 77); }) : undefined,
    address: options.resolves.get(`${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`),
    onConnect: async (address, port) => {
      await verbose(`* Host ${url.host} was resolved.\n*   Trying ${address}:${port}...\n* Connected to ${url.hostname} (${address}) port ${port}`);
      await verbose([`> ${method} ${url.pathname}${url.search} HTTP/1.1`, `> Host: ${url.host}`, ...Object.entries(headers).map(([name, value]) => `> ${name}: ${Array.isArray(value) ? value.join(', ') : value}`), '> '].join('\r\n') + '\r');
    },
  });
  await verbose([`< HTTP/${response.version} ${response.status} ${response.statusText}`, ...response.headers.map(([name, value]) => `< ${name}: ${value}`), '< '].join('\r\n') + '\r');
  return response;
}

function head(response: HttpResponse): string {
  return `HTTP/${response.version} ${response.status} ${response.statusText}\r\n${response.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

async function receive(task: Task, options: CurlOptions, url: URL, response: HttpResponse, method: string): Promise<number> {
  const { flags, values } = options;
  const name = values.get('o') ?? (flags.has('O') ? url.pathname.slice(url.pathname.lastIndexOf('/') + 1) : undefined);
  if (name === '') throw new CommandError('(23) Remote file name has no length', 23);
  const output = name === undefined || name === '-' ? task.stdout.retain() : await openPath(task, name, 'write').catch((error: unknown) => { throw new CommandError(`(23) Failure writing output to destination: ${errorText(error)}`, 23); });
  let size = 0;
  try {
    if (values.has('D')) {
      const dump = values.get('D') === '-' ? task.stdout.retain() : await openPath(task, values.get('D') ?? '', 'write');
      await dump.write(Buffer.from(head(response)), task.signal);
      dump.release();
    }
    if (flags.has('i') || flags.has('I')) await output.write(Buffer.from(head(response)), task.signal);
    if (method === 'HEAD') response.close();
    else {
      for await (const chunk of response.body()) {
        size += chunk.length;
        await output.write(chunk, task.signal);
      }
    }
  } finally {
    output.release();
  }
  return size;
}

async function writeOut(task: Task, options: CurlOptions, response: HttpResponse | undefined, size: number, url: string): Promise<void> {
  const format = options.values.get('w');
  if (format === undefined) return;
  const values: Record<string, string> = {
    http_code: String(response?.status ?? 0).padStart(3, '0'), response_code: String(response?.status ?? 0).padStart(3, '0'), size_download: String(size), url_effective: url, url,
    content_type: response?.header('content-type') ?? '', remote_ip: response?.address ?? '', remote_port: String(response?.port ?? 0), http_version: response?.version ?? '0',
    time_total: '0.001000', time_connect: '0.000500', time_namelookup: '0.000200', time_starttransfer: '0.000900', num_redirects: '0', scheme: new URL(/:\/\//.test(url) ? url : `http://${url}`).protocol.slice(0, -1),
    redirect_url: response?.header('location') ?? '', errormsg: '', exitcode: '0', local_ip: task.container.network.ip, method: '', num_connects: '1', num_headers: String(response?.headers.length ?? 0), speed_download: '0', size_header: '0',
  };
  await task.write(format.replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\r/g, '\r').replace(/%\{(\w+)\}/g, (_, name: string) => values[name] ?? '').replace(/%%/g, '%'));
}

function describe(failure: NetworkFailure, text: string, options: CurlOptions): { code: number; message: string } {
  const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  switch (failure.problem) {
    case 'unresolved': return { code: 6, message: `Could not resolve host: ${url.hostname}` };
    case 'refused':
    case 'unreachable': return { code: 7, message: `Failed to connect to ${url.hostname} port ${port} after 0 ms: ${failure.problem === 'refused' ? 'Could not connect to server' : failure.message}` };
    case 'timeout': {
      const seconds = failure.message === 'Connection timed out' ? (options.values.get('ct') ?? options.values.get('m') ?? '0') : (options.values.get('m') ?? '0');
      const after = `${Math.round(Number(seconds) * 1000)} milliseconds`;
      return { code: 28, message: failure.message === 'Connection timed out' ? `Connection timed out after ${after}` : `Operation timed out after ${after} with 0 bytes received` };
    }
    case 'tls': return { code: 60, message: `SSL certificate problem: ${failure.message}` };
    case 'empty': return { code: 52, message: 'Empty reply from server' };
    case 'other': return { code: failure.message.includes('socket hang up') ? 52 : 56, message: failure.message.includes('socket hang up') ? 'Empty reply from server' : failure.message };
  }
}
