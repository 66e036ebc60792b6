import { programFile } from '../../files/base-image.js';
import type { ImageProgram, ProgramProcess } from '../../program.js';
import { untilStopped } from '../idle.js';
import { Database } from './database.js';
import { encode, failure, RespReader, type RespValue } from './resp.js';

const VERSION = '8.2.2';
const PORT = 6379;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Redis as its official image runs it: strings, lists, sets and hashes in memory, and redis-cli to ask for them. */
export function redisProgram(): ImageProgram {
  return {
    commands: ['redis-server'],
    config: { entrypoint: ['docker-entrypoint.sh'], cmd: ['redis-server'], env: { REDIS_VERSION: VERSION }, workingDir: '/data', exposedPorts: [PORT] },
    files: { '/usr/local/bin/redis-cli': programFile('redis-cli'), '/usr/local/bin/redis-server': programFile('redis-server'), '/data/.keep': '' },
    run: serve,
  };
}

async function serve(process: ProgramProcess): Promise<number> {
  const database = new Database(process.clock, VERSION);
  // The entry point hands its arguments on.
  const args = process.argv.slice(process.argv[0]?.endsWith('docker-entrypoint.sh') ? 2 : 1);
  await configure(database, process, args);
  const port = Number(database.config.get('port') ?? PORT);
  process.pids.exec(process.process.pid, ['redis-server', `*:${port}`]);
  const stopped = untilStopped(process, { SIGTERM: 0, SIGINT: 0 });
  log(process, 'C', '*', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
  log(process, 'C', '*', `Redis version=${VERSION}, bits=64, commit=00000000, modified=0, pid=${process.process.pid}, just started`);
  if (args.length === 0) log(process, 'C', '#', 'Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf');
  log(process, 'M', '*', `Running mode=standalone, port=${port}.`);
  log(process, 'M', '*', 'Server initialized');
  const listener = await process.network.listen(port, (stream) => {
    const reader = new RespReader();
    stream.on('error', () => stream.destroy());
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const value of reader.push(chunk)) {
          const words = wordsOf(value);
          if (words.length > 0) stream.write(encode(database.run(words)), 'latin1');
          if (words[0]?.toLowerCase() === 'quit') stream.end();
        }
      } catch (error) {
        stream.end(encode(failure(`ERR ${error instanceof Error ? error.message : String(error)}`)));
      }
    });
    stream.on('end', () => stream.end());
  });
  log(process, 'M', '*', 'Ready to accept connections tcp');
  const code = await stopped;
  log(process, 'signal-handler', '', '');
  listener.close();
  return code;
}

function wordsOf(value: RespValue): string[] {
  return value.type === 'array' ? value.items.map((item) => (item.type === 'bulk' || item.type === 'simple' ? (item.text ?? '') : item.type === 'integer' ? String(item.value) : '')) : [];
}

/** Reads the configuration file that is named first, then flags (`--maxmemory 2mb`). */
async function configure(database: Database, process: ProgramProcess, args: readonly string[]): Promise<void> {
  const lines: string[] = [];
  const [file] = args;
  if (file !== undefined && !file.startsWith('--')) lines.push(...(await process.fs.readFile(process.fs.resolvePath(process.cwd, file)).catch(() => '')).split('\n'));
  lines.push(...args.join(' ').split(/(?:^|\s)--/).slice(1));
  for (const line of lines) {
    const [name, ...values] = line.trim().split(/\s+/);
    if (!name || name.startsWith('#')) continue;
    const value = values.join(' ').replace(/^"(.*)"$/, '$1');
    database.config.set(name.toLowerCase(), name === 'maxmemory' ? String(bytesOf(value)) : value);
  }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1000, kb: 1024, m: 1e6, mb: 2 ** 20, g: 1e9, gb: 2 ** 30 };

function bytesOf(text: string): number {
  const [, number = '0', unit = ''] = /^(\d+)([a-z]*)$/i.exec(text) ?? [];
  return Number(number) * (UNITS[unit.toLowerCase()] ?? 1);
}

function log(process: ProgramProcess, role: string, level: string, text: string): void {
  const at = new Date(process.clock.now()).toISOString();
  const time = `${at.slice(8, 10)} ${MONTHS[Number(at.slice(5, 7)) - 1]} ${at.slice(0, 4)} ${at.slice(11, 23)}`;
  const { pid } = process.process;
  process.stdout.write(role === 'signal-handler'
    ? `${pid}:signal-handler (${Math.floor(process.clock.now() / 1000)}) Received SIGTERM scheduling shutdown...\n${pid}:M ${time} * User requested shutdown...\n${pid}:M ${time} # Redis is now ready to exit, bye bye...\n`
    : `${pid}:${role} ${time} ${level} ${text}\n`);
}
