import { readWebFile } from '../../../images/web-root.js';
import { CommandError } from '../../errors.js';
import type { Tool } from '../../program.js';
import type { Task } from '../../task.js';
import { parseOptions } from '../options.js';

/** httpd of busybox: serves files of a folder; in the background unless -f keeps it in the foreground. */
export const httpd: Tool = async (task, args) => {
  const { options } = parseOptions(args, 'fivp:h:c:r:u:d:e:m:');
  const port = Number((options.get('p') ?? '80').replace(/^.*:/, ''));
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new CommandError(`bad port '${options.get('p') ?? ''}'`);
  const root = task.resolve(options.get('h') ?? '.');
  if (!(await task.fs.stat(root).catch(() => undefined))?.isDirectory) throw new CommandError(`can't change directory to '${options.get('h') ?? '.'}': No such file or directory`);
  if (options.has('f')) {
    await serve(task, port, root, options.has('v'));
    return 0;
  }
  let listening: (error?: Error) => void = () => {};
  const started = new Promise<Error | undefined>((resolve) => (listening = resolve));
  const child = task.spawn({ argv: task.argv, group: 'new', main: async (next) => {
    await serve(next, port, root, options.has('v'), () => listening()).catch((error: unknown) => {
      listening(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
    return 0;
  } });
  const failure = await started;
  if (failure) {
    await child.done;
    task.reap(child.pid);
  }
  return failure ? 1 : 0;
};

async function serve(task: Task, port: number, root: string, verbose: boolean, onListening: () => void = () => {}): Promise<void> {
  const listener = await task.container.network.listenHttp(port, async (request, response) => {
    const file = await readWebFile(task.fs, root, request.url ?? '/');
    const status = file.found === 'file' ? 200 : file.found === 'folder' ? 302 : 404;
    if (verbose) void task.writeError(`[::ffff:${request.socket.remoteAddress ?? ''}]:${request.socket.remotePort ?? ''}: response:${status}\n`);
    if (file.found === 'file') {
      response.writeHead(200, { 'content-type': file.type, 'content-length': file.data.length, 'last-modified': file.modified.toUTCString(), 'accept-ranges': 'bytes' });
      return void response.end(request.method === 'HEAD' ? undefined : file.data);
    }
    if (file.found === 'folder') return void response.writeHead(302, { location: `${request.url}/` }).end();
    response.writeHead(404, { 'content-type': 'text/html' }).end('<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n');
  }).catch((): never => {
    throw new CommandError('bind: Address already in use');
  });
  onListening();
  try {
    await new Promise<never>((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason as Error), { once: true }));
  } finally {
    listener.close();
  }
}
