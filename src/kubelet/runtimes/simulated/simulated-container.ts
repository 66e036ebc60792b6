import { PassThrough, type Readable } from 'node:stream';
import type { Clock, Timer } from '../../../base/clock.js';
import type { ExecStreams, ExitStatus } from '../../../api/streams.js';
import { RuntimeError, type ContainerConfig, type ContainerEnd, type ContainerStats, type ImageStatus, type ResourceLimits, type RuntimeContainerStatus } from '../../runtime.js';
import { ContainerOutput } from '../common/container-output.js';
import { inputEndsWithClient, untilEither, type KeptContainer } from '../common/runtime-base.js';
import { TerminalSizes } from '../common/terminal-sizes.js';
import { ContainerProcess, discardedOutput, emptyInput } from './container-process.js';
import type { FileSystem } from './file-system.js';
import { DEFAULT_PATH, runInShell } from './images/shell.js';
import { LogBuffer } from '../common/log-buffer.js';
import type { ProcessNamespace, SimulatedProcess } from './processes.js';
import type { ImageProgram, ResourceUsage } from './program.js';
import type { ChosenProgram } from './image-registry.js';
import { createRootFileSystem, type MemoryFileSystem, type MountPoint } from './root-file-system.js';
import type { SimulatedSandbox } from './simulated-sandbox.js';
import { signalNumber } from './signals.js';
import { StreamTerminal } from './stream-terminal.js';
import { idleUsage } from './idle-usage.js';
import { UsageMeter } from './usage-meter.js';

/** What a container needs of the runtime around it. */
export interface ContainerContext {
  readonly clock: Clock;
  readonly logBytes: number;
  /** Program of the container's image. */
  readonly chosen: ChosenProgram;
  readonly image: ImageStatus;
  openVolume(name: string, subPath?: string): { readonly fs: MemoryFileSystem; readonly path: string };
  changed(type: 'started' | 'stopped', container: SimulatedContainer): void;
}

const SIGKILL_CODE = 137;
const OUT_OF_MEMORY: ContainerEnd = { exitCode: SIGKILL_CODE, reason: 'OOMKilled' };
const START_ERROR_CODE = 128;

/** One container of a simulated pod: created, running, exited; started once. */
export class SimulatedContainer implements KeptContainer {
  private state: RuntimeContainerStatus['state'] = 'created';
  private startedAt = 0;
  private finishedAt = 0;
  private exitCode = 0;
  private reason = '';
  private message = '';
  private readonly createdAt: number;
  private buffer: LogBuffer | undefined;
  private output: ContainerOutput | undefined;
  private input: PassThrough | undefined;
  private terminal: StreamTerminal | undefined;
  private rootFs: FileSystem | undefined;
  private namespace: ProcessNamespace | undefined;
  private main: SimulatedProcess | undefined;
  private waiters: (() => void)[] = [];
  private stopTimer: Timer | undefined;
  private usage: UsageMeter | undefined;
  private memoryLimitBytes: number | undefined;
  /** How the container is said to have ended, where its main process does not tell. */
  private verdict: ContainerEnd | undefined;

  constructor(
    readonly id: string,
    readonly config: ContainerConfig,
    readonly sandbox: SimulatedSandbox,
    private readonly context: ContainerContext,
  ) {
    this.createdAt = context.clock.now();
    this.memoryLimitBytes = config.memoryLimitBytes;
  }

  get running(): boolean {
    return this.state === 'running';
  }

  get log(): LogBuffer {
    if (!this.buffer) {
      this.buffer = new LogBuffer(this.context.clock, this.context.logBytes);
      if (this.state === 'exited') this.buffer.close();
    }
    return this.buffer;
  }

  get pids(): ProcessNamespace | undefined {
    return this.namespace;
  }

  get fs(): FileSystem {
    if (this.rootFs) return this.rootFs;
    const { config, sandbox } = this;
    const mounts = config.mounts.map(({ path, volume, subPath, readOnly }): MountPoint => {
      const part = this.context.openVolume(volume, subPath);
      return { path, filesystem: part.fs, subPath: part.path, readOnly };
    });
    this.rootFs = createRootFileSystem({
      image: config.image,
      clock: this.context.clock,
      files: this.context.chosen.program.files,
      hostname: sandbox.config.hostname,
      hosts: sandbox.hosts,
      resolvConf: sandbox.resolvConf,
      mounts,
      readOnly: config.readOnlyRootFilesystem,
      pids: this.namespace,
    });
    return this.rootFs;
  }

  status(): RuntimeContainerStatus {
    const { config, context } = this;
    const uid = config.user.uid ?? context.image.uid ?? 0;
    const gid = config.user.gid ?? 0;
    return {
      id: this.id, sandbox: this.sandbox.id, podUid: this.sandbox.config.podUid, name: config.name, attempt: config.attempt,
      image: context.image.name, imageId: context.image.id, state: this.state, createdAt: this.createdAt, startedAt: this.startedAt, finishedAt: this.finishedAt,
      exitCode: this.exitCode, reason: this.reason, message: this.message, user: { uid, gid, groups: [...new Set([gid, ...config.user.groups])] },
    };
  }

  /** Starts the main process. Throws RuntimeError when it cannot be started; the container has exited then. */
  async start(): Promise<void> {
    const { config, context, sandbox } = this;
    if (this.state !== 'created') throw new RuntimeError(`container "${this.id}" is in ${this.state} state`);
    this.namespace = sandbox.namespaceFor(config.targetContainer);
    const { program, argv } = await this.command();
    const { namespace } = this;
    this.main = namespace.spawn({
      argv, parent: 0, container: config.name, user: this.userName(), terminal: config.tty ? 'pts/0' : undefined,
      onKill: (signal) => {
        process.kill(signal);
        this.finish(128 + signalNumber(signal));
      },
    });
    const output = (this.output = new ContainerOutput(() => this.log));
    const process = new ContainerProcess({
      process: this.main, pids: namespace, argv, cwd: this.workingDir(), network: sandbox.network, hostname: sandbox.config.hostname,
      clock: context.clock, restartCount: config.attempt, labels: sandbox.config.labels, runsToCompletion: config.runsToCompletion === true,
      terminal: (this.terminal = config.tty ? new StreamTerminal() : undefined),
      env: () => this.environment(),
      stdin: () => (config.stdin ? this.openInput() : emptyInput()),
      stdout: () => output.stream('stdout'),
      stderr: () => output.stream(config.tty ? 'stdout' : 'stderr'),
      fs: () => this.fs,
      use: (by, usage) => this.use(by, usage),
    });
    this.state = 'running';
    this.startedAt = context.clock.now();
    context.changed('started', this);
    void this.run(program, process);
  }

  /** Asks the main process to end, and ends it after the time given. Resolves when it has ended. */
  stop(timeoutSeconds: number, restarts = false): Promise<void> {
    if (this.state !== 'running' || !this.main || !this.namespace) return Promise.resolve();
    // Nobody sees an unknown program wind up whose successor is waited for.
    if (restarts && this.context.chosen.idle) {
      this.finish(128 + signalNumber('SIGTERM'));
      return Promise.resolve();
    }
    const ended = this.ended();
    const { namespace, main } = this;
    if (timeoutSeconds <= 0) this.kill();
    else {
      namespace.kill(main.pid, this.config.stopSignal ?? this.context.chosen.program.config?.stopSignal ?? 'SIGTERM', { fromOutside: true });
      if (this.running) {
        this.stopTimer?.cancel();
        this.stopTimer = this.context.clock.after(timeoutSeconds * 1000, () => this.kill());
      }
    }
    return ended;
  }

  kill(): void {
    if (this.running && this.main && !this.namespace?.kill(this.main.pid, 'SIGKILL', { fromOutside: true })) this.finish(SIGKILL_CODE);
  }

  ended(): Promise<void> {
    if (this.state === 'exited') return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  async exec(command: readonly string[], streams: ExecStreams): Promise<ExitStatus> {
    const sizes = streams.tty ? new TerminalSizes(streams.resize) : undefined;
    const terminal = sizes && new StreamTerminal(await sizes.first());
    const { namespace, context, sandbox } = this;
    if (!this.running || !namespace) throw new RuntimeError(`container not running (${this.id})`, 'NotRunning');
    const { program } = context.chosen;
    let ended: (status: ExitStatus) => void = () => {};
    const killed = new Promise<ExitStatus>((resolve) => (ended = resolve));
    const entry = namespace.spawn({
      argv: command, parent: 0, container: this.config.name, user: this.userName(), terminal: streams.tty ? 'pts/0' : undefined,
      onKill: (signal) => {
        process.kill(signal);
        ended({ code: 128 + signalNumber(signal), signal });
      },
    });
    const process: ContainerProcess = new ContainerProcess({
      process: entry, pids: namespace, argv: command, cwd: this.workingDir(), network: sandbox.network, hostname: sandbox.config.hostname,
      clock: context.clock, restartCount: this.config.attempt, labels: sandbox.config.labels,
      terminal,
      env: () => ({ ...this.environment(), ...(streams.tty ? { TERM: 'xterm' } : {}) }),
      stdin: () => streams.stdin ?? emptyInput(),
      stdout: () => streams.stdout ?? discardedOutput(),
      stderr: () => (streams.tty ? streams.stdout : streams.stderr) ?? discardedOutput(),
      fs: () => this.fs,
      use: (by, usage) => this.use(by, usage),
    });
    const hangUp = (): void => void namespace.kill(entry.pid, 'SIGKILL', { fromOutside: true });
    if (streams.signal.aborted) hangUp();
    streams.signal.addEventListener('abort', hangUp, { once: true });
    void sizes?.follow((size) => terminal?.resize(size));
    try {
      const run = program.exec ? program.exec(process) : runInShell(process);
      const status = await Promise.race([killed, run.then((code): ExitStatus => ({ code }))]);
      namespace.exit(entry.pid, status.code);
      return status;
    } catch (error) {
      namespace.exit(entry.pid, 1);
      throw error instanceof RuntimeError ? error : new RuntimeError(`command ${command.join(' ')}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.usage?.remove(process);
      streams.signal.removeEventListener('abort', hangUp);
      sizes?.close();
    }
  }

  /** Joins a client to the main process; resolves when either ends. */
  async attach(streams: ExecStreams): Promise<ExitStatus> {
    const { output } = this;
    if (!this.running || !output) throw new RuntimeError(`container not running (${this.id})`, 'NotRunning');
    const detach = [
      streams.stdout ? output.attach('stdout', streams.stdout) : undefined,
      streams.stderr ? output.attach('stderr', streams.stderr) : undefined,
    ];
    const { stdin } = streams;
    if (stdin && this.config.stdin) {
      const input = this.openInput();
      stdin.pipe(input, { end: inputEndsWithClient(this.config) });
    }
    const sizes = new TerminalSizes(streams.resize);
    if (this.terminal) void sizes.follow((size) => this.terminal?.resize(size));
    await untilEither(this.ended(), streams.signal);
    sizes.close();
    if (stdin && this.input) {
      stdin.unpipe(this.input);
      if (inputEndsWithClient(this.config)) this.input.end();
    }
    for (const undo of detach) undo?.();
    // Who attaches is not told the exit code, as by containerd: it stands in the pod's status.
    return { code: 0 };
  }

  stats(): ContainerStats | undefined {
    if (!this.running) return undefined;
    const { meter } = this;
    const { cpuCores, memoryBytes } = meter.current;
    return {
      cpuNanoseconds: meter.cpuNanoseconds,
      cpuNanocores: Math.round(cpuCores * 1e9),
      memoryWorkingSetBytes: Math.round(memoryBytes),
      memoryLimitBytes: this.memoryLimitBytes,
    };
  }

  limit({ memoryLimitBytes: bytes, cpuLimitCores }: ResourceLimits): void {
    this.memoryLimitBytes = bytes;
    this.meter.limitCpu(cpuLimitCores);
    if (bytes !== undefined && this.running && this.meter.current.memoryBytes > bytes) this.end(OUT_OF_MEMORY);
  }

  /** Ends the container at once, and says of it what `end` says. */
  end(end: ContainerEnd): void {
    if (!this.running) return;
    this.verdict = end;
    this.kill();
  }

  /** The end of a file, without making a file system for a container that never had one. */
  async readTail(path: string, limit: number): Promise<string | undefined> {
    if (!this.rootFs) return undefined;
    try {
      const data = await this.rootFs.readFileBuffer(path);
      return Buffer.from(data.subarray(Math.max(0, data.length - limit))).toString();
    } catch {
      return undefined;
    }
  }

  private get meter(): UsageMeter {
    return (this.usage ??= new UsageMeter(this.context.clock, idleUsage(this.id, this.config), this.startedAt, this.config.cpuLimitCores));
  }

  private use(process: object, usage: Partial<ResourceUsage>): void {
    const { memoryLimitBytes } = this;
    this.meter.set(process, usage);
    if (memoryLimitBytes !== undefined && this.meter.current.memoryBytes > memoryLimitBytes) this.end(OUT_OF_MEMORY);
  }

  private async run(program: ImageProgram, process: ContainerProcess): Promise<void> {
    let code: number;
    try {
      code = await program.run(process);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (this.running) process.stderr.write(`${text}\n`);
      code = 1;
    }
    this.finish(code);
  }

  private finish(code: number): void {
    if (this.state !== 'running') return;
    const { namespace, main } = this;
    this.state = 'exited';
    const { verdict } = this;
    this.exitCode = verdict?.exitCode ?? code & 0xff;
    this.reason = verdict?.reason ?? (this.exitCode === 0 ? 'Completed' : 'Error');
    this.message = verdict?.message ?? '';
    this.finishedAt = this.context.clock.now();
    this.stopTimer?.cancel();
    if (main && namespace) {
      namespace.exit(main.pid, this.exitCode);
      // What the container started dies with it, also in a process namespace that goes on.
      for (const other of namespace.list()) if (other.container === this.config.name && other.pid !== 1) namespace.kill(other.pid, 'SIGKILL', { fromOutside: true });
    }
    this.input?.destroy();
    this.input = undefined;
    // Output written just before the end is still on its way through the stream.
    setImmediate(() => this.buffer?.close());
    for (const wake of this.waiters.splice(0)) wake();
    this.context.changed('stopped', this);
  }

  private failToStart(problem: string): never {
    this.state = 'exited';
    this.exitCode = START_ERROR_CODE;
    this.reason = 'StartError';
    this.message = problem;
    this.finishedAt = this.context.clock.now();
    throw new RuntimeError(problem, 'StartError', START_ERROR_CODE);
  }

  private openInput(): Readable & PassThrough {
    return (this.input ??= new PassThrough());
  }

  /** What is to run: the image's program or, for a command it does not know, the simulated shell. */
  private async command(): Promise<{ program: ImageProgram; argv: readonly string[] }> {
    const { kind, program } = this.context.chosen;
    const { command, args } = this.config;
    const argv = this.argv();
    if (kind === 'user') {
      const problem = await program.check?.({ argv, fs: this.fs, env: this.environment(), cwd: this.workingDir() });
      if (problem !== undefined) this.failToStart(problem);
      return { program, argv };
    }
    if (kind === 'built-in') {
      if (!command?.length && !args?.length) return { program, argv };
      // The entry points of web images run what they are given.
      const given = command?.length ? argv : argv.slice(program.config?.entrypoint?.length ?? 0);
      const name = given[0]?.slice(given[0].lastIndexOf('/') + 1) ?? '';
      if (program.commands?.includes(name)) return { program, argv };
      if (given.length > 0 && (await this.findCommand(given)) === undefined) return { program: { ...program, run: runInShell }, argv: given };
      // The entry point is the program itself: what is given are its arguments.
      if (!command?.length && program.commands?.includes(argv[0]?.slice(argv[0].lastIndexOf('/') + 1) ?? '')) return { program, argv };
      // Nobody knows what such a command of an unknown image does: the image's program stands for it.
      if (!program.commands) return { program, argv };
    }
    const problem = await this.findCommand(argv);
    if (problem !== undefined) {
      this.failToStart(`failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${problem}: unknown`);
    }
    return { program, argv };
  }

  /** Why a command cannot be run with the container's files; undefined when it can. */
  private async findCommand(argv: readonly string[]): Promise<string | undefined> {
    const { findExecutable } = await import('./shell/index.js');
    const found = await findExecutable(argv[0] ?? '', this.fs, this.environment(), this.workingDir());
    return 'error' in found ? found.error : undefined;
  }

  private argv(): readonly string[] {
    const { command, args, image } = this.config;
    const { entrypoint = [], cmd = [] } = this.context.chosen.program.config ?? {};
    const argv = command && command.length > 0 ? [...command, ...(args ?? [])] : [...entrypoint, ...(args && args.length > 0 ? args : cmd)];
    if (argv.length > 0) return argv;
    const name = image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
    return [`/${name.slice(name.lastIndexOf('/') + 1)}`];
  }

  private workingDir(): string {
    return this.config.workingDir ?? this.context.chosen.program.config?.workingDir ?? '/';
  }

  private userName(): string {
    const { uid } = this.config.user;
    if (uid !== undefined) return uid === 0 ? 'root' : String(uid);
    return this.context.chosen.program.config?.user?.split(':')[0] ?? 'root';
  }

  private environment(): Readonly<Record<string, string>> {
    const { program } = this.context.chosen;
    const home = this.userName() === 'root' ? '/root' : '/';
    return Object.fromEntries([['PATH', DEFAULT_PATH], ['HOSTNAME', this.sandbox.config.hostname], ...Object.entries(program.config?.env ?? {}), ...this.config.env, ['HOME', home]]);
  }
}
