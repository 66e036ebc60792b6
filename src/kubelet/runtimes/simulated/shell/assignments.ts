import type { AssignmentNode, WordNode } from './ast.js';
import type { Executor } from './executor.js';
import { quoteForShell } from './expansion/parameter.js';

/** Assignments before a command's name hold for that command only. */
export async function temporaryAssignments(executor: Executor, nodes: readonly AssignmentNode[]): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const node of nodes) {
    const value = node.value ? await executor.expander.text(node.value) : '';
    values.set(node.name, node.append ? (executor.variables.get(node.name) ?? '') + value : value);
  }
  return values;
}

/** A command line of nothing but assignments. */
export async function assignAll(executor: Executor, nodes: readonly AssignmentNode[]): Promise<void> {
  for (const node of nodes) {
    await assign(executor, node);
    if (executor.options.xtrace) await executor.trace([`${node.name}=${quoteForShell(executor.variables.get(node.name) ?? '')}`]);
  }
}

export async function assign(executor: Executor, node: AssignmentNode): Promise<void> {
  const { variables } = executor;
  const element = /^([A-Za-z_]\w*)\[(.*)\]$/s.exec(node.name);
  const name = element?.[1] ?? node.name;
  if (node.array) return assignArray(executor, name, node.array, node.append);
  const value = node.value ? await executor.expander.text(node.value) : '';
  if (element) {
    const key = await executor.expander.subscript(name, element[2] ?? '');
    return variables.setItem(name, key, node.append ? (variables.items(name).get(key) ?? '') + value : value);
  }
  const variable = variables.find(name);
  if (variable?.integer) {
    const sum = await executor.expander.arithmeticText(node.append ? `${variables.get(name) ?? '0'}+(${value})` : value);
    return variables.set(name, String(sum));
  }
  variables.set(name, node.append ? (variables.get(name) ?? '') + value : value);
  if (executor.options.allexport) variables.declare(name, { exported: true });
}

async function assignArray(executor: Executor, name: string, words: readonly WordNode[], append: boolean): Promise<void> {
  const { variables } = executor;
  const items = append ? new Map(variables.items(name)) : new Map<string, string>();
  let next = append ? Number([...items.keys()].at(-1) ?? -1) + 1 : 0;
  for (const word of words) {
    const first = word.parts[0];
    const keyed = first?.type === 'Literal' ? /^\[([^\]]*)\]=(.*)$/s.exec(first.value) : null;
    if (keyed) {
      const key = await executor.expander.subscript(name, keyed[1] ?? '');
      items.set(key, await executor.expander.text({ type: 'Word', parts: [{ type: 'Literal', value: keyed[2] ?? '' }, ...word.parts.slice(1)] }));
      next = Number(key) + 1;
    } else for (const value of await executor.expander.word(word)) items.set(String(next++), value);
  }
  variables.setItems(name, items);
}
