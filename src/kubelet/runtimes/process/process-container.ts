import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { ExecStreams, ExitStatus } from '../../../api/streams.js';
import { SystemClock, type Clock, type Timer } from '../../../base/clock.js';
import { RuntimeError, type ContainerEnd, type ContainerStats, type ResourceLimits, type RuntimeContainerStatus } from '../../runtime.js';
import { ContainerOutput } from '../common/container-output.js';
import { inputEndsWithClient, untilEither, type KeptContainer } from '../common/runtime-base.js';
import { LogBuffer } from '../common/log-buffer.js';
import { TerminalSizes } from '../common/terminal-sizes.js';
import { StatsReader } from './container-stats.js';
import type { ContainerPlan, Isolation, Launch, ProcessView } from './isolation.js';
import { descendant } from './process-tree.js';
import { resizeTerminal } from './pseudo-terminal.js';
import type { ProcessSandbox } from './process-sandbox.js';
import { exitStatus, startErrorText } from './exit-status.js';

export interface ProcessContainerContext {
  /** The cluster's: for what is shown. Processes keep the host's time. */
  readonly clock: Clock;
  readonly logBytes: number;
  readonly isolation: Isolation;
  changed(type: 'started' | 'stopped'): void;
}

const START_ERROR_CODE = 128;
/** Memory is looked at so often in containers that have a limit. */
const MEMORY_CHECK_MS = 1000;
/** Descriptors on which a starting container and kubette talk (container-script.ts), and that of the container's errors. */
const TELL = 3;
const ASK = 4;
const ERRORS = 5;
const SIGKILL_CODE = 137;
const MAX_COMPLAINTS = 2000;

/** One container as processes of the host: created, running, exited; started once. */
export class ProcessContainer implements KeptContainer {
  readonly log: LogBuffer;
  private state: RuntimeContainerStatus['state'] = 'created';
  private readonly createdAt: number;
  private startedAt = 0;
  private finishedAt = 0;
  private exitCode = 0;
  private reason = '';
  private message = '';
  /** How it is to have ended, when it was ended rather than ended. */
  private forced: ContainerEnd | undefined;
  private child: ChildProcess | undefined;
  /** The container's first process as the host counts. */
  private pid: number | undefined;
  private readonly output: ContainerOutput;
  private readonly statsReader: StatsReader;
  private readonly hostClock = new SystemClock();
  private memoryTimer: Timer | undefined;
  private sessions = 0;
  /** What the tools around the container's process have printed. */
  private complaints = '';
  private readonly waiters: Array<() => void> = [];

  constructor(
    readonly plan: ContainerPlan,
    readonly sandbox: ProcessSandbox,
    private readonly context: ProcessContainerContext,
  ) {
    this.createdAt = context.clock.now();
    this.log = new LogBuffer(context.clock, context.logBytes);
    this.output = new ContainerOutput(() => this.log);
    this.statsReader = new StatsReader(plan.config.memoryLimitBytes);
  }

  get running(): boolean {
    return this.state === 'running';
  }

  status(): RuntimeContainerStatus {
    const { plan, sandbox } = this;
    const { config, image, user } = plan;
    return {
      id: plan.id, sandbox: sandbox.id, podUid: sandbox.config.podUid, name: config.name, attempt: config.attempt, image: image.status.name, imageId: image.status.id,
      state: this.state, createdAt: this.createdAt, startedAt: this.startedAt, finishedAt: this.finishedAt, exitCode: this.exitCode, reason: this.reason, message: this.message,
      user: { ...user, groups: [...new Set([user.gid, ...config.user.groups])] },
    };
  }

  /** Starts the main process. Throws RuntimeError when it cannot be started; the container has exited then. */
  async start(): Promise<void> {
    if (this.state !== 'created') throw new RuntimeError(`container "${this.plan.id}" is in ${this.state} state`);
    const { plan, sandbox, context } = this;
    if (plan.argv.length === 0) this.failToStart(`no command specified: the image ${plan.image.status.name} is known by name only, so the container needs a command`);
    this.makeFolder();
    const { config } = plan;
    const terminal = config.tty ? { nameFile: join(plan.folder, 'terminal'), redirection: `2>&${ERRORS}` } : undefined;
    const launch = context.isolation.main(sandbox.isolated, this.view, plan, terminal);
    const child = spawn(launch.file, launch.args, {
      stdio: [config.stdin || config.tty ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'], env: launch.env, detached: true, ...(launch.cwd === undefined ? {} : { cwd: launch.cwd }),
    });
    this.child = child;
    // E.g. no process more for this user: what follows finds the streams ended.
    child.once('error', (error) => (this.complaints += error.message));
    for (const stream of child.stdio) stream?.on('error', () => {});
    child.stdout?.pipe(this.output.stream('stdout'));
    const errors = (child.stdio as readonly unknown[])[ERRORS] as Readable;
    const complaints = config.tty ? errors : child.stderr;
    if (config.tty) child.stderr?.resume();
    else errors.pipe(this.output.stream('stderr'));
    complaints?.on('data', (text: Buffer) => (this.complaints = (this.complaints + text.toString()).slice(-MAX_COMPLAINTS)));
    const outputsClosed = new Promise((resolve) => child.once('close', resolve));
    const exit = new Promise<ExitStatus>((resolve) => child.once('exit', (code, by) => resolve(exitStatus(code, by))));
    const problem = await this.handshake(child, launch);
    if (problem !== undefined) this.failToStart(startErrorText(problem));
    this.state = 'running';
    this.startedAt = context.clock.now();
    context.changed('started');
    this.watchMemory();
    // Not before: a short command may have ended already, and then has been running nevertheless.
    void exit.then((status) => this.onExit(status, outputsClosed));
  }

  /** Whose processes it sees (kubectl debug --target). */
  private get view(): ProcessView {
    const { sandbox, plan: { config: { targetContainer } } } = this;
    if (sandbox.config.shareProcessNamespace) return 'pod';
    const joined = targetContainer === undefined ? undefined : [...sandbox.containers.values()].find(({ plan, running }) => running && plan.config.name === targetContainer);
    return joined?.pid === undefined ? 'own' : { of: joined.pid };
  }

  /** Asks the main process to end, and ends it after the time given. Resolves when it has ended. */
  async stop(timeoutSeconds: number): Promise<void> {
    if (!this.running || this.pid === undefined) return;
    const ended = this.ended();
    if (timeoutSeconds <= 0) this.kill();
    else {
      signal(this.pid, this.plan.config.stopSignal ?? this.plan.image.stopSignal ?? 'SIGTERM');
      const late = this.hostClock.after(timeoutSeconds * 1000, () => this.kill());
      await ended;
      late.cancel();
    }
    await ended;
  }

  kill(): void {
    if (this.pid !== undefined && this.state !== 'exited') signal(this.pid, 'SIGKILL');
    // Without a PID namespace of its own, what the main process has started is found by its process group.
    const group = this.child?.pid;
    if (group !== undefined && (this.context.isolation.kind === 'none' || this.view !== 'own')) signal(-group, 'SIGKILL');
  }

  limit({ memoryLimitBytes }: ResourceLimits): void {
    this.statsReader.memoryLimitBytes = memoryLimitBytes;
    this.memoryTimer?.cancel();
    if (this.running) this.watchMemory();
  }

  /** Ends it at once, and says that it ended so. */
  end(end: ContainerEnd): void {
    if (!this.running) return;
    this.forced = end;
    this.kill();
  }

  ended(): Promise<void> {
    return this.state === 'exited' ? Promise.resolve() : new Promise((resolve) => this.waiters.push(resolve));
  }

  async exec(command: readonly string[], streams: ExecStreams): Promise<ExitStatus> {
    const sizes = new TerminalSizes(streams.resize);
    const size = streams.tty ? await sizes.first() : undefined;
    const { plan, pid } = this;
    if (!this.running || pid === undefined) throw new RuntimeError(`container not running (${plan.id})`, 'NotRunning');
    const env = [...plan.env, ...(streams.tty ? [['TERM', 'xterm'] as const] : [])];
    const terminal = streams.tty ? join(plan.folder, `terminal-${this.sessions++}`) : undefined;
    const launch = this.context.isolation.exec(pid, plan, command, env, terminal === undefined ? undefined : { nameFile: terminal, size });
    const child = spawn(launch.file, launch.args, {
      stdio: [streams.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'], env: launch.env, detached: true, ...(launch.cwd === undefined ? {} : { cwd: launch.cwd }),
    });
    for (const stream of child.stdio) stream?.on('error', () => {});
    const hangUp = (): void => {
      // The command first: the wrappers around it end with it, and not the other way round.
      const inner = child.pid === undefined ? undefined : descendant(child.pid, launch.depth);
      if (inner !== undefined) signal(inner, 'SIGKILL');
      if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
    };
    if (streams.signal.aborted) hangUp();
    streams.signal.addEventListener('abort', hangUp, { once: true });
    if (terminal !== undefined) void sizes.follow((next) => resizeTerminal(terminal, next));
    if (streams.stdin && child.stdin) streams.stdin.pipe(child.stdin);
    const copies = [copy(child.stdout, streams.stdout), copy(child.stderr, streams.tty ? streams.stdout : streams.stderr)];
    try {
      const status = await new Promise<ExitStatus>((resolve, reject) => {
        child.once('error', (error) => reject(new RuntimeError(error.message)));
        child.once('exit', (code, by) => resolve(exitStatus(code, by)));
      });
      await Promise.all(copies);
      return status;
    } finally {
      streams.signal.removeEventListener('abort', hangUp);
      if (child.stdin) streams.stdin?.unpipe(child.stdin);
      if (terminal !== undefined) {
        sizes.close();
        rmSync(terminal, { force: true });
      }
    }
  }

  /** Joins a client to the main process; resolves when either ends. */
  async attach(streams: ExecStreams): Promise<ExitStatus> {
    const { child, plan } = this;
    if (!this.running || !child) throw new RuntimeError(`container not running (${plan.id})`, 'NotRunning');
    const detach = [streams.stdout && this.output.attach('stdout', streams.stdout), streams.stderr && this.output.attach('stderr', streams.stderr)];
    const sizes = new TerminalSizes(streams.resize);
    if (plan.config.tty) void sizes.follow((size) => resizeTerminal(join(plan.folder, 'terminal'), size));
    if (streams.stdin && child.stdin && plan.config.stdin) streams.stdin.pipe(child.stdin, { end: inputEndsWithClient(plan.config) });
    await untilEither(this.ended(), streams.signal);
    if (child.stdin) streams.stdin?.unpipe(child.stdin);
    if (inputEndsWithClient(plan.config) && streams.stdin) child.stdin?.end();
    for (const undo of detach) undo?.();
    sizes.close();
    // Who attaches is not told the exit code, as by containerd: it stands in the pod's status.
    return { code: 0 };
  }

  stats(): ContainerStats | undefined {
    return this.running && this.pid !== undefined ? this.statsReader.read(this.pid, this.hostClock.now()) : undefined;
  }

  /** The end of a file: the termination message, or another one while the container runs. */
  async readTail(path: string, limit: number): Promise<string | undefined> {
    const { plan } = this;
    const file = path === plan.config.terminationMessagePath ? join(plan.folder, 'termination-log') : this.running && this.pid !== undefined ? `/proc/${this.pid}/root${path}` : undefined;
    return file === undefined ? undefined : tail(file, limit);
  }

  private makeFolder(): void {
    const { plan, sandbox } = this;
    for (const folder of ['root', 'upper', 'work']) mkdirSync(join(plan.folder, folder), { recursive: true, mode: 0o755 });
    writeFileSync(join(plan.folder, 'termination-log'), '', { mode: 0o666 });
    chmodSync(join(plan.folder, 'termination-log'), 0o666);
    for (const [file, text] of Object.entries(sandbox.files)) writeFileSync(join(plan.folder, file), text);
  }

  /** Follows the start: the new root, the old one let go of, the command begun. Resolves with why it cannot be. */
  private async handshake(child: ChildProcess, launch: Launch): Promise<string | undefined> {
    if (child.pid === undefined) {
      await new Promise((resolve) => child.once('error', resolve));
      return this.lastWords(child);
    }
    const tell = child.stdio[TELL] as Readable;
    const ask = child.stdio[ASK] as Writable;
    const lines = readLines(tell);
    const first = await lines.next();
    const spawned = child.pid === undefined ? undefined : descendant(child.pid, launch.depth);
    if (first.done || spawned === undefined) return this.lastWords(child);
    this.pid = spawned;
    if (first.value === 'moved') {
      try {
        await this.context.isolation.enter(spawned);
      } catch (error) {
        signal(spawned, 'SIGKILL');
        return error instanceof Error ? error.message : String(error);
      }
      ask.end('go\n');
      const next = await lines.next();
      if (next.done) return this.lastWords(child);
      return next.value === 'started' ? undefined : next.value;
    }
    ask.end();
    return first.value === 'started' ? undefined : first.value;
  }

  /** What the set-up printed before it failed. */
  private async lastWords(child: ChildProcess): Promise<string> {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('close', resolve));
    return this.complaints.trim() || 'the container ended before its command was started';
  }

  private async onExit(status: ExitStatus, outputsClosed: Promise<unknown>): Promise<void> {
    this.state = 'exited';
    // unshare cannot pass on that its child was killed: it says so and ends with 1.
    const killed = status.code === 1 && this.complaints !== '';
    this.exitCode = this.forced?.exitCode ?? (killed ? SIGKILL_CODE : status.code & 0xff);
    this.reason = this.forced?.reason ?? (this.exitCode === 0 ? 'Completed' : 'Error');
    this.message = this.forced?.message ?? '';
    this.finishedAt = this.context.clock.now();
    this.memoryTimer?.cancel();
    this.kill();
    for (const wake of this.waiters.splice(0)) wake();
    this.context.changed('stopped');
    await outputsClosed;
    // Output that has arrived is still on its way through the streams.
    setImmediate(() => this.log.close());
  }

  private failToStart(problem: string): never {
    this.state = 'exited';
    this.exitCode = START_ERROR_CODE;
    this.reason = 'StartError';
    this.message = problem;
    this.finishedAt = this.context.clock.now();
    this.log.close();
    throw new RuntimeError(problem, 'StartError', START_ERROR_CODE);
  }

  /** Without control groups of its own an ordinary user cannot limit memory; so the limit is looked after. */
  private watchMemory(): void {
    const limit = this.statsReader.memoryLimitBytes;
    if (limit === undefined) return;
    this.memoryTimer = this.hostClock.after(MEMORY_CHECK_MS, () => {
      if (!this.running) return;
      if ((this.stats()?.memoryWorkingSetBytes ?? 0) > limit) {
        this.end({ exitCode: 137, reason: 'OOMKilled' });
      } else this.watchMemory();
    });
  }
}

/** Sends a signal to a process, or a group when negative, that may be gone. */
function signal(pid: number, name: string): void {
  try {
    process.kill(pid, name as NodeJS.Signals);
  } catch {
    // Gone already.
  }
}

/** Copies to a client, who may be slow or gone; resolves when the source has ended. */
function copy(from: Readable | null, to: Writable | undefined): Promise<void> {
  if (!from) return Promise.resolve();
  if (to) from.pipe(to, { end: false });
  else from.resume();
  return new Promise((resolve) => {
    from.once('close', () => resolve());
    to?.once('close', () => from.unpipe(to).resume());
  });
}

async function* readLines(stream: Readable): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

function tail(file: string, limit: number): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(limit, size));
    const length = readSync(descriptor, buffer, 0, buffer.length, Math.max(0, size - limit));
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}
