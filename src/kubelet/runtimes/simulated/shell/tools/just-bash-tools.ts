import { AsyncLocalStorage } from 'node:async_hooks';
import type { Bash, Command } from 'just-bash';
import type { FileSystem } from '../../file-system.js';
import { CaptureFile, BytesFile } from '../io/open-file.js';
import { openPath } from '../io/open.js';
import { justBashFiles, loadJustBash } from '../just-bash.js';
import { findTool, runProgram, type Tool } from '../program.js';
import type { Task } from '../task.js';
import { isBusybox, linesOf, readAll, toolName } from './input.js';

/** Programs whose work just-bash does: they read all of their input, then print all of their output. */
export const JUST_BASH_TOOLS: readonly string[] = `readlink grep egrep fgrep sed awk sort uniq comm cut paste
  rev nl fold expand unexpand strings column join find basename dirname tree du seq expr md5sum sha1sum sha256sum
  file jq tac od yq`.split(/\s+/);

/** Instances kept for reuse; each takes some 130 KB. */
const MAX_INSTANCES = 16;
const instances = new Map<FileSystem, Bash>();

/** Runaway guards of a sandbox for untrusted code; a container may run for as long as it likes. */
const LIMITS = {
  maxCommandCount: 1e12, maxLoopIterations: 1e12, maxAwkIterations: 1e12, maxSedIterations: 1e12, maxJqIterations: 1e12, maxWorkUnits: 1e15,
  maxTraversalWork: 1e12, maxTraversalEntries: 1e9, maxGlobOperations: 1e12, maxExecutionTimeMs: 2 ** 31 - 1, maxStringLength: 2 ** 29, maxArrayElements: 1e9,
  maxOutputSize: 2 ** 30, maxInputBytes: 2 ** 31, maxLiveBytes: 2 ** 31,
};

/** The task that runs a tool now, for tools of ours that just-bash calls (`find -exec`). */
const caller = new AsyncLocalStorage<Task>();

export function justBashTool(name: string): Tool {
  return async (task, args) => {
    if (streams(name, args)) return perBatch(task, name, args);
    const stdin = needsInput(name, args) ? await readAll(task.stdin, task.signal) : Buffer.alloc(0);
    return run(task, name, args, stdin);
  };
}

async function run(task: Task, name: string, args: readonly string[], stdin: Uint8Array): Promise<number> {
  const { stdoutAsBytes, latin1FromBytes } = await loadJustBash();
  const bash = await instanceFor(task);
  const temporary: string[] = [];
  const controller = new AbortController();
  const abort = (): void => controller.abort(task.signal.reason);
  task.signal.addEventListener('abort', abort, { once: true });
  try {
    const words = await Promise.all(args.map((arg) => materialize(task, arg, temporary)));
    const result = await caller.run(task, () => bash.exec(name, {
      args: words,
      env: Object.fromEntries(task.env),
      replaceEnv: true,
      cwd: task.cwd,
      stdin: Buffer.from(stdin.buffer, stdin.byteOffset, stdin.length).toString('latin1'),
      stdinKind: 'bytes',
      signal: controller.signal,
      rawScript: true,
    }));
    task.signal.throwIfAborted();
    const bytes = Buffer.from(latin1FromBytes(stdoutAsBytes(result)), 'latin1');
    if (bytes.length > 0) await task.write(bytes);
    if (result.stderr) await task.writeError(isBusybox(task) ? busyboxWording(name, result.stderr) : result.stderr);
    return result.exitCode;
  } finally {
    task.signal.removeEventListener('abort', abort);
    for (const path of temporary) await task.fs.rm(path, { force: true });
  }
}

/** Process substitutions come as descriptors, which just-bash cannot read: it gets a file instead. */
async function materialize(task: Task, arg: string, temporary: string[]): Promise<string> {
  if (!/^\/dev\/(fd\/\d+|stdin)$/.test(arg)) return arg;
  const file = await openPath(task, arg, 'read');
  const path = `/tmp/.fd-${task.pid}-${temporary.length}`;
  temporary.push(path);
  await task.fs.writeFile(path, await readAll(file, task.signal));
  file.release();
  return path;
}

async function instanceFor(task: Task): Promise<Bash> {
  const known = instances.get(task.fs);
  if (known) {
    instances.delete(task.fs);
    instances.set(task.fs, known);
    return known;
  }
  const { Bash } = await loadJustBash();
  const bash = new Bash({
    fs: justBashFiles(task.fs),
    cwd: '/',
    env: {},
    // It would patch process-wide globals while a command runs.
    defenseInDepth: false,
    executionLimits: LIMITS,
    customCommands: OWN_TOOLS.map(bridge),
    sleep: (ms) => new Promise((resolve) => { task.container.clock.after(ms, resolve); }),
  });
  instances.set(task.fs, bash);
  if (instances.size > MAX_INSTANCES) instances.delete(instances.keys().next().value ?? task.fs);
  return bash;
}

/** Programs of ours that scripts reach from inside just-bash's tools, such as `find -exec`. */
const OWN_TOOLS = ['sh', 'bash', 'rm', 'cp', 'mv', 'ln', 'mkdir', 'touch', 'chmod', 'stat', 'cat', 'ls', 'head', 'tail', 'wc', 'tee', 'tar', 'chown', 'date', 'echo', 'env', 'xargs', 'test', '['];

function bridge(name: string): Command {
  return {
    name,
    trusted: true,
    execute: async (args, context) => {
      const { latin1FromBytes } = await loadJustBash();
      const task = caller.getStore();
      const tool = findTool(name);
      if (!task || !tool) return { stdout: '', stderr: `${name}: not found\n`, exitCode: 127 };
      const stdout = new CaptureFile();
      const stderr = new CaptureFile();
      const files = task.files.copy();
      files.set(0, new BytesFile(Buffer.from(latin1FromBytes(context.stdin), 'latin1')));
      files.set(1, stdout.retain());
      files.set(2, stderr.retain());
      const child = task.spawn({ argv: [name, ...args], files, cwd: context.cwd, main: (next) => runProgram(next, { kind: 'tool', path: name, tool: name }) });
      const exitCode = await child.done;
      task.reap(child.pid);
      return { stdout: stdout.bytes().toString('utf8'), stderr: stderr.bytes().toString('utf8'), exitCode };
    },
  };
}

const WITHOUT_INPUT = new Set(['readlink', 'find', 'basename', 'dirname', 'tree', 'du', 'seq', 'expr', 'file']);

/** Whether a tool reads standard input with these arguments; too often is only a wait for its end. */
function needsInput(name: string, args: readonly string[]): boolean {
  if (WITHOUT_INPUT.has(name)) return false;
  const operands = args.filter((arg) => !arg.startsWith('-') || arg === '-');
  if (operands.includes('-')) return true;
  const recursive = (name === 'grep' || name === 'egrep' || name === 'fgrep') && args.some((arg) => /^-[a-zA-Z]*[rR]/.test(arg));
  if (recursive || args.some((arg) => arg === '--help' || arg === '--version')) return false;
  const scripted = args.some((arg) => /^-[a-zA-Z]*[ef]$/.test(arg));
  const own = ['grep', 'egrep', 'fgrep', 'sed', 'awk', 'jq', 'yq'].includes(name) && !scripted ? 1 : 0;
  const valued = args.filter((arg, i) => i > 0 && !arg.startsWith('-') && /^-(?:[a-zA-Z]*[efABCmdFvkn]|-[a-z-]+)$/.test(args[i - 1] ?? '') && takesValue(name, args[i - 1] ?? '')).length;
  return operands.length - valued <= own;
}

const VALUED: Readonly<Record<string, string>> = { grep: 'efABCm', egrep: 'efABCm', fgrep: 'efABCm', sed: 'ef', awk: 'fFv', cut: 'dfcb', sort: 'kto', fold: 'w', nl: 'bwns', column: 'ts', paste: 'd', od: 'AtNj', split: 'lbna' };

function takesValue(name: string, option: string): boolean {
  return (VALUED[name] ?? '').includes(option.at(-1) ?? ' ');
}

/** Filters whose lines do not depend on each other: they can work on what has come so far (`tail -f x | grep y`). */
function streams(name: string, args: readonly string[]): boolean {
  if (!needsInput(name, args) || args.includes('-')) return false;
  const flags = args.filter((arg) => /^-./.test(arg));
  if (name === 'grep' || name === 'egrep' || name === 'fgrep') return flags.every((flag) => /^-[EFivwxhoe]+$|^--(line-buffered|color.*)$/.test(flag)) && !args.includes('--');
  if (name === 'cut' || name === 'rev') return true;
  if (name !== 'sed') return false;
  return flags.every((flag) => /^-[ureEn]+$/.test(flag)) && args.filter((arg) => !arg.startsWith('-')).every((script) => /^s(.)(?:(?!\1).)*\1(?:(?!\1).)*\1[gip]*$/.test(script));
}

async function perBatch(task: Task, name: string, args: readonly string[]): Promise<number> {
  const isGrep = toolName(task).endsWith('grep');
  let best = isGrep ? 1 : 0;
  let ran = false;
  for await (const batch of batchesOf(task)) {
    ran = true;
    const status = await run(task, name, args, batch);
    if (isGrep ? status > 1 : status !== 0) return status;
    if (status === 0) best = 0;
  }
  return ran ? best : run(task, name, args, Buffer.alloc(0));
}

/** Whole lines that have come together. */
async function* batchesOf(task: Task): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  let ended = false;
  let failure: unknown;
  let wake: (() => void) | undefined;
  const pump = (async (): Promise<void> => {
    for await (const line of linesOf(task.stdin, task.signal)) {
      waiting.push(line);
      size += line.length;
      wake?.();
      while (size > 4 << 20) await new Promise((resolve) => { setImmediate(resolve); });
    }
  })().catch((error: unknown) => { failure = error; }).finally(() => { ended = true; wake?.(); });
  for (;;) {
    if (waiting.length === 0 && !ended) await new Promise<void>((resolve) => { wake = resolve; });
    // Gives what is already on its way the chance to come along.
    await new Promise((resolve) => { setImmediate(resolve); });
    const batch = waiting;
    waiting = [];
    size = 0;
    if (batch.length > 0) yield Buffer.concat(batch);
    else if (ended) break;
  }
  await pump;
  if (failure !== undefined) throw failure;
}

/** GNU's wording of errors in busybox's. */
function busyboxWording(name: string, text: string): string {
  return text
    .replace(/cannot (create directory|remove|stat|open|create regular file|touch) ['‘]([^'’]*)['’]/g, (_, what: string, path: string) => {
      if (what === 'touch') return path;
      return `can't ${what.replace('create regular file', 'create')} '${path}'`;
    })
    .replace(/failed to remove ['‘]([^'’]*)['’]/g, "'$1'")
    .replace(new RegExp(`^${name}: ([^:'\\n]+): No such file`, 'gm'), `${name}: $1: No such file`);
}
