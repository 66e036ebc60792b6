import { CommandError } from './errors.js';
import { DEFAULT_PATH, findProgram, type Program } from './executable.js';
import type { Task } from './task.js';

/** A program of the simulated container: runs in a task and gives its exit code. `args` are without the name. */
export type Tool = (task: Task, args: readonly string[]) => Promise<number>;

const tools = new Map<string, Tool>();

/** Makes programs known by the names that the base images' files carry. */
export function registerTools(entries: Readonly<Record<string, Tool>>): void {
  for (const [name, tool] of Object.entries(entries)) tools.set(name, tool);
}

export function findTool(name: string): Tool | undefined {
  return tools.get(name);
}

const MAX_INTERPRETERS = 5;

/** Runs a program in a process that was made for it; `task.argv` are its arguments. */
export async function runProgram(task: Task, program: Program, depth = 0): Promise<number> {
  if (program.kind === 'script') {
    if (depth >= MAX_INTERPRETERS) throw new CommandError('Too many levels of symbolic links', 126);
    const argv = [...program.interpreter, program.path, ...task.argv.slice(1)];
    const interpreter = await findProgram(task, argv[0] ?? '', '');
    if (!('kind' in interpreter)) throw new CommandError('not found', 127);
    task.argv = argv;
    task.container.pids.exec(task.pid, argv);
    return runProgram(task, interpreter, depth + 1);
  }
  const tool = findTool(program.tool);
  if (!tool) throw new CommandError(task.container.family === 'busybox' || task.container.family === 'alpine' ? 'applet not found' : 'cannot execute', 127);
  return tool(task, task.argv.slice(1));
}

/** Finds and runs `argv` in the process: what `env`, `xargs`, `nohup` and their like do at their end. */
export async function execute(task: Task, argv: readonly string[]): Promise<number> {
  const program = await findProgram(task, argv[0] ?? '', task.env.get('PATH') ?? DEFAULT_PATH);
  if (!('kind' in program)) {
    throw new CommandError(program.code === 127 ? `${argv[0]}: No such file or directory` : `${argv[0]}: Permission denied`, program.code);
  }
  task.argv = argv;
  task.container.pids.exec(task.pid, argv);
  return runProgram(task, program);
}
