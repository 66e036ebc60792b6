import type { Child } from './task.js';

export interface Job {
  readonly id: number;
  readonly child: Child;
  /** The command line, for `jobs`. */
  readonly text: string;
  /** Undefined while it runs. */
  status: number | undefined;
}

/** A shell's background jobs. */
export class JobTable {
  private readonly jobs: Job[] = [];

  add(child: Child, text: string): Job {
    const job: Job = { id: (this.jobs.at(-1)?.id ?? 0) + 1, child, text, status: undefined };
    this.jobs.push(job);
    void child.done.then((status) => {
      job.status = status;
    });
    return job;
  }

  /** What a subshell sees of its parent's jobs. */
  inherit(parent: JobTable): void {
    this.jobs.push(...parent.jobs);
  }

  list(): readonly Job[] {
    return this.jobs;
  }

  running(): Job[] {
    return this.jobs.filter((job) => job.status === undefined);
  }

  stopped(): Job[] {
    return this.jobs.filter((job) => job.status === undefined && job.child.stopped);
  }

  /** The job named by `%1`, `%%`, `%+`, `%-`, `%text` or a pid. */
  find(name: string): Job | undefined {
    if (!name.startsWith('%')) return this.jobs.find((job) => job.child.pid === Number(name));
    const spec = name.slice(1);
    if (spec === '' || spec === '%' || spec === '+') return this.jobs.at(-1);
    if (spec === '-') return this.jobs.at(-2) ?? this.jobs.at(-1);
    if (/^\d+$/.test(spec)) return this.jobs.find((job) => job.id === Number(spec));
    return this.jobs.findLast((job) => (spec.startsWith('?') ? job.text.includes(spec.slice(1)) : job.text.startsWith(spec)));
  }

  remove(job: Job): void {
    const index = this.jobs.indexOf(job);
    if (index >= 0) this.jobs.splice(index, 1);
  }

  /** Jobs that have ended since the last call, taken off the table. */
  takeEnded(): Job[] {
    const ended = this.jobs.filter((job) => job.status !== undefined);
    for (const job of ended) this.remove(job);
    return ended;
  }
}

/** One line of `jobs`. */
export function describeJob(job: Job, jobs: JobTable, flavour: string): string {
  const list = jobs.list();
  const mark = job === list.at(-1) ? '+' : job === list.at(-2) ? '-' : ' ';
  const state = job.status === undefined ? (job.child.stopped ? 'Stopped' : 'Running') : job.status === 0 ? 'Done' : job.status > 128 ? 'Terminated' : flavour === 'bash' ? `Exit ${job.status}` : `Done(${job.status})`;
  const ampersand = state === 'Running' && flavour === 'bash' ? ' &' : '';
  return `[${job.id}]${mark}  ${state.padEnd(flavour === 'bash' ? 24 : 27)}${job.text}${ampersand}\n`;
}
