import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { Changes } from '../support/changes.js';
import { freePort } from '../support/free-port.js';
import { HttpsClient } from '../support/https.js';
import { goProgram, pythonProgram, type Program } from '../support/programs.js';
import { Scratch } from '../support/scratch.js';
import { Server } from '../support/server.js';

const FOLDER = join(import.meta.dirname, 'informers');

interface Report {
  readonly synced?: boolean;
  readonly objects: number;
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly problems: readonly string[];
}

/** A program that keeps caches of ConfigMaps and reports on them when it is asked. */
class Follower implements AsyncDisposable {
  private readonly process: ChildProcess;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;
  /** The Python client keeps keys in files, which it cannot remove when it is killed. */
  private readonly scratch = new Scratch();
  private said = '';

  constructor([command, ...args]: readonly [string, ...string[]], kubeconfig: string) {
    this.process = spawn(command, [...args, kubeconfig], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: this.scratch.path } });
    this.process.stderr?.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4000)));
    this.lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream });
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  async next(): Promise<Report> {
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`the program has ended: ${this.said}`);
    return JSON.parse(value) as Report;
  }

  check(): Promise<Report> {
    this.process.stdin?.write('check\n');
    return this.next();
  }

  stopWith(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.process, 'close');
    this.process.kill('SIGKILL');
    await ended;
    this.scratch[Symbol.dispose]();
  }
}

/** A server that can be killed and comes back with its data, at the same port and with little history. */
class Mortal implements AsyncDisposable {
  private readonly scratch = new Scratch();
  private server: Server | undefined;
  client: HttpsClient | undefined;

  constructor(private readonly port: number) {}

  /** Stays good: port and certificates do. */
  kubeconfigPath = '';

  async start(): Promise<void> {
    this.server = await Server.start({ dataDir: this.scratch.join('data'), flags: ['--port', String(this.port), '--nodes', '0', '--addons', 'none', '--controllers=-*', '--history-max-revisions', '300'] });
    this.kubeconfigPath ||= this.scratch.write('kubeconfig', this.server.kubeconfig);
    this.client ??= new HttpsClient(this.server.kubeconfig);
  }

  async kill(): Promise<void> {
    await this.server?.stop('SIGKILL');
    await this.server?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client?.[Symbol.dispose]();
    await this.kill();
    this.scratch[Symbol.dispose]();
  }
}

async function follow(program: Program): Promise<Report | undefined> {
  if ('missing' in program) {
    process.stderr.write(`skipped, as this is not here: ${program.missing}\n`);
    return undefined;
  }
  await using server = new Mortal(await freePort());
  await server.start();
  const changes = new Changes(() => server.client as HttpsClient);
  await changes.make(200);
  await using follower = new Follower(program.command, server.kubeconfigPath);
  expect(await follower.next()).toEqual({ synced: true });

  // A server that dies while much happens.
  const storm = changes.make(1000);
  await server.kill();
  await server.start();
  await storm;
  expect((await follower.check()).problems).toEqual([]);

  // A client that sleeps through a restart, and wakes up when what it knew last is compacted.
  follower.stopWith('SIGSTOP');
  await server.kill();
  await server.start();
  await changes.make(500);
  follower.stopWith('SIGCONT');
  // As fast as the machine allows beside the follower; what that was is printed.
  const rate = await changes.make(2000);
  const report = await follower.check();
  process.stderr.write(`${Math.round(rate)} changes a second; ${JSON.stringify(report.counts)}\n`);
  expect(report.problems).toEqual([]);
  expect(report.objects).toBeGreaterThan(20);
  return report;
}

describe('caches stay in step through restarts, compaction and storms of changes', () => {
  test('of client-go: shared informers in JSON and protobuf, a dynamic and a metadata informer', async () => {
    const report = await follow(await goProgram(join(FOLDER, 'go')));
    for (const counts of Object.values(report?.counts ?? {})) expect(counts['add']).toBeGreaterThan(100);
  }, 300_000);

  test('of the Python client', async () => {
    const report = await follow(await pythonProgram(join(FOLDER, 'python_client.py'), ['kubernetes==37.0.2']));
    if (report) expect(report.counts['watch']?.['expired']).toBeGreaterThan(0);
  }, 300_000);

  test('of client-node', async () => {
    await follow({ command: [process.execPath, join(FOLDER, 'client-node.mjs')] });
  }, 300_000);
});
