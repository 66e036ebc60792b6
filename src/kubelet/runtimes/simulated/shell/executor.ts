import type {
  AssignmentNode, CommandNode, CompoundNode, PipelineNode, RedirectionNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode,
} from './ast.js';
import { BUILTINS, DECLARATION_BUILTINS, type Builtin } from './builtins/index.js';
import { compound } from './compound.js';
import {
  BrokenPipe, CommandError, FunctionReturn, Interrupted, LoopExit, ReadOnlyVariable, ShellError, ShellExit, SyntaxFault,
} from './errors.js';
import { findProgram, type Program } from './executable.js';
import { Expander, type ExpansionHost } from './expansion/expander.js';
import { quoteForShell } from './expansion/parameter.js';
import { abortable } from './io/condition.js';
import { CaptureFile, NullFile } from './io/open-file.js';
import { createPipe } from './io/pipe.js';
import { builtinPrefix, notExecutable, notFound, prefix, readOnlyMessage } from './messages.js';
import { parseQuoted, parseScript } from './parse/parse.js';
import { runProgram } from './program.js';
import { redirect, RedirectionFailure } from './redirect.js';
import type { Shell } from './shell.js';
import type { Child, ProcessGroup, Task } from './task.js';

const MAX_FUNCTION_DEPTH = 500;

/** Runs syntax trees in a shell. One executor per shell process. */
export class Executor implements ExpansionHost {
  readonly expander = new Expander(this);
  private substitutionStatus: number | undefined;
  /** Descriptors of process substitutions, closed when the command that names them has ended. */
  private readonly substituted: number[] = [];

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
    if (node.background) return this.background(node);
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
      status = node.commands.length === 1 && only ? await this.command(only, replace && !node.negated) : await this.pipes(node);
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
    if (node.type === 'SimpleCommand') return this.simple(node, replace);
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
    const status = await abortable(child.done, task.signal);
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

  private async subshell(task: Task, body: (sub: Executor) => Promise<number>): Promise<number> {
    const sub = new Executor(this.shell.fork(task));
    return sub.main(() => body(sub));
  }

  private async background(node: StatementNode): Promise<void> {
    const { shell } = this;
    const { task } = shell;
    const files = task.files.copy();
    if (!shell.interactive) files.set(0, new NullFile());
    const statement: StatementNode = { ...node, background: false };
    const child = task.spawn({
      argv: task.argv,
      files,
      ...(shell.interactive ? { group: 'new' as const } : {}),
      ignored: shell.interactive ? task.ignored : new Set([...task.ignored, 'SIGINT', 'SIGQUIT']),
      main: (next) => this.subshell(next, async (sub) => {
        await sub.statement(statement, true);
        return sub.shell.status;
      }),
    });
    const job = shell.jobs.add(child, (node.sourceText ?? describe(node)).trim().replace(/\s*&$/, ''));
    shell.backgroundPid = child.pid;
    if (shell.interactive && shell.flavour === 'bash') await task.writeError(`[${job.id}] ${child.pid}\n`);
    shell.status = 0;
  }

  private async pipes(node: PipelineNode): Promise<number> {
    const { shell } = this;
    const children: Child[] = [];
    const group: ProcessGroup | undefined = shell.interactive ? { id: 0, members: new Set() } : undefined;
    let input: ReturnType<typeof createPipe>['reader'] | undefined;
    for (const [i, command] of node.commands.entries()) {
      const files = shell.task.files.copy();
      if (input) files.set(0, input);
      input = undefined;
      if (i < node.commands.length - 1) {
        const pipe = createPipe();
        input = pipe.reader;
        files.set(1, pipe.writer);
        if (node.pipeStderr?.[i]) files.set(2, pipe.writer.retain());
      }
      children.push(shell.task.spawn({
        argv: shell.task.argv, files, ...(group ? { group } : {}),
        main: (task) => this.subshell(task, (sub) => sub.command(command, true)),
      }));
    }
    const statuses = await this.foreground(group, async () => {
      const results: number[] = [];
      for (const child of children) results.push(await this.waitFor(child));
      return results;
    });
    shell.variables.setItems('PIPESTATUS', new Map(statuses.map((status, i) => [String(i), String(status)])));
    const last = statuses.at(-1) ?? 0;
    return shell.options.pipefail ? (statuses.findLast((status) => status !== 0) ?? 0) : last;
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

  private async simple(node: SimpleCommandNode, replace: boolean): Promise<number> {
    const { shell } = this;
    const openBefore = this.substituted.length;
    this.substitutionStatus = undefined;
    const words = await this.commandWords(node);
    const [name] = words;
    if (name === undefined) {
      await this.assignAll(node.assignments);
      const status = this.substitutionStatus ?? 0;
      if (node.redirections.length > 0) return this.redirected(node.redirections, async () => status);
      return status;
    }
    const assignments = await this.temporaryAssignments(node.assignments);
    await this.trace([...[...assignments].map(([key, value]) => `${key}=${quoteForShell(value)}`), ...words.map(quoteForShell)]);
    try {
      const body = shell.functions.get(name);
      if (body) return await this.callFunction(words, assignments, node.redirections);
      const builtin = BUILTINS.get(name);
      if (builtin) return await this.builtin(builtin, words, assignments, node.redirections, replace);
      return await this.external(words, assignments, node.redirections, replace);
    } finally {
      for (const fd of this.substituted.splice(openBefore)) shell.task.files.close(fd);
    }
  }

  private async commandWords(node: SimpleCommandNode): Promise<string[]> {
    if (!node.name) return [];
    const first = node.name.parts[0];
    const literal = first?.type === 'Literal' && node.name.parts.length === 1 ? first.value : undefined;
    const alias = literal !== undefined && this.shell.interactive ? this.shell.aliases.get(literal) : undefined;
    const names = alias === undefined ? await this.expander.word(node.name) : await this.expandAlias(alias);
    if (literal === undefined || !DECLARATION_BUILTINS.has(literal)) return [...names, ...(await this.expander.words(node.args))];
    const words = [...names];
    for (const arg of node.args) {
      const start = arg.parts[0];
      const isAssignment = start?.type === 'Literal' && /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/.test(start.value);
      if (isAssignment) words.push(await this.expander.text(arg));
      else words.push(...(await this.expander.word(arg)));
    }
    return words;
  }

  private async expandAlias(text: string): Promise<string[]> {
    const command = (await parseScript(text)).statements[0]?.pipelines[0]?.commands[0];
    if (command?.type !== 'SimpleCommand' || !command.name) return [text];
    return this.expander.words([command.name, ...command.args]);
  }

  /** Assignments before a command's name hold for that command only. */
  private async temporaryAssignments(nodes: readonly AssignmentNode[]): Promise<Map<string, string>> {
    const values = new Map<string, string>();
    for (const node of nodes) {
      const value = node.value ? await this.expander.text(node.value) : '';
      values.set(node.name, node.append ? (this.variables.get(node.name) ?? '') + value : value);
    }
    return values;
  }

  private async assignAll(nodes: readonly AssignmentNode[]): Promise<void> {
    for (const node of nodes) {
      await this.assign(node);
      if (this.options.xtrace) await this.trace([`${node.name}=${quoteForShell(this.variables.get(node.name) ?? '')}`]);
    }
  }

  async assign(node: AssignmentNode): Promise<void> {
    const { variables } = this;
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(node.name);
    const name = element?.[1] ?? node.name;
    if (node.array) return this.assignArray(name, node.array, node.append);
    const value = node.value ? await this.expander.text(node.value) : '';
    if (element) {
      const key = await this.expander.subscript(name, element[2] ?? '');
      return variables.setItem(name, key, node.append ? (variables.items(name).get(key) ?? '') + value : value);
    }
    const variable = variables.find(name);
    if (variable?.integer) {
      const sum = await this.expander.arithmeticText(node.append ? `${variables.get(name) ?? '0'}+(${value})` : value);
      return variables.set(name, String(sum));
    }
    variables.set(name, node.append ? (variables.get(name) ?? '') + value : value);
    if (this.options.allexport) variables.declare(name, { exported: true });
  }

  async assignArray(name: string, words: readonly WordNode[], append: boolean): Promise<void> {
    const { variables } = this;
    const items = append ? new Map(variables.items(name)) : new Map<string, string>();
    let next = append ? Number([...items.keys()].at(-1) ?? -1) + 1 : 0;
    for (const word of words) {
      const first = word.parts[0];
      const keyed = first?.type === 'Literal' ? /^\[([^\]]*)\]=(.*)$/s.exec(first.value) : null;
      if (keyed) {
        const key = await this.expander.subscript(name, keyed[1] ?? '');
        items.set(key, await this.expander.text({ type: 'Word', parts: [{ type: 'Literal', value: keyed[2] ?? '' }, ...word.parts.slice(1)] }));
        next = Number(key) + 1;
      } else for (const value of await this.expander.word(word)) items.set(String(next++), value);
    }
    variables.setItems(name, items);
  }

  private async callFunction(words: string[], assignments: ReadonlyMap<string, string>, redirections: readonly RedirectionNode[]): Promise<number> {
    const { shell } = this;
    const [name = '', ...args] = words;
    const definition = shell.functions.get(name);
    if (!definition) return 127;
    if (shell.functionDepth >= MAX_FUNCTION_DEPTH) throw new ShellError(`${name}: maximum function nesting level exceeded (${MAX_FUNCTION_DEPTH})`);
    const { positional, loops } = shell;
    const restore = this.variables.override(assignments);
    shell.positional = args;
    shell.loops = 0;
    shell.functionDepth++;
    this.variables.enterFunction();
    try {
      return await this.redirected([...definition.redirections, ...redirections], () => this.command(definition.body));
    } catch (error) {
      if (error instanceof FunctionReturn) return error.code;
      throw error;
    } finally {
      this.variables.leaveFunction();
      shell.functionDepth--;
      shell.loops = loops;
      shell.positional = positional;
      restore();
    }
  }

  private async builtin(
    builtin: Builtin, words: string[], assignments: ReadonlyMap<string, string>, redirections: readonly RedirectionNode[], replace: boolean,
  ): Promise<number> {
    const [name = '', ...args] = words;
    const restore = this.variables.override(assignments);
    const undo = await this.tryRedirect(redirections);
    if (!undo) return 1;
    let keep = false;
    try {
      const status = await builtin({ shell: this.shell, executor: this, name, args, replace });
      // `exec` without a command makes its redirections last.
      keep = name === 'exec' && args.length === 0;
      return status;
    } catch (error) {
      if (error instanceof CommandError) {
        await this.shell.task.writeError(`${builtinPrefix(this.shell.speaker, name)}${error.message}\n`);
        return error.code;
      }
      if (error instanceof BrokenPipe && this.shell.isSubshell) throw error;
      if (error instanceof BrokenPipe) {
        this.shell.task.container.pids.kill(this.shell.task.pid, 'SIGPIPE');
        this.shell.task.signal.throwIfAborted();
        return 1;
      }
      throw error;
    } finally {
      if (!keep) undo();
      restore();
    }
  }

  /** Runs a program, in this process when `replace` allows it. */
  async external(words: readonly string[], assignments: ReadonlyMap<string, string>, redirections: readonly RedirectionNode[], replace: boolean): Promise<number> {
    const { shell } = this;
    const { task } = shell;
    const name = words[0] ?? '';
    const program = await findProgram(task, name, assignments.get('PATH') ?? this.variables.get('PATH') ?? '');
    const env = this.variables.environment();
    for (const [key, value] of assignments) env.set(key, value);
    if (replace && shell.traps.size === 0 && 'kind' in program) {
      if (!(await this.tryRedirect(redirections))) return 1;
      return this.become(program, words, env);
    }
    const files = task.files.copy();
    try {
      await redirect(shell, this.expander, files, redirections);
    } catch (error) {
      files.closeAll();
      return this.redirectionFailed(error);
    }
    if (!('kind' in program)) {
      const text = program.code === 127 ? notFound(shell.speaker, name) : notExecutable(shell.speaker, name, program.isDirectory);
      await (files.get(2)?.write(Buffer.from(text), task.signal) ?? Promise.resolve());
      files.closeAll();
      return program.code;
    }
    const group: ProcessGroup | undefined = shell.interactive ? { id: 0, members: new Set() } : undefined;
    const child = task.spawn({ argv: words, env, files, ...(group ? { group } : {}), main: (next) => runProgram(next, program) });
    const status = await this.foreground(group, () => this.waitFor(child));
    if (status === 130 && shell.interactive) await task.write('\n');
    // A program that Ctrl-C ended ends the script that ran it as well, unless it traps the signal.
    if (status === 130 && shell.interrupted) shell.interrupted = false;
    return status;
  }

  /** execve: the program takes this process over. */
  async become(program: Program, words: readonly string[], env: ReadonlyMap<string, string>): Promise<never> {
    const { task } = this.shell;
    task.argv = words;
    task.env = env;
    task.onSignal = undefined;
    task.ignored = new Set([...task.ignored, ...[...this.shell.traps].flatMap(([signal, command]) => (command === '' ? [signal] : []))]);
    task.container.pids.exec(task.pid, words);
    this.shell.traps.clear();
    throw new ShellExit(await runProgram(task, program));
  }

  private async tryRedirect(nodes: readonly RedirectionNode[]): Promise<(() => void) | undefined> {
    if (nodes.length === 0) return () => {};
    try {
      return await redirect(this.shell, this.expander, this.shell.task.files, nodes);
    } catch (error) {
      await this.redirectionFailed(error);
      return undefined;
    }
  }

  private async redirectionFailed(error: unknown): Promise<number> {
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

function describe(node: StatementNode): string {
  const command = node.pipelines[0]?.commands[0];
  if (command?.type !== 'SimpleCommand') return '';
  return [command.name, ...command.args].flatMap((word) => word?.parts ?? []).map((part) => ('value' in part ? part.value : '')).join(' ');
}
