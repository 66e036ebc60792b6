import { evaluateTest } from '../builtins/test.js';
import { CommandError } from '../errors.js';
import type { Tool } from '../program.js';
import { Shell } from '../shell.js';
import { toolName } from './input.js';

/** `test` and `[` as programs, for `find -exec` and probes that name them. */
export const testTool: Tool = async (task, args) => {
  let words = args;
  if (toolName(task) === '[') {
    if (args.at(-1) !== ']') throw new CommandError('missing ]', 2);
    words = args.slice(0, -1);
  }
  const shell = new Shell(task, { flavour: 'ash', name: toolName(task), positional: [], interactive: false, source: 'command' });
  return Number(!(await evaluateTest(shell, words)));
};
