import { imageTag, splitImage } from '../files/image-family.js';
import { programFile } from '../files/base-image.js';
import type { ImageProgram, ProgramProcess } from '../program.js';
import { serveHttp } from './http-server.js';
import { untilStopped } from './idle.js';
import { runInShell } from './shell.js';
import { commonLogTime, readWebFile } from './web-root.js';

interface Language {
  readonly names: readonly string[];
  /** Its command when the image is given none: asks the terminal, and ends where there is none. */
  readonly interactive: string;
  readonly version: (version: string) => string;
  readonly latest: string;
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  python: { names: ['python', 'python3', 'pip', 'pip3'], interactive: 'python3', version: (v) => `Python ${v}`, latest: '3.14.0' },
  node: { names: ['node', 'npm', 'npx', 'yarn'], interactive: 'node', version: (v) => `v${v}`, latest: '25.2.1' },
  ruby: { names: ['ruby', 'irb', 'gem', 'bundle'], interactive: 'irb', version: (v) => `ruby ${v} [x86_64-linux]`, latest: '3.4.7' },
  golang: { names: ['go', 'gofmt'], interactive: 'bash', version: (v) => `go version go${v} linux/amd64`, latest: '1.25.4' },
  openjdk: { names: ['java', 'javac', 'jshell'], interactive: 'jshell', version: (v) => `openjdk ${v}`, latest: '25' },
};

const SERVER_PORT = 8000;

/**
 * Images of languages. There is no interpreter: a program of the user's runs until it is stopped, as an unknown image does.
 * What needs none is done: versions, `python -m http.server`, and the end of a session that has no terminal.
 */
export function scriptingImage(image: string): ImageProgram {
  const { repository } = splitImage(image);
  const language = LANGUAGES[repository.slice(repository.lastIndexOf('/') + 1)] ?? (LANGUAGES['python'] as Language);
  const version = /^\d+(\.\d+)*/.exec(imageTag(image))?.[0] ?? language.latest;
  const run = (process: ProgramProcess): Promise<number> => program(process, language, version);
  return {
    config: { cmd: [language.interactive] },
    commands: language.names,
    files: Object.fromEntries(language.names.map((name) => [`/usr/local/bin/${name}`, programFile(name)])),
    run,
    exec: (process) => (language.names.includes(nameOf(process)) ? run(process) : runInShell(process)),
  };
}

function nameOf({ argv: [command = ''] }: ProgramProcess): string {
  return command.slice(command.lastIndexOf('/') + 1);
}

async function program(process: ProgramProcess, language: Language, version: string): Promise<number> {
  const [, first, second, ...rest] = process.argv;
  if (first === '--version' || first === '-V' || first === '-v' || first === 'version' || first === '-version') {
    process.stdout.write(`${language.version(version)}\n`);
    return 0;
  }
  if (first === '-m' && second === 'http.server') return fileServer(process, rest, version);
  if (first === undefined && !process.terminal) return 0;
  return untilStopped(process);
}

/** `python -m http.server [PORT] [--directory DIR]`. */
async function fileServer(process: ProgramProcess, args: readonly string[], version: string): Promise<number> {
  const at = args.findIndex((arg) => arg === '-d' || arg === '--directory');
  const folder = process.fs.resolvePath(process.cwd || '/', at < 0 ? '.' : (args[at + 1] ?? '.'));
  const port = Number(args.find((arg, i) => /^\d+$/.test(arg) && i !== at + 1) ?? SERVER_PORT);
  process.stdout.write(`Serving HTTP on 0.0.0.0 port ${port} (http://0.0.0.0:${port}/) ...\n`);
  return serveHttp(process, port, async (request, response) => {
    const { url = '/' } = request;
    const path = process.fs.resolvePath(folder, `.${decodeURIComponent(url.split('?')[0] ?? '/')}`);
    const file = await readWebFile(process.fs, folder, url);
    const names = file.found === 'file' || !(path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)) ? undefined : await process.fs.readdir(path).catch(() => undefined);
    const status = file.found === 'file' || names ? 200 : 404;
    const head = { server: `SimpleHTTP/0.6 Python/${version}` };
    if (file.found === 'file') response.writeHead(200, { ...head, 'content-type': file.type, 'content-length': file.data.length }).end(request.method === 'HEAD' ? undefined : file.data);
    else if (names) {
      const title = `Directory listing for ${url}`;
      response.writeHead(200, { ...head, 'content-type': 'text/html; charset=utf-8' }).end(`<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${title}</title>\n</head>\n<body>\n<h1>${title}</h1>\n<hr>\n<ul>\n${names.map((name) => `<li><a href="${encodeURIComponent(name)}">${name}</a></li>\n`).join('')}</ul>\n<hr>\n</body>\n</html>\n`);
    } else response.writeHead(404, { ...head, 'content-type': 'text/html;charset=utf-8' }).end('<!DOCTYPE HTML>\n<html lang="en">\n    <head>\n        <title>Error response</title>\n    </head>\n    <body>\n        <h1>Error response</h1>\n        <p>Error code: 404</p>\n        <p>Message: File not found.</p>\n    </body>\n</html>\n');
    process.stderr.write(`${request.socket.remoteAddress ?? '-'} - - [${commonLogTime(process.clock.now()).replace(' +0000', '').replace(':', ' ')}] "${request.method} ${url} HTTP/1.1" ${status} -\n`);
  }, { SIGINT: 0 });
}
