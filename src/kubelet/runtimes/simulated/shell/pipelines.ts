import type { CommandNode, PipelineNode, StatementNode } from './ast.js';
import type { Executor } from './executor.js';
import { NullFile } from './io/open-file.js';
import { createPipe } from './io/pipe.js';
import { noteStopped } from './job-control.js';
import type { Child, ProcessGroup } from './task.js';

/** `LIST &`. */
export async function background(executor: Executor, node: StatementNode): Promise<void> {
  const { shell } = executor;
  const { task } = shell;
  const files = task.files.copy();
  if (!shell.interactive) files.set(0, new NullFile());
  const statement: StatementNode = { ...node, background: false };
  const child = task.spawn({
    argv: task.argv,
    files,
    ...(shell.interactive ? { group: 'new' as const } : {}),
    ignored: shell.interactive ? task.ignored : new Set([...task.ignored, 'SIGINT', 'SIGQUIT']),
    main: (next) => executor.subshell(next, async (sub) => {
      await sub.statement(statement, true);
      return sub.shell.status;
    }),
  });
  const job = shell.jobs.add(child, (node.sourceText ?? describe(node.pipelines[0]?.commands[0])).trim().replace(/\s*&$/, ''));
  shell.backgroundPid = child.pid;
  if (shell.interactive && shell.flavour === 'bash') await task.writeError(`[${job.id}] ${child.pid}\n`);
  shell.status = 0;
}

/** Commands joined by pipes: each in a process of its own, all at the same time. */
export async function pipes(executor: Executor, node: PipelineNode): Promise<number> {
  const { shell } = executor;
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
      main: (task) => executor.subshell(task, (sub) => sub.command(command, true)),
    }));
  }
  const statuses = await executor.foreground(group, async () => {
    const results: number[] = [];
    for (const child of children) results.push(await executor.waitFor(child));
    return results;
  });
  await noteStopped(shell, children.at(-1), node.commands.map(describe).join(' | '));
  shell.variables.setItems('PIPESTATUS', new Map(statuses.map((status, i) => [String(i), String(status)])));
  const last = statuses.at(-1) ?? 0;
  return shell.options.pipefail ? (statuses.findLast((status) => status !== 0) ?? 0) : last;
}

function describe(command: CommandNode | undefined): string {
  if (command?.type !== 'SimpleCommand') return '';
  return [command.name, ...command.args].flatMap((word) => word?.parts ?? []).map((part) => ('value' in part ? part.value : '')).join(' ');
}
