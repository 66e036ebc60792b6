import { assignAll, temporaryAssignments } from './assignments.js';
import type { RedirectionNode, SimpleCommandNode } from './ast.js';
import { BUILTINS, DECLARATION_BUILTINS, type Builtin } from './builtins/index.js';
import { BrokenPipe, CommandError, FunctionReturn, ShellError } from './errors.js';
import type { Executor } from './executor.js';
import { external } from './external.js';
import { quoteForShell } from './expansion/parameter.js';
import { builtinPrefix } from './messages.js';
import { parseScript } from './parse/parse.js';

const MAX_FUNCTION_DEPTH = 500;

/** Runs a simple command: a function, a builtin or a program, in that order. */
export async function simpleCommand(executor: Executor, node: SimpleCommandNode, replace: boolean): Promise<number> {
  const { shell } = executor;
  const openBefore = executor.substituted.length;
  executor.substitutionStatus = undefined;
  const words = await commandWords(executor, node);
  const [name] = words;
  if (name === undefined) {
    await assignAll(executor, node.assignments);
    const status = executor.substitutionStatus ?? 0;
    if (node.redirections.length > 0) return executor.redirected(node.redirections, async () => status);
    return status;
  }
  const assignments = await temporaryAssignments(executor, node.assignments);
  await executor.trace([...[...assignments].map(([key, value]) => `${key}=${quoteForShell(value)}`), ...words.map(quoteForShell)]);
  try {
    const body = shell.functions.get(name);
    if (body) return await callFunction(executor, words, assignments, node.redirections);
    const builtin = BUILTINS.get(name);
    if (builtin) return await runBuiltin(executor, builtin, words, assignments, node.redirections, replace);
    return await external(executor, words, assignments, node.redirections, replace);
  } finally {
    for (const fd of executor.substituted.splice(openBefore)) shell.task.files.close(fd);
  }
}

async function commandWords(executor: Executor, node: SimpleCommandNode): Promise<string[]> {
  if (!node.name) return [];
  const first = node.name.parts[0];
  const literal = first?.type === 'Literal' && node.name.parts.length === 1 ? first.value : undefined;
  const alias = literal !== undefined && executor.shell.interactive ? executor.shell.aliases.get(literal) : undefined;
  const names = alias === undefined ? await executor.expander.word(node.name) : await expandAlias(executor, alias);
  if (literal === undefined || !DECLARATION_BUILTINS.has(literal)) return [...names, ...(await executor.expander.words(node.args))];
  const words = [...names];
  for (const arg of node.args) {
    const start = arg.parts[0];
    const isAssignment = start?.type === 'Literal' && /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/.test(start.value);
    if (isAssignment) words.push(await executor.expander.text(arg));
    else words.push(...(await executor.expander.word(arg)));
  }
  return words;
}

async function expandAlias(executor: Executor, text: string): Promise<string[]> {
  const command = (await parseScript(text)).statements[0]?.pipelines[0]?.commands[0];
  if (command?.type !== 'SimpleCommand' || !command.name) return [text];
  return executor.expander.words([command.name, ...command.args]);
}


async function callFunction(executor: Executor, words: string[], assignments: ReadonlyMap<string, string>, redirections: readonly RedirectionNode[]): Promise<number> {
  const { shell } = executor;
  const [name = '', ...args] = words;
  const definition = shell.functions.get(name);
  if (!definition) return 127;
  if (shell.functionDepth >= MAX_FUNCTION_DEPTH) throw new ShellError(`${name}: maximum function nesting level exceeded (${MAX_FUNCTION_DEPTH})`);
  const { positional, loops } = shell;
  const restore = executor.variables.override(assignments);
  shell.positional = args;
  shell.loops = 0;
  shell.functionDepth++;
  executor.variables.enterFunction();
  try {
    return await executor.redirected([...definition.redirections, ...redirections], () => executor.command(definition.body));
  } catch (error) {
    if (error instanceof FunctionReturn) return error.code;
    throw error;
  } finally {
    executor.variables.leaveFunction();
    shell.functionDepth--;
    shell.loops = loops;
    shell.positional = positional;
    restore();
  }
}

async function runBuiltin(
  executor: Executor, builtin: Builtin, words: string[], assignments: ReadonlyMap<string, string>, redirections: readonly RedirectionNode[], replace: boolean,
): Promise<number> {
  const [name = '', ...args] = words;
  const restore = executor.variables.override(assignments);
  const undo = await executor.tryRedirect(redirections);
  if (!undo) return 1;
  let keep = false;
  try {
    const status = await builtin({ shell: executor.shell, executor, name, args, replace });
    // `exec` without a command makes its redirections last.
    keep = name === 'exec' && args.length === 0;
    return status;
  } catch (error) {
    if (error instanceof CommandError) {
      await executor.shell.task.writeError(`${builtinPrefix(executor.shell.speaker, name)}${error.message}\n`);
      return error.code;
    }
    if (error instanceof BrokenPipe && executor.shell.isSubshell) throw error;
    if (error instanceof BrokenPipe) {
      executor.shell.task.container.pids.kill(executor.shell.task.pid, 'SIGPIPE');
      executor.shell.task.signal.throwIfAborted();
      return 1;
    }
    throw error;
  } finally {
    if (!keep) undo();
    restore();
  }
}
