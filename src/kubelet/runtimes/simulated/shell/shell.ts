import type { FunctionDefNode } from './ast.js';
import { ShellError } from './errors.js';
import { stopsProcess } from '../signals.js';
import { Condition } from './io/condition.js';
import { JobTable } from './jobs.js';
import { unsetMessage, type Flavour, type Speaker } from './messages.js';
import type { Task } from './task.js';
import { Variables } from './variables.js';

export interface ShellOptions {
  errexit: boolean;
  nounset: boolean;
  xtrace: boolean;
  pipefail: boolean;
  noglob: boolean;
  noexec: boolean;
  verbose: boolean;
  allexport: boolean;
  noclobber: boolean;
  monitor: boolean;
}

/** Options by the letters of `set -eux`. */
export const OPTION_LETTERS: Readonly<Record<string, keyof ShellOptions>> = {
  e: 'errexit', u: 'nounset', x: 'xtrace', f: 'noglob', n: 'noexec', v: 'verbose', a: 'allexport', C: 'noclobber', m: 'monitor',
};

export interface ShellStart {
  readonly task: Task;
  readonly flavour: Flavour;
  /** `$0`. */
  readonly name: string;
  readonly positional: readonly string[];
  readonly interactive: boolean;
  /** Where the commands come from: `-c`, a file, or standard input. */
  readonly source: 'command' | 'script' | 'stdin';
}

/** The state of one shell process. */
export class Shell {
  readonly variables: Variables;
  readonly functions: Map<string, FunctionDefNode> = new Map();
  readonly aliases = new Map<string, string>();
  /** Commands by full signal name, or EXIT, ERR; '' ignores the signal. */
  readonly traps = new Map<string, string>();
  readonly jobs = new JobTable();
  readonly options: ShellOptions = {
    errexit: false, nounset: false, xtrace: false, pipefail: false, noglob: false, noexec: false, verbose: false, allexport: false, noclobber: false, monitor: false,
  };
  /** Wakes `wait` when a signal with a trap comes. */
  readonly signalled = new Condition();
  readonly pendingSignals: string[] = [];
  readonly flavour: Flavour;
  readonly interactive: boolean;
  readonly source: ShellStart['source'];
  /** The pid that `$$` keeps telling in subshells. */
  readonly shellPid: number;
  readonly startedAt: number;
  name: string;
  positional: readonly string[];
  status = 0;
  backgroundPid: number | undefined;
  line = 0;
  /** How many enclosing constructs test the status, so that `set -e` does not act on it. */
  tested = 0;
  loops = 0;
  functionDepth = 0;
  sourceDepth = 0;
  isSubshell = false;
  /** Set by Ctrl-C at an interactive shell. */
  interrupted = false;
  /** The user has been told that leaving ends stopped jobs. */
  warnedOfJobs = false;

  constructor(readonly task: Task, start: Omit<ShellStart, 'task'>, parent?: Shell) {
    this.flavour = start.flavour;
    this.name = start.name;
    this.positional = start.positional;
    this.interactive = start.interactive;
    this.source = start.source;
    this.shellPid = parent?.shellPid ?? task.pid;
    this.startedAt = parent?.startedAt ?? task.container.clock.now();
    this.variables = parent ? parent.variables.fork(this) : Variables.fromEnvironment(task.env, this);
    if (this.flavour === 'bash' && !parent) this.variables.set('BASH_VERSION', '5.2.37(1)-release');
    task.onSignal = (signal) => this.receive(signal);
  }

  /** The shell that a subshell process starts with: same state, no jobs, traps reset but for ignored signals. */
  fork(task: Task): Shell {
    const copy = new Shell(task, { flavour: this.flavour, name: this.name, positional: this.positional, interactive: false, source: this.source }, this);
    for (const [name, body] of this.functions) copy.functions.set(name, body);
    for (const [name, text] of this.aliases) copy.aliases.set(name, text);
    for (const [signal, command] of this.traps) if (command === '') copy.traps.set(signal, command);
    Object.assign(copy.options, this.options);
    copy.status = this.status;
    copy.backgroundPid = this.backgroundPid;
    copy.line = this.line;
    copy.tested = this.tested;
    copy.functionDepth = this.functionDepth;
    copy.sourceDepth = this.sourceDepth;
    copy.isSubshell = true;
    copy.jobs.inherit(this.jobs);
    return copy;
  }

  get speaker(): Speaker {
    return { flavour: this.flavour, name: this.name, line: this.interactive && this.source === 'stdin' ? 0 : this.line };
  }

  get cwd(): string {
    return this.task.cwd;
  }

  special(name: string): string | undefined {
    switch (name) {
      case '?': return String(this.status);
      case '$': return String(this.shellPid);
      case '!': return this.backgroundPid === undefined ? undefined : String(this.backgroundPid);
      case '#': return String(this.positional.length);
      case '0': return this.name;
      case '-': return this.optionLetters();
      default: return undefined;
    }
  }

  unsetError(name: string): ShellError {
    return new ShellError(unsetMessage(this.flavour, name), this.flavour === 'bash' ? 127 : 2);
  }

  optionLetters(): string {
    const letters = Object.entries(OPTION_LETTERS).filter(([, option]) => this.options[option]).map(([letter]) => letter).join('');
    return `${letters}${this.interactive ? 'i' : ''}${this.source === 'command' ? 'c' : this.source === 'stdin' ? 's' : ''}`;
  }

  private receive(signal: string): boolean {
    if (signal === 'SIGCHLD') {
      const { pids } = this.task.container;
      for (const process of pids.list()) if (process.parent === this.task.pid && process.state === 'zombie') pids.wait(process.pid);
      return true;
    }
    const command = this.traps.get(signal);
    if (command !== undefined) {
      if (command !== '') {
        this.pendingSignals.push(signal);
        this.signalled.notify();
      }
      return true;
    }
    if (!this.interactive) return false;
    if (signal === 'SIGINT') {
      this.interrupted = true;
      this.signalled.notify();
      return true;
    }
    return signal === 'SIGTERM' || signal === 'SIGQUIT' || stopsProcess(signal);
  }

  /** Variables that are computed at each reading. */
  computed(name: string): string | undefined {
    const { container, user, pid, cwd } = this.task;
    const now = (): number => container.clock.now();
    switch (name) {
      case 'RANDOM': return String((Math.imul((this.randomState += 0x6d2b79f5), 0x5bd1e995) >>> 8) & 0x7fff);
      case 'SECONDS': return String(Math.floor((now() - this.startedAt) / 1000));
      case 'LINENO': return String(this.line);
      case 'EPOCHSECONDS': return String(Math.floor(now() / 1000));
      case 'BASHPID': return String(pid);
      case 'HOSTNAME': return container.hostname;
      case 'PPID': return String(container.pids.get(this.shellPid)?.parent ?? 0);
      case 'UID':
      case 'EUID': return /^\d+/.exec(user)?.[0] ?? (user === 'root' ? '0' : '1000');
      case 'PWD': return cwd;
      default: return undefined;
    }
  }

  private randomState = 0;
}
