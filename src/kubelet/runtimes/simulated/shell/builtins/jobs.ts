import { SIGNAL_NAMES, signalName, signalNumber } from '../../signals.js';
import { CommandError } from '../errors.js';
import { abortable } from '../io/condition.js';
import { noteStopped, resume } from '../job-control.js';
import { describeJob, type Job } from '../jobs.js';
import type { Shell } from '../shell.js';
import { tasksOf } from '../task.js';
import type { Builtin } from './builtin.js';

/** `wait`: for all jobs or the named ones; a trapped signal ends it with 128 + N, and the trap runs then. */
export const wait: Builtin = async ({ shell, args }) => {
  const names = args.filter((arg) => arg !== '-n' && arg !== '-f');
  if (args.includes('-n')) {
    const jobs = names.length > 0 ? names.map((name) => shell.jobs.find(name)).filter((job) => job !== undefined) : [...shell.jobs.list()];
    if (jobs.length === 0) return 127;
    return untilSignal(shell, Promise.race(jobs.map((job) => ended(shell, job))));
  }
  if (names.length === 0) {
    const all = Promise.all(shell.jobs.list().map((job) => ended(shell, job)));
    return untilSignal(shell, all.then(() => 0));
  }
  let status = 0;
  for (const name of names) {
    const job = shell.jobs.find(name);
    if (!job) {
      if (shell.flavour === 'bash') await shell.task.writeError(`${shell.name}: wait: pid ${name} is not a child of this shell\n`);
      status = 127;
    } else status = await untilSignal(shell, ended(shell, job));
  }
  return status;
};

async function ended(shell: Shell, job: Job): Promise<number> {
  const status = await job.child.done;
  shell.jobs.remove(job);
  return status;
}

async function untilSignal(shell: Shell, done: Promise<number>): Promise<number> {
  const interrupted = async (): Promise<number> => {
    while (shell.pendingSignals.length === 0 && !shell.interrupted) await shell.signalled.wait(controller.signal);
    return 128 + signalNumber(shell.pendingSignals[0] ?? 'SIGINT');
  };
  const controller = new AbortController();
  try {
    const signals = interrupted();
    signals.catch(() => {});
    return await abortable(Promise.race([done, signals]), shell.task.signal);
  } finally {
    controller.abort(new Error('waited'));
  }
}

export const jobs: Builtin = async ({ shell, args }) => {
  for (const job of shell.jobs.list().slice()) {
    if (args.includes('-p')) await shell.task.write(`${job.child.pid}\n`);
    else {
      const line = describeJob(job, shell.jobs, shell.flavour);
      await shell.task.write(args.includes('-l') ? line.replace(/^(\[\d+\].) /, `$1 ${job.child.pid} `) : line);
    }
    if (job.status !== undefined) shell.jobs.remove(job);
  }
  return 0;
};

export const fg: Builtin = async ({ shell, executor, args }) => {
  const job = shell.jobs.find(args[0] ?? '%%');
  if (!job || !shell.interactive) throw new CommandError(shell.interactive ? `${args[0] ?? 'current'}: no such job` : 'no job control');
  await shell.task.write(`${job.text}\n`);
  shell.jobs.remove(job);
  const status = await executor.foreground(job.child.group, () => {
    resume(shell, job);
    return executor.waitFor(job.child);
  });
  await noteStopped(shell, job.child, job.text);
  return status;
};

export const bg: Builtin = async ({ shell, args }) => {
  const job = shell.jobs.find(args[0] ?? '%%');
  if (!job) throw new CommandError(`${args[0] ?? 'current'}: no such job`);
  await shell.task.write(shell.flavour === 'bash' ? `[${job.id}]+ ${job.text} &\n` : `[${job.id}] ${job.text}\n`);
  resume(shell, job);
  return 0;
};

export const disown: Builtin = async ({ shell, args }) => {
  const job = shell.jobs.find(args[0] ?? '%%');
  if (job) shell.jobs.remove(job);
  return 0;
};

export const kill: Builtin = async ({ shell, args }) => {
  const pids = args.map((arg) => {
    const job = arg.startsWith('%') ? shell.jobs.find(arg) : undefined;
    return job ? String(shell.interactive ? -job.child.group.id : job.child.pid) : arg;
  });
  return killProcesses(shell, pids);
};

/** kill(1) for the builtin and the program; signals the shell itself at once. */
async function killProcesses(shell: Shell, args: readonly string[]): Promise<number> {
  const { task } = shell;
  const result = sendSignals(task.container.pids, task.pid, args);
  if (result.list) {
    await task.write(result.list);
    return 0;
  }
  for (const problem of result.problems) await task.writeError(`${shell.flavour === 'bash' ? `${shell.name}: line ${shell.line}: kill: ${problem.bash}` : `${shell.name}: ${problem.busybox}`}\n`);
  task.signal.throwIfAborted();
  return result.code;
}

interface KillResult {
  readonly list?: string;
  readonly code: number;
  readonly problems: readonly { readonly bash: string; readonly busybox: string }[];
}

/** Carries out a kill command line; negative pids are process groups, -1 everything but init and the caller. */
export function sendSignals(pids: Shell['task']['container']['pids'], self: number, args: readonly string[]): KillResult {
  let signal = 'SIGTERM';
  const targets = [...args];
  const [first] = targets;
  if (first === '-l' || first === '-L') return { list: listSignals(targets.slice(1)), code: 0, problems: [] };
  if (first === '-s' || first === '-n') {
    targets.shift();
    const name = signalOf(targets.shift() ?? '');
    if (!name) return badSignal(args[1] ?? '');
    signal = name;
  } else if (first && /^-[A-Za-z0-9]+$/.test(first) && targets.length > 1) {
    targets.shift();
    const name = signalOf(first.slice(1));
    if (!name) return badSignal(first.slice(1));
    signal = name;
  }
  if (targets[0] === '--') targets.shift();
  if (targets.length === 0) {
    const usage = 'usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]';
    return { code: 2, problems: [{ bash: usage, busybox: 'you need to specify whom to kill' }] };
  }
  const problems: KillResult['problems'][number][] = [];
  for (const target of targets) {
    if (!/^-?\d+$/.test(target)) {
      problems.push({ bash: `${target}: arguments must be process or job IDs`, busybox: `invalid number '${target}'` });
      continue;
    }
    const reached = members(pids, self, Number(target)).map((pid) => pids.kill(pid, signal));
    if (!reached.includes(true)) problems.push({ bash: `(${target}) - No such process`, busybox: `can't kill pid ${target}: No such process` });
  }
  return { code: Number(problems.length > 0), problems };
}

function members(pids: Shell['task']['container']['pids'], self: number, target: number): number[] {
  if (target > 0) return [target];
  if (target === -1) return pids.list().map((process) => process.pid).filter((pid) => pid !== 1 && pid !== self);
  const group = target === 0 ? tasksOf(pids).get(self)?.group.id : -target;
  return [...tasksOf(pids).values()].filter((task) => task.group.id === group).map((task) => task.pid);
}

/** Signal 0 only asks whether the process exists. */
function signalOf(text: string): string | undefined {
  return text === '0' ? 'SIG0' : signalName(text);
}

function badSignal(text: string): KillResult {
  return { code: 1, problems: [{ bash: `${text}: invalid signal specification`, busybox: `bad signal name '${text}'` }] };
}

function listSignals(names: readonly string[]): string {
  if (names.length === 0) return SIGNAL_NAMES.map((name, i) => `${String(i + 1).padStart(2)}) ${name.slice(3)}\n`).join('');
  return names.map((name) => {
    const number = /^\d+$/.test(name) ? Number(name) : undefined;
    if (number === undefined) return `${signalNumber(signalName(name) ?? '')}\n`;
    return `${(SIGNAL_NAMES[(number > 128 ? number - 128 : number) - 1] ?? '').slice(3)}\n`;
  }).join('');
}

/** `trap`. */
export const trap: Builtin = async ({ shell, args }) => {
  const words = args.filter((arg) => arg !== '--' && arg !== '-p');
  if (words.length === 0) {
    for (const [signal, command] of shell.traps) {
      const shown = shell.flavour === 'bash' ? signal : signal.replace(/^SIG/, '');
      await shell.task.write(`trap -- '${command.replace(/'/g, "'\\''")}' ${shown}\n`);
    }
    return 0;
  }
  if (words[0] === '-l') {
    await shell.task.write(listSignals([]));
    return 0;
  }
  const [command = '', ...names] = words.length === 1 ? ['-', ...words] : /^\d+$/.test(words[0] ?? '') ? ['-', ...words] : words;
  for (const name of names) {
    const signal = trapSignal(name);
    if (!signal) throw new CommandError(shell.flavour === 'dash' ? `${name}: bad trap` : `${name}: invalid signal specification`);
    if (command === '-') shell.traps.delete(signal);
    else shell.traps.set(signal, command);
    shell.task.ignored = new Set([...shell.task.ignored].filter((ignored) => ignored !== signal));
    if (command === '') shell.task.ignored = new Set([...shell.task.ignored, signal]);
  }
  return 0;
};

function trapSignal(name: string): string | undefined {
  const upper = name.toUpperCase();
  if (upper === 'EXIT' || upper === '0') return 'EXIT';
  if (upper === 'ERR' || upper === 'DEBUG' || upper === 'RETURN') return upper;
  return signalName(name);
}
