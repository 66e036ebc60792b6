import type { RedirectionNode } from './ast.js';
import { ShellExit } from './errors.js';
import { findProgram, type Program } from './executable.js';
import type { Executor } from './executor.js';
import { noteStopped } from './job-control.js';
import { notExecutable, notFound } from './messages.js';
import { runProgram } from './program.js';
import { redirect } from './redirect.js';
import type { ProcessGroup } from './task.js';

/** Runs a program, in this process when `replace` allows it. */
export async function external(executor: Executor, words: readonly string[], assignments: ReadonlyMap<string, string>, redirections: readonly RedirectionNode[], replace: boolean): Promise<number> {
  const { shell } = executor;
  const { task } = shell;
  const name = words[0] ?? '';
  const program = await findProgram(task, name, assignments.get('PATH') ?? executor.variables.get('PATH') ?? '');
  const env = executor.variables.environment();
  for (const [key, value] of assignments) env.set(key, value);
  if (replace && shell.traps.size === 0 && 'kind' in program) {
    if (!(await executor.tryRedirect(redirections))) return 1;
    return become(executor, program, words, env);
  }
  const files = task.files.copy();
  try {
    await redirect(shell, executor.expander, files, redirections);
  } catch (error) {
    files.closeAll();
    return executor.redirectionFailed(error);
  }
  if (!('kind' in program)) {
    const text = program.code === 127 ? notFound(shell.speaker, name) : notExecutable(shell.speaker, name, program.isDirectory);
    await (files.get(2)?.write(Buffer.from(text), task.signal) ?? Promise.resolve());
    files.closeAll();
    return program.code;
  }
  const group: ProcessGroup | undefined = shell.interactive ? { id: 0, members: new Set() } : undefined;
  const child = task.spawn({ argv: words, env, files, ...(group ? { group } : {}), main: (next) => runProgram(next, program) });
  const status = await executor.foreground(group, () => executor.waitFor(child));
  await noteStopped(shell, child, words.join(' '));
  if (status === 130 && shell.interactive) await task.write('\n');
  // A program that Ctrl-C ended ends the script that ran it as well, unless it traps the signal.
  if (status === 130 && shell.interrupted) shell.interrupted = false;
  return status;
}

/** execve: the program takes this process over. */
export async function become(executor: Executor, program: Program, words: readonly string[], env: ReadonlyMap<string, string>): Promise<never> {
  const { task } = executor.shell;
  task.argv = words;
  task.env = env;
  task.onSignal = undefined;
  task.ignored = new Set([...task.ignored, ...[...executor.shell.traps].flatMap(([signal, command]) => (command === '' ? [signal] : []))]);
  task.container.pids.exec(task.pid, words);
  executor.shell.traps.clear();
  throw new ShellExit(await runProgram(task, program));
}
