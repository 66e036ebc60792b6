import type { CStyleForNode, CaseNode, CompoundNode, ForNode, IfNode, StatementNode, UntilNode, WhileNode } from './ast.js';
import { conditional } from './conditions.js';
import { LoopExit } from './errors.js';
import type { Executor } from './executor.js';
import { quoteForShell } from './expansion/parameter.js';
import { patternToRegExp } from './expansion/pattern.js';
import { nextTurn } from './io/condition.js';

/** Runs a compound command, its redirections being done. */
export async function compound(executor: Executor, node: CompoundNode, replace: boolean): Promise<number> {
  switch (node.type) {
    case 'If': return ifCommand(executor, node);
    case 'For': return forLoop(executor, node);
    case 'CStyleFor': return cStyleFor(executor, node);
    case 'While': return loop(executor, node, async () => (await tested(executor, node.condition)) === 0);
    case 'Until': return loop(executor, node, async () => (await tested(executor, node.condition)) !== 0);
    case 'Case': return caseCommand(executor, node);
    case 'Group': return executor.statements(node.body);
    case 'Subshell': {
      if (replace) return executor.statements(node.body, true);
      const child = executor.fork((sub) => sub.statements(node.body, true), executor.shell.interactive ? 'new' : undefined);
      return executor.foreground(child.group, () => executor.waitFor(child));
    }
    case 'ArithmeticCommand': return Number((await executor.expander.arithmetic(node.expression)) === 0n);
    case 'ConditionalCommand': return Number(!(await conditional(executor.shell, executor.expander, node.expression)));
  }
}

/** Runs a list whose status is looked at: `set -e` does not act on it. */
async function tested(executor: Executor, nodes: readonly StatementNode[]): Promise<number> {
  const { shell } = executor;
  shell.tested++;
  try {
    return await executor.statements(nodes);
  } finally {
    shell.tested--;
  }
}

async function ifCommand(executor: Executor, node: IfNode): Promise<number> {
  for (const clause of node.clauses) {
    if ((await tested(executor, clause.condition)) === 0) return executor.statements(clause.body);
  }
  executor.shell.status = 0;
  return node.elseBody ? executor.statements(node.elseBody) : 0;
}

async function forLoop(executor: Executor, node: ForNode): Promise<number> {
  const values = node.words ? await executor.expander.words(node.words) : [...executor.shell.positional];
  const shown = values.map(quoteForShell).join(' ');
  let at = 0;
  return loop(executor, node, async () => {
    const value = values[at++];
    if (value === undefined) return false;
    if (executor.shell.flavour === 'bash') await executor.trace([`for ${node.variable} in ${shown}`]);
    executor.variables.set(node.variable, value);
    return true;
  });
}

async function cStyleFor(executor: Executor, node: CStyleForNode): Promise<number> {
  const { expander } = executor;
  if (node.init) await expander.arithmetic(node.init);
  let first = true;
  return loop(executor, node, async () => {
    if (!first && node.update) await expander.arithmetic(node.update);
    first = false;
    return !node.condition || (await expander.arithmetic(node.condition)) !== 0n;
  });
}

/** The frame of all loops: `next` prepares an iteration or ends the loop. Every iteration lets others run. */
async function loop(executor: Executor, node: ForNode | CStyleForNode | WhileNode | UntilNode, next: () => Promise<boolean>): Promise<number> {
  const { shell } = executor;
  let status = 0;
  shell.loops++;
  try {
    for (;;) {
      await nextTurn(shell.task.signal);
      await executor.checkSignals();
      try {
        if (!(await next())) break;
        status = await executor.statements(node.body);
      } catch (error) {
        if (!(error instanceof LoopExit)) throw error;
        status = 0;
        if (--error.levels > 0) throw error;
        if (error.kind === 'break') break;
      }
    }
  } finally {
    shell.loops--;
  }
  shell.status = status;
  return status;
}

async function caseCommand(executor: Executor, node: CaseNode): Promise<number> {
  const { expander } = executor;
  const subject = await expander.text(node.word);
  let status = 0;
  let fallThrough = false;
  for (const item of node.items) {
    let matches = fallThrough;
    for (const pattern of matches ? [] : item.patterns) {
      matches = patternToRegExp(await expander.pattern(pattern)).test(subject);
      if (matches) break;
    }
    if (!matches) continue;
    executor.shell.status = 0;
    status = await executor.statements(item.body);
    if (item.terminator === ';;') break;
    fallThrough = item.terminator === ';&';
  }
  return status;
}
