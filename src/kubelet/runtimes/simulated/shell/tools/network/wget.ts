import { CommandError } from '../../errors.js';
import { openPath } from '../../io/open.js';
import type { Tool } from '../../program.js';
import type { Task } from '../../task.js';
import { isBusybox, readAll } from '../input.js';
import { parseOptions } from '../options.js';
import { NetworkFailure } from './connection.js';
import { fetchHttp, type HttpResponse } from './http-client.js';

const MAX_REDIRECTS = 20;

/** wget as busybox has it; GNU's flags are understood too. */
export const wget: Tool = async (task, args) => {
  const { options: parsed, operands } = parseOptions(args.flatMap((arg) => (arg === '-nv' ? ['-q'] : arg)), 'qO:o:T:t:SsP:cU:Y:vi:e:d46', {
    quiet: 'q', 'output-document': 'O:', timeout: 'T:', 'server-response': 'S', spider: 's', header: 'header:', 'post-data': 'post:', 'post-file': 'postfile:', tries: 't:',
    'no-check-certificate': 'k', 'user-agent': 'U:', 'no-verbose': 'q', method: 'method:', 'body-data': 'body:', 'directory-prefix': 'P:', 'ca-certificate': 'ca:', 'connect-timeout': 'ct:',
    'max-redirect': 'max:', 'no-proxy': 'np', 'content-on-error': 'coe', 'show-progress': 'sp', continue: 'c', proxy: 'Y:', progress: 'progress:', 'retry-connrefused': 'rc',
  });
  // Headers may be given several times, which the option map does not keep.
  const headers = headersOf(args, /^--header$/);
  const [target] = operands;
  if (target === undefined) throw new CommandError(isBusybox(task) ? 'missing URL' : 'missing URL\nUsage: wget [OPTION]... [URL]...');
  try {
    return await get(task, parsed, headers, target);
  } catch (error) {
    if (!(error instanceof NetworkFailure)) throw error;
    throw new CommandError(describe(task, error, urlOf(target)), isBusybox(task) ? 1 : error.problem === 'tls' ? 5 : 4);
  }
};

/** The values of a repeatable header option. */
export function headersOf(args: readonly string[], option: RegExp): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  args.forEach((arg, i) => {
    const attached = /^--header=(.*)$/s.exec(arg)?.[1];
    const text = attached ?? (option.test(arg) ? args[i + 1] : undefined);
    const colon = text?.indexOf(':') ?? -1;
    if (text === undefined || colon <= 0) return;
    const name = text.slice(0, colon).trim();
    const value = text.slice(colon + 1).trim();
    const known = headers[name];
    headers[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  });
  return headers;
}

export function urlOf(text: string): URL {
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    throw new CommandError(`bad address '${text}'`);
  }
}

async function get(task: Task, options: ReadonlyMap<string, string>, headers: Record<string, string | string[]>, target: string): Promise<number> {
  const quiet = options.has('q');
  const note = async (text: string): Promise<void> => { if (!quiet) await task.writeError(text); };
  const post = options.get('post') ?? options.get('body') ?? (options.has('postfile') ? await task.fs.readFile(task.resolve(options.get('postfile') ?? '')) : undefined);
  const seconds = Number(options.get('T') ?? (isBusybox(task) ? '900' : '900'));
  let url = urlOf(target);
  let response: HttpResponse;
  for (let redirects = 0; ; redirects++) {
    response = await fetchHttp(task, {
      url,
      method: options.get('method') ?? (post !== undefined ? 'POST' : options.has('s') ? 'HEAD' : 'GET'),
      headers: { 'User-Agent': options.get('U') ?? 'Wget', Connection: 'close', ...(post !== undefined ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}), ...headers },
      body: post === undefined ? undefined : Buffer.from(post),
      timeout: seconds > 0 ? seconds * 1000 : undefined,
      insecure: options.has('k') || isBusybox(task),
      ca: options.has('ca') ? await task.fs.readFileBuffer(task.resolve(options.get('ca') ?? '')) : undefined,
      onConnect: (address, port) => note(`Connecting to ${url.host} (${address}:${port})\n`),
    });
    if (options.has('S')) {
      await task.writeError(`  HTTP/${response.version} ${response.status} ${response.statusText}\n${response.headers.map(([name, value]) => `  ${name}: ${value}\n`).join('')}  \n`);
    }
    const location = response.header('location');
    if (response.status < 300 || response.status >= 400 || location === undefined || redirects >= MAX_REDIRECTS) break;
    response.close();
    url = new URL(location, url);
  }
  if (response.status >= 400) {
    response.close();
    throw new CommandError(isBusybox(task) ? `server returned error: HTTP/${response.version} ${response.status} ${response.statusText}` : `server returned error: HTTP/${response.version} ${response.status} ${response.statusText}`, isBusybox(task) ? 1 : 8);
  }
  if (options.has('s')) {
    response.close();
    await note('remote file exists\n');
    return 0;
  }
  return save(task, options, url, response, note);
}

async function save(task: Task, options: ReadonlyMap<string, string>, url: URL, response: HttpResponse, note: (text: string) => Promise<void>): Promise<number> {
  const given = options.get('O');
  const folder = options.get('P');
  const name = given ?? `${folder === undefined ? '' : `${folder}/`}${url.pathname.slice(url.pathname.lastIndexOf('/') + 1) || 'index.html'}`;
  if (given === undefined && isBusybox(task) && (await task.fs.exists(task.resolve(name)))) {
    response.close();
    throw new CommandError(`can't open '${name}': File exists`);
  }
  const output = name === '-' ? task.stdout.retain() : await openPath(task, name, 'write');
  let size = 0;
  if (name !== '-') await note(`saving to '${name}'\n`);
  try {
    for await (const chunk of response.body()) {
      size += chunk.length;
      await output.write(chunk, task.signal);
    }
  } finally {
    output.release();
  }
  if (name !== '-') await note(`${name.padEnd(20)} 100% |${'*'.repeat(32)}| ${String(size).padStart(5)}  0:00:00 ETA\n'${name}' saved\n`);
  else await note(`-                    100% |${'*'.repeat(32)}| ${String(size).padStart(5)}  0:00:00 ETA\nwritten to stdout\n`);
  return 0;
}

function describe(task: Task, failure: NetworkFailure, { host, hostname }: URL): string {
  if (failure.problem === 'unresolved') return isBusybox(task) ? `bad address '${host}'` : `unable to resolve host address '${hostname}'`;
  if (failure.problem === 'timeout') return 'download timed out';
  if (failure.problem === 'refused' || failure.problem === 'unreachable') return `can't connect to remote host (${failure.address}): ${failure.message}`;
  if (failure.problem === 'empty') return 'error getting response';
  return failure.message;
}

/** Reads a body given as `@file` or `@-`. */
export async function bodyOf(task: Task, text: string): Promise<Buffer> {
  if (!text.startsWith('@')) return Buffer.from(text);
  if (text === '@-') return readAll(task.stdin, task.signal);
  return Buffer.from(await task.fs.readFileBuffer(task.resolve(text.slice(1))));
}
