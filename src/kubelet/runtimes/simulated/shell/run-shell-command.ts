import type { ProgramProcess } from '../program.js';
import { familyOf } from '../root-file-system.js';
import { endsProcess } from '../signals.js';
import { TtyFile } from '../terminal/tty-file.js';
import { Tty } from '../terminal/tty.js';
import { Killed } from './errors.js';
import { DEFAULT_PATH, findExecutable, findProgram } from './executable.js';
import { FileTable } from './io/file-table.js';
import { StreamInput, StreamOutput } from './io/stream-files.js';
import { runProgram } from './program.js';
import { runTask, Task, type Container, type Session } from './task.js';
import { installTools } from './tools/index.js';
import { userOf } from './tools/users.js';

installTools();

/**
 * Runs a command with the container's own programs: its main process, or one that `kubectl exec` or a probe starts.
 * With a terminal, keys go through a line discipline, and a shell without a script talks with the user.
 * Resolves with the exit code: 128 + N when signal N ended it, 127 when there is no such program (ask
 * `findExecutable` first to tell that apart). Never rejects.
 */
export async function runShellCommand(program: ProgramProcess): Promise<number> {
  const { process } = program;
  const container: Container = {
    name: process.container,
    family: familyOf(program.fs),
    fs: program.fs,
    pids: program.pids,
    network: program.network,
    hostname: program.hostname,
    clock: program.clock,
  };
  const files = new FileTable();
  const session = program.terminal ? openTerminal(program, files) : undefined;
  if (!session) {
    files.set(0, new StreamInput(() => program.stdin));
    files.set(1, new StreamOutput(() => program.stdout));
    files.set(2, new StreamOutput(() => program.stderr));
  }
  let lastSignal: string | undefined;
  const task = new Task({
    container, files, session,
    pid: process.pid,
    argv: program.argv,
    env: new Map(Object.entries(program.env)),
    cwd: program.cwd || '/',
    user: process.user,
    signal: endSignal(program.signal, () => lastSignal),
    umask: 0o022,
    group: session?.foreground,
  });
  await completeEnvironment(task);
  program.pids.handle(process.pid, (signal) => {
    const handled = task.receive(signal);
    // The kernel drops what PID 1 does not handle: there only SIGKILL is final.
    if (!handled && process.pid !== 1) lastSignal = signal;
    return handled;
  });
  return runTask(task, async () => {
    const [name = ''] = program.argv;
    const found = await findProgram(task, name, task.env.get('PATH') ?? DEFAULT_PATH);
    if ('kind' in found) return runProgram(task, found);
    const problem = await findExecutable(name, program.fs, program.env, task.cwd);
    await task.writeError(`${'error' in problem ? problem.error : name}\n`);
    return found.code;
  });
}

function openTerminal(program: ProgramProcess, files: FileTable): Session | undefined {
  if (!program.terminal) return undefined;
  const foreground = { id: program.process.pid, members: new Set<Task>() };
  const session: Session = {
    foreground,
    tty: new Tty({
      input: program.stdin,
      output: program.stdout,
      terminal: program.terminal,
      onSignal: (signal) => {
        for (const task of session.foreground.members) program.pids.kill(task.pid, signal);
      },
    }),
  };
  const file = new TtyFile(session.tty);
  files.set(0, file);
  files.set(1, file.retain());
  files.set(2, file.retain());
  return session;
}

/** The runtime's reason says nothing of the signal: the last one that was not handled is what ended the process. */
function endSignal(signal: AbortSignal, lastSignal: () => string | undefined): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new Killed(fatal(lastSignal()) ?? 'SIGKILL'));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}

function fatal(signal: string | undefined): string | undefined {
  return signal !== undefined && endsProcess(signal) ? signal : undefined;
}

/** What a container runtime always sets. */
async function completeEnvironment(task: Task): Promise<void> {
  const env = new Map(task.env);
  if (!env.has('PATH')) env.set('PATH', DEFAULT_PATH);
  if (!env.has('HOSTNAME')) env.set('HOSTNAME', task.container.hostname);
  if (task.session && !env.has('TERM')) env.set('TERM', 'xterm');
  if (!env.has('HOME')) env.set('HOME', task.user === 'root' || task.user === '' ? '/root' : (await userOf(task)).home);
  task.env = env;
}
