import { signalNumber } from '../signals.js';
import { abortable } from './io/condition.js';
import { describeJob, type Job } from './jobs.js';
import type { Shell } from './shell.js';
import type { Child } from './task.js';

/** Status of a command that Ctrl-Z has stopped. */
export const STOPPED = 128 + signalNumber('SIGTSTP');

/** A child's exit code; undefined when it is stopped and the shell controls jobs. */
export async function untilDone({ task, interactive }: Shell, child: Child): Promise<number | undefined> {
  if (!interactive) return abortable(child.done, task.signal);
  const waited = new AbortController();
  const stopped = child.whenStopped(AbortSignal.any([task.signal, waited.signal])).then(() => undefined);
  try {
    return await Promise.race([abortable(child.done, task.signal), stopped]);
  } finally {
    stopped.catch(() => {});
    waited.abort(new Error('waited'));
  }
}

/** Makes what was in the foreground a job, if Ctrl-Z has stopped it. */
export async function noteStopped(shell: Shell, child: Child | undefined, text: string): Promise<void> {
  if (!shell.interactive || !child?.stopped) return;
  const job = shell.jobs.add(child, text);
  await shell.task.writeError(`\n${describeJob(job, shell.jobs, shell.flavour)}`);
}

/** Lets a stopped job go on. */
export function resume({ task }: Shell, job: Job): void {
  for (const member of job.child.group.members) task.container.pids.kill(member.pid, 'SIGCONT');
}

/** Whether the user is told of stopped jobs instead of leaving the shell: once. */
export async function heldByJobs(shell: Shell): Promise<boolean> {
  if (!shell.interactive || shell.warnedOfJobs || shell.jobs.stopped().length === 0) return false;
  shell.warnedOfJobs = true;
  await shell.task.writeError(shell.flavour === 'bash' ? 'There are stopped jobs.\n' : 'You have stopped jobs.\n');
  return true;
}

/** Stopped jobs do not outlive their shell: the kernel hangs them up. */
export function hangUp(shell: Shell): void {
  for (const job of shell.jobs.stopped()) {
    for (const member of job.child.group.members) shell.task.container.pids.kill(member.pid, 'SIGHUP');
    resume(shell, job);
  }
}
