import { sleep, type Clock } from '../../../../base/clock.js';
import type { FileSystem } from '../file-system.js';
import type { ImageFamily } from '../files/image-family.js';
import { resolvePath } from '../files/paths.js';
import type { ProcessNamespace } from '../processes.js';
import type { PodNetworkNamespace } from '../program.js';
import type { Tty } from '../terminal/tty.js';
import { BrokenPipe, CommandError, Killed, ShellExit } from './errors.js';
import { abortable, Condition } from './io/condition.js';
import type { FileTable } from './io/file-table.js';
import { NullFile, type OpenFile } from './io/open-file.js';

/** What all processes of one container share. */
export interface Container {
  readonly name: string;
  readonly family: ImageFamily;
  readonly fs: FileSystem;
  readonly pids: ProcessNamespace;
  readonly network: PodNetworkNamespace;
  readonly hostname: string;
  readonly clock: Clock;
}

/** Processes that Ctrl-C and `kill -PGID` reach together. */
export interface ProcessGroup {
  id: number;
  readonly members: Set<Task>;
}

/** The session's terminal and whom its keys interrupt. */
export interface Session {
  readonly tty: Tty;
  foreground: ProcessGroup;
}

export interface TaskOptions {
  readonly container: Container;
  readonly pid: number;
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly user: string;
  readonly files: FileTable;
  readonly signal: AbortSignal;
  readonly umask: number;
  readonly group?: ProcessGroup | undefined;
  readonly session?: Session | undefined;
  readonly ignored?: ReadonlySet<string> | undefined;
}

export interface SpawnTask {
  readonly argv: readonly string[];
  /** Runs in the new process and gives its exit code. */
  readonly main: (task: Task) => Promise<number>;
  /** Taken over by the child; a copy of the parent's when undefined. */
  readonly files?: FileTable;
  readonly env?: ReadonlyMap<string, string>;
  readonly cwd?: string;
  readonly user?: string;
  /** A process group of its own, as job control gives each job. */
  readonly group?: ProcessGroup | 'new';
  /** Signals that the child ignores (background jobs ignore Ctrl-C). */
  readonly ignored?: ReadonlySet<string>;
}

/** A started child: `done` gives its exit code, 128 + N when a signal ended it. It stays a zombie until `reap`. */
export interface Child {
  readonly pid: number;
  readonly group: ProcessGroup;
  readonly argv: readonly string[];
  readonly done: Promise<number>;
  /** The signal that ended it. */
  readonly signal: string | undefined;
  /** Whether Ctrl-Z or SIGSTOP has stopped it. */
  readonly stopped: boolean;
  /** Resolves when it is stopped. */
  whenStopped(signal: AbortSignal): Promise<void>;
}

const registries = new WeakMap<ProcessNamespace, Map<number, Task>>();

/** The running tasks of a PID namespace by pid. */
export function tasksOf(pids: ProcessNamespace): ReadonlyMap<number, Task> {
  return registries.get(pids) ?? new Map<number, Task>();
}

/** A running process as the shell's own programs see it. */
export class Task {
  container: Container;
  readonly pid: number;
  readonly user: string;
  readonly files: FileTable;
  readonly signal: AbortSignal;
  readonly session: Session | undefined;
  group: ProcessGroup;
  argv: readonly string[];
  env: ReadonlyMap<string, string>;
  cwd: string;
  umask: number;
  ignored: ReadonlySet<string>;
  /** The signal that ended the process. */
  endedBy: string | undefined;
  /** Stopped by a signal: it neither writes nor wakes up until SIGCONT. */
  stopped = false;
  private readonly stopping = new Condition();
  /** Installed by a program that handles signals; true when handled. */
  onSignal: ((signal: string) => boolean) | undefined;

  constructor(options: TaskOptions) {
    this.container = options.container;
    this.pid = options.pid;
    this.argv = options.argv;
    this.env = options.env;
    this.cwd = options.cwd;
    this.user = options.user;
    this.files = options.files;
    this.signal = options.signal;
    this.umask = options.umask;
    this.session = options.session;
    this.ignored = options.ignored ?? NONE;
    this.group = options.group ?? { id: options.pid, members: new Set() };
    this.group.members.add(this);
    let registry = registries.get(options.container.pids);
    if (!registry) registries.set(options.container.pids, (registry = new Map()));
    registry.set(this.pid, this);
  }

  get fs(): FileSystem {
    return this.container.fs;
  }

  get stdin(): OpenFile {
    return this.files.get(0) ?? NOTHING;
  }

  get stdout(): OpenFile {
    return this.files.get(1) ?? NOTHING;
  }

  get stderr(): OpenFile {
    return this.files.get(2) ?? NOTHING;
  }

  async write(text: string | Uint8Array): Promise<void> {
    if (this.stopped) await this.whenStopped(false, this.signal);
    return this.stdout.write(typeof text === 'string' ? Buffer.from(text) : text, this.signal);
  }

  async writeError(text: string): Promise<void> {
    await this.stderr.write(Buffer.from(text), this.signal).catch((error: unknown) => {
      if (error instanceof Killed) throw error;
    });
  }

  /** An absolute path; /proc/self becomes this process's own. */
  resolve(path: string): string {
    const absolute = resolvePath(this.cwd, path);
    return absolute.startsWith('/proc/self') ? absolute.replace('/proc/self', `/proc/${this.pid}`) : absolute;
  }

  async sleep(ms: number): Promise<void> {
    await sleep(this.container.clock, ms, this.signal);
    if (this.stopped) await this.whenStopped(false, this.signal);
  }

  /** Stops the process, or lets it go on. */
  stop(stopped: boolean): void {
    this.stopped = stopped;
    this.stopping.notify();
  }

  /** Resolves when the process is stopped, or (false) is not any more. */
  async whenStopped(stopped: boolean, signal: AbortSignal): Promise<void> {
    while (this.stopped !== stopped) await this.stopping.wait(signal);
  }

  /** Whether a signal is handled (true) or its default action shall run. */
  receive(signal: string): boolean {
    return this.ignored.has(signal) || (this.onSignal?.(signal) ?? false);
  }

  spawn(options: SpawnTask): Child {
    const controller = new AbortController();
    let task: Task | undefined;
    const { container } = this;
    const user = options.user ?? this.user;
    const process = container.pids.spawn({
      argv: options.argv,
      parent: this.pid,
      container: container.name,
      user,
      terminal: this.session ? 'pts/0' : undefined,
      onSignal: (signal) => task?.receive(signal) ?? false,
      onKill: (signal) => controller.abort(new Killed(signal)),
      onStop: (stopped) => task?.stop(stopped),
    });
    const group = options.group === 'new' ? { id: process.pid, members: new Set<Task>() } : (options.group ?? this.group);
    if (group.members.size === 0) group.id = process.pid;
    task = new Task({
      container, user, group,
      pid: process.pid,
      argv: options.argv,
      env: options.env ?? this.env,
      cwd: options.cwd ?? this.cwd,
      files: options.files ?? this.files.copy(),
      signal: controller.signal,
      umask: this.umask,
      session: this.session,
      ignored: options.ignored ?? this.ignored,
    });
    const started = task;
    return {
      pid: process.pid, group, argv: options.argv, done: runTask(started, options.main),
      get signal() { return started.endedBy; },
      get stopped() { return started.stopped; },
      whenStopped: (signal) => started.whenStopped(true, signal),
    };
  }

  /** Takes an ended child off the process table. */
  reap(pid: number): void {
    this.container.pids.wait(pid);
  }

  /** Frees what the process held. */
  end(): void {
    this.files.closeAll();
    this.group.members.delete(this);
    registries.get(this.container.pids)?.delete(this.pid);
  }
}

/** Runs a task's program to its end and records its exit code; a killed one ends at once, whatever it does. */
export async function runTask(task: Task, main: (task: Task) => Promise<number>): Promise<number> {
  let code: number;
  try {
    code = await abortable(main(task), task.signal);
  } catch (error) {
    code = await exitCodeOf(task, error);
  }
  task.container.pids.exit(task.pid, code);
  task.end();
  return code;
}

async function exitCodeOf(task: Task, error: unknown): Promise<number> {
  if (error instanceof Killed) {
    task.endedBy = error.signalName;
    return error.code;
  }
  if (task.signal.aborted) return 137;
  if (error instanceof BrokenPipe) return 141;
  if (error instanceof ShellExit) return error.code;
  const name = (task.argv[0] ?? '').replace(/^.*\//, '');
  try {
    await task.writeError(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  } catch {
    // The process is being killed: nobody will read it.
  }
  return error instanceof CommandError ? error.code : 1;
}

const NOTHING = new NullFile();
const NONE: ReadonlySet<string> = new Set();
