import type { Clock } from '../../../base/clock.js';
import type { ProcessNamespace, SimulatedProcess, SpawnOptions } from './processes.js';
import { endsProcess, signalNumber, stopsProcess } from './signals.js';

/** More processes than this in one namespace is a fork bomb: `spawn` refuses, as a pids cgroup does. */
const MAX_PROCESSES = 4096;

interface Entry extends SimulatedProcess {
  parent: number;
  argv: readonly string[];
  state: SimulatedProcess['state'];
  code: number;
  onSignal: ((signal: string) => boolean) | undefined;
  onKill: ((signal: string) => void) | undefined;
  onStop: ((stopped: boolean) => void) | undefined;
}

/**
 * A PID namespace (pid_namespaces(7)). A process without a parent in the namespace (parent 0: started by the
 * container runtime) leaves the table as soon as it ends; others stay zombies until their parent waits for them.
 * A parent learns of it by SIGCHLD. When init is the pause process (container '') it reaps orphans by itself.
 */
export class ProcessTable implements ProcessNamespace {
  private readonly entries = new Map<number, Entry>();
  private lastPid = 0;

  constructor(private readonly clock: Clock) {}

  get init(): SimulatedProcess | undefined {
    return this.entries.get(1);
  }

  spawn(options: SpawnOptions): SimulatedProcess {
    if (this.entries.size >= MAX_PROCESSES) throw new Error('fork: Resource temporarily unavailable');
    const pid = ++this.lastPid;
    const entry: Entry = {
      pid,
      parent: options.parent,
      argv: options.argv,
      user: options.user ?? 'root',
      startedAt: this.clock.now(),
      terminal: options.terminal,
      state: 'running',
      container: options.container,
      code: 0,
      onSignal: options.onSignal,
      onKill: options.onKill,
      onStop: options.onStop,
    };
    this.entries.set(pid, entry);
    return entry;
  }

  exit(pid: number, code: number): void {
    const entry = this.entries.get(pid);
    if (!entry || entry.state === 'zombie') return;
    entry.state = 'zombie';
    entry.code = code;
    entry.onSignal = undefined;
    entry.onKill = undefined;
    entry.onStop = undefined;
    if (pid === 1) return this.endNamespace(entry);
    for (const child of this.entries.values()) if (child.parent === pid) this.adopt(child);
    this.announce(entry);
  }

  wait(pid: number): number | undefined {
    const entry = this.entries.get(pid);
    if (entry?.state !== 'zombie') return undefined;
    this.entries.delete(pid);
    return entry.code;
  }

  kill(pid: number, signal: string, options: { fromOutside?: boolean } = {}): boolean {
    const entry = this.entries.get(pid);
    if (!entry) return false;
    if (entry.state === 'zombie' || signal === 'SIG0') return true;
    const forced = signal === 'SIGKILL' || signal === 'SIGSTOP';
    // It goes on even where the process handles the signal as well.
    if (signal === 'SIGCONT') this.pause(entry, false);
    if (!forced && entry.onSignal?.(signal)) return true;
    if (stopsProcess(signal)) this.pause(entry, true);
    if (!endsProcess(signal)) return true;
    // The kernel drops init's unhandled signals; only SIGKILL from an ancestor namespace is forced on it.
    if (pid === 1 && !(signal === 'SIGKILL' && options.fromOutside)) return true;
    this.end(entry, signal);
    return true;
  }

  handle(pid: number, onSignal: (signal: string) => boolean): void {
    const entry = this.entries.get(pid);
    if (entry && entry.state !== 'zombie') entry.onSignal = onSignal;
  }

  exec(pid: number, argv: readonly string[]): void {
    const entry = this.entries.get(pid);
    if (entry) entry.argv = argv;
  }

  list(): readonly SimulatedProcess[] {
    return [...this.entries.values()];
  }

  get(pid: number): SimulatedProcess | undefined {
    return this.entries.get(pid);
  }

  /** Nothing stops init, nor what gave no way to stop it. */
  private pause(entry: Entry, stopped: boolean): void {
    if (entry.pid === 1 || !entry.onStop || (entry.state === 'stopped') === stopped) return;
    entry.state = stopped ? 'stopped' : 'running';
    entry.onStop(stopped);
  }

  private end(entry: Entry, signal: string): void {
    const { onKill } = entry;
    this.exit(entry.pid, 128 + signalNumber(signal));
    onKill?.(signal);
  }

  private adopt(orphan: Entry): void {
    orphan.parent = this.entries.has(1) ? 1 : 0;
    if (orphan.state === 'zombie') this.announce(orphan);
  }

  /** Tells the parent of a zombie, or reaps it when nobody in the namespace will. */
  private announce(zombie: Entry): void {
    const parent = this.entries.get(zombie.parent);
    if (!parent || parent.state === 'zombie') this.entries.delete(zombie.pid);
    else if (parent.pid === 1 && parent.container === '') this.entries.delete(zombie.pid);
    else parent.onSignal?.('SIGCHLD');
  }

  private endNamespace(init: Entry): void {
    for (const entry of this.entries.values()) {
      if (entry === init || entry.state === 'zombie') continue;
      const { onKill } = entry;
      entry.state = 'zombie';
      entry.onKill = undefined;
      onKill?.('SIGKILL');
    }
    this.entries.clear();
  }
}
