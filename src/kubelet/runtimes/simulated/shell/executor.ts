import type { CommandNode, CompoundNode, PipelineNode, RedirectionNode, ScriptNode, StatementNode, WordNode } from './ast.js';
import { compound } from './compound.js';
import { FunctionReturn, Interrupted, LoopExit, ReadOnlyVariable, ShellError, ShellExit, SyntaxFault } from './errors.js';
import { Expander, type ExpansionHost } from './expansion/expander.js';
import { CaptureFile } from './io/open-file.js';
import { createPipe } from './io/pipe.js';
import { STOPPED, untilDone } from './job-control.js';
import { prefix, readOnlyMessage } from './messages.js';
import { parseQuoted, parseScript } from './parse/parse.js';
import { background, pipes } from './pipelines.js';
import { redirect, RedirectionFailure } from './redirect.js';
import type { Shell } from './shell.js';
import { simpleCommand } from './simple-command.js';
import type { Child, ProcessGroup, Task } from './task.js';

/** Runs syntax trees in a shell. One executor per shell process. */
export class Executor implements ExpansionHost {
  readonly expander = new Expander(this);
  /** Status of the last command substitution: that of a line of assignments. */
  substitutionStatus: number | undefined;
  /** Descriptors of process substitutions, closed when the command that names them has ended. */
  readonly substituted: number[] = [];

  constructor(readonly shell: Shell) {}

  // What word expansion asks for.

  get variables(): Shell['variables'] {
    return this.shell.variables;
  }

  get fs(): Task['fs'] {
    return this.shell.task.fs;
  }

  get cwd(): string {
    return this.shell.task.cwd;
  }

  get positional(): readonly string[] {
    return this.shell.positional;
  }

  get options(): Shell['options'] {
    return this.shell.options;
  }

  get expandsBraces(): boolean {
    return this.shell.flavour === 'bash';
  }

  special(name: string): string | undefined {
    return this.shell.special(name);
  }

  unsetError(name: string): ShellError {
    return this.shell.unsetError(name);
  }

  parseQuoted(text: string): Promise<WordNode> {
    return parseQuoted(text);
  }

  async substitute(script: ScriptNode): Promise<string> {
    const capture = new CaptureFile();
    const files = this.shell.task.files.copy();
    files.set(1, capture.retain());
    const child = this.shell.task.spawn({ argv: this.shell.task.argv, files, main: (task) => this.subshell(task, (sub) => sub.statements(script.statements, true)) });
    this.substitutionStatus = await this.waitFor(child);
    return capture.bytes().toString('utf8').replaceAll('\0', '').replace(/\n+$/, '');
  }

  async substituteProcess(script: ScriptNode, direction: 'input' | 'output'): Promise<string> {
    const { task } = this.shell;
    const { reader, writer } = createPipe();
    const files = task.files.copy();
    files.set(direction === 'input' ? 1 : 0, direction === 'input' ? writer : reader);
    task.spawn({ argv: task.argv, files, main: (child) => this.subshell(child, (sub) => sub.statements(script.statements)) });
    const fd = task.files.free(60);
    task.files.set(fd, direction === 'input' ? reader : writer);
    this.substituted.push(fd);
    return `/dev/fd/${fd}`;
  }

  // Running.

  /** `replace`: nothing follows in this process, so the last command may take its place, as `exec` does. */
  async statements(nodes: readonly StatementNode[], replace = false): Promise<number> {
    for (const [i, node] of nodes.entries()) await this.statement(node, replace && i === nodes.length - 1);
    return this.shell.status;
  }

  async statement(node: StatementNode, replace = false): Promise<void> {
    const { shell } = this;
    await this.checkSignals();
    if (node.deferredError) throw new SyntaxFault(node.deferredError.message, false, node.line ?? shell.line);
    if (shell.options.noexec && !shell.interactive) return;
    if (node.background) return background(this, node);
    let status = 0;
    for (const [i, pipeline] of node.pipelines.entries()) {
      const operator = i > 0 ? node.operators[i - 1] : ';';
      if ((operator === '&&' && status !== 0) || (operator === '||' && status === 0)) continue;
      const last = i === node.pipelines.length - 1;
      if (!last) shell.tested++;
      try {
        status = await this.pipeline(pipeline, replace && last);
      } finally {
        if (!last) shell.tested--;
      }
      shell.status = status;
    }
    await this.checkSignals();
  }

  async pipeline(node: PipelineNode, replace = false): Promise<number> {
    const { shell } = this;
    const started = shell.task.container.clock.now();
    const [only] = node.commands;
    let status: number;
    if (node.negated) shell.tested++;
    try {
      status = node.commands.length === 1 && only ? await this.command(only, replace && !node.negated && !node.timed) : await pipes(this, node);
    } finally {
      if (node.negated) shell.tested--;
    }
    if (node.commands.length === 1 && shell.flavour === 'bash') shell.variables.setItems('PIPESTATUS', new Map([['0', String(status)]]));
    if (node.timed) await this.reportTime(shell.task.container.clock.now() - started, node.timePosix ?? false);
    shell.status = node.negated ? Number(status === 0) : status;
    const simple = node.commands.length > 1 || only === undefined || CHECKED.has(only.type);
    if (shell.status !== 0 && simple && !node.negated) await this.failed();
    return shell.status;
  }

  async command(node: CommandNode, replace = false): Promise<number> {
    const { shell } = this;
    if (node.line) shell.line = node.line;
    if (node.type === 'SimpleCommand') return simpleCommand(this, node, replace);
    if (node.type === 'FunctionDef') {
      shell.functions.set(node.name, node);
      return 0;
    }
    return this.redirected(node.redirections, () => compound(this, node, replace));
  }

  /** Runs with redirections in this process; 1 when they fail. */
  async redirected(nodes: readonly RedirectionNode[], body: () => Promise<number>): Promise<number> {
    if (nodes.length === 0) return body();
    const openBefore = this.substituted.length;
    const undo = await this.tryRedirect(nodes);
    for (const fd of this.substituted.splice(openBefore)) this.shell.task.files.close(fd);
    if (!undo) return 1;
    try {
      return await body();
    } finally {
      undo();
    }
  }

  /** A child that runs `body` in a copy of this shell. */
  fork(body: (sub: Executor) => Promise<number>, group?: ProcessGroup | 'new'): Child {
    const { task } = this.shell;
    return task.spawn({ argv: task.argv, ...(group ? { group } : {}), main: (child) => this.subshell(child, body) });
  }

  /** Waits for a foreground child; Ctrl-C and kill reach it by themselves. */
  async waitFor(child: Child): Promise<number> {
    const { task } = this.shell;
    const status = await untilDone(this.shell, child);
    if (status === undefined) return STOPPED;
    task.reap(child.pid);
    const { signal } = child;
    if (signal && signal !== 'SIGINT' && signal !== 'SIGPIPE' && this.shell.flavour !== 'bash') await task.writeError(`${SIGNAL_TEXTS[signal] ?? signal}\n`);
    return status;
  }

  /** Runs a command line given as text (`eval`, traps). */
  async run(text: string): Promise<number> {
    const script = await parseScript(text);
    return this.statements(script.statements);
  }

  /** Runs to the end of the shell process, EXIT trap included, and gives its exit code. */
  async main(body: () => Promise<number>): Promise<number> {
    let status = await this.guarded(body);
    const command = this.shell.traps.get('EXIT');
    if (command) {
      this.shell.traps.delete('EXIT');
      this.shell.status = status;
      status = await this.guarded(async () => {
        await this.run(command);
        return status;
      });
    }
    return status;
  }

  /** Runs the traps of signals that have come, and leaves the command line when Ctrl-C was pressed. */
  async checkSignals(): Promise<void> {
    const { shell } = this;
    shell.task.signal.throwIfAborted();
    if (shell.interrupted) {
      shell.interrupted = false;
      throw new Interrupted();
    }
    for (let signal = shell.pendingSignals.shift(); signal; signal = shell.pendingSignals.shift()) {
      const command = shell.traps.get(signal);
      if (command) await this.trap(command);
    }
  }

  private async trap(command: string): Promise<void> {
    const { status } = this.shell;
    await this.run(command);
    this.shell.status = status;
  }

  /** Turns what ends a shell into an exit code, with the message that it prints. */
  private async guarded(body: () => Promise<number>): Promise<number> {
    try {
      return await body();
    } catch (error) {
      if (error instanceof ShellExit || error instanceof FunctionReturn) return error.code;
      if (error instanceof LoopExit) return 0;
      if (error instanceof Interrupted) return 130;
      if (error instanceof ShellError || error instanceof SyntaxFault) return this.report(error);
      throw error;
    }
  }

  /** Prints a shell error and gives the status that it makes. */
  async report(error: ShellError | SyntaxFault): Promise<number> {
    const { shell } = this;
    let { message } = error;
    if (error instanceof ReadOnlyVariable) message = readOnlyMessage(shell.flavour, error.variable);
    await shell.task.writeError(`${prefix(shell.speaker)}${message}\n`);
    if (error instanceof SyntaxFault || shell.flavour !== 'bash') return 2;
    return error.code === 2 ? 127 : error.code;
  }

  /** Runs `body` in a copy of this shell, as the main program of a child process. */
  async subshell(task: Task, body: (sub: Executor) => Promise<number>): Promise<number> {
    const sub = new Executor(this.shell.fork(task));
    return sub.main(() => body(sub));
  }

  /** Gives the terminal to a job while it runs. */
  async foreground<T>(group: ProcessGroup | undefined, body: () => Promise<T>): Promise<T> {
    const { session } = this.shell.task;
    if (!session || !group || !this.shell.interactive) return body();
    const before = session.foreground;
    session.foreground = group;
    try {
      return await body();
    } finally {
      session.foreground = before;
    }
  }

  /** Redirects this process; undefined, with the complaint printed, when that fails. */
  async tryRedirect(nodes: readonly RedirectionNode[]): Promise<(() => void) | undefined> {
    if (nodes.length === 0) return () => {};
    try {
      return await redirect(this.shell, this.expander, this.shell.task.files, nodes);
    } catch (error) {
      await this.redirectionFailed(error);
      return undefined;
    }
  }

  async redirectionFailed(error: unknown): Promise<number> {
    if (!(error instanceof RedirectionFailure)) throw error;
    await this.shell.task.writeError(error.message);
    return 1;
  }

  /** `set -e` and the ERR trap. */
  private async failed(): Promise<void> {
    const { shell } = this;
    if (shell.tested > 0) return;
    const command = shell.traps.get('ERR');
    if (command) await this.trap(command);
    if (shell.options.errexit) throw new ShellExit(shell.status);
  }

  async trace(words: readonly string[]): Promise<void> {
    if (this.options.xtrace) await this.shell.task.writeError(`${this.variables.get('PS4') ?? '+ '}${words.join(' ')}\n`);
  }

  private async reportTime(elapsed: number, posix: boolean): Promise<void> {
    const seconds = elapsed / 1000;
    const show = (value: number): string => (posix ? value.toFixed(2) : `${Math.floor(value / 60)}m${(value % 60).toFixed(3)}s`);
    const gap = posix ? ' ' : '\t';
    await this.shell.task.writeError(`${posix ? '' : '\n'}real${gap}${show(seconds)}\nuser${gap}${show(0)}\nsys${gap}${show(0)}\n`);
  }
}

/** Commands whose failure `set -e` acts on; groups and loops have acted on what failed inside them. */
const CHECKED = new Set<CompoundNode['type'] | CommandNode['type']>(['SimpleCommand', 'Subshell', 'ArithmeticCommand', 'ConditionalCommand']);

/** How strsignal(3) words what may end a child. */
const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  SIGHUP: 'Hangup', SIGQUIT: 'Quit', SIGABRT: 'Aborted', SIGKILL: 'Killed', SIGSEGV: 'Segmentation fault', SIGALRM: 'Alarm clock', SIGTERM: 'Terminated',
  SIGUSR1: 'User defined signal 1', SIGUSR2: 'User defined signal 2',
};
