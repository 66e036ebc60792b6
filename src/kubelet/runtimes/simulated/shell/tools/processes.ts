import { commandName } from '../../files/proc-files.js';
import type { SimulatedProcess } from '../../processes.js';
import { signalName } from '../../signals.js';
import { sendSignals } from '../builtins/jobs.js';
import { CommandError } from '../errors.js';
import type { Tool } from '../program.js';
import type { Task } from '../task.js';
import { formatTime } from './date.js';
import { isBusybox, toolName } from './input.js';
import { parseOptions } from './options.js';
import { nameTables } from './users.js';

const STATES = { running: 'S', stopped: 'T', zombie: 'Z' } as const;

type Column = (process: SimulatedProcess) => string;

function commandLine(process: SimulatedProcess): string {
  if (process.state === 'zombie') return `[${commandName(process)}]`;
  return process.argv.join(' ');
}

function elapsed(task: Task, process: SimulatedProcess): string {
  const seconds = Math.max(0, Math.floor((task.container.clock.now() - process.startedAt) / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(seconds / 3600) % 24;
  const days = Math.floor(seconds / 86_400);
  return `${days > 0 ? `${days}-` : ''}${days > 0 || hours > 0 ? `${String(hours).padStart(2, '0')}:` : ''}${parts.join(':')}`;
}

function columnsOf(task: Task, user: (process: SimulatedProcess) => string): Readonly<Record<string, readonly [string, Column, 'left' | 'right']>> {
  const state: Column = (process) => STATES[process.state];
  const command: Column = commandLine;
  return {
    pid: ['PID', (process) => String(process.pid), 'right'],
    ppid: ['PPID', (process) => String(process.parent), 'right'],
    user: ['USER', user, 'left'], uid: ['UID', user, 'left'], ruser: ['RUSER', user, 'left'],
    comm: ['COMMAND', (process) => commandName(process) + (process.state === 'zombie' ? ' <defunct>' : ''), 'left'],
    args: ['COMMAND', command, 'left'], cmd: ['CMD', command, 'left'], command: ['COMMAND', command, 'left'],
    stat: ['STAT', (process) => state(process) + (process.pid === 1 ? 's' : ''), 'left'], s: ['S', state, 'left'], state: ['S', state, 'left'],
    tty: ['TT', (process) => process.terminal ?? '?', 'left'], tt: ['TT', (process) => process.terminal ?? '?', 'left'],
    time: ['TIME', () => '00:00:00', 'right'], etime: ['ELAPSED', (process) => elapsed(task, process), 'right'],
    pgid: ['PGID', (process) => String(process.pid), 'right'], vsz: ['VSZ', () => '1348', 'right'], rss: ['RSS', () => '928', 'right'],
    pcpu: ['%CPU', () => '0.0', 'right'], pmem: ['%MEM', () => '0.0', 'right'], nice: ['NI', () => '0', 'right'],
    lstart: ['STARTED', (process) => formatTime('%a %b %e %H:%M:%S %Y', process.startedAt), 'right'],
    start: ['STARTED', (process) => formatTime('%H:%M:%S', process.startedAt), 'right'],
  };
}

function table(rows: readonly SimulatedProcess[], columns: readonly (readonly [string, Column, 'left' | 'right'])[], headings: boolean): string {
  const cells = rows.map((row) => columns.map(([, value]) => value(row)));
  const widths = columns.map(([title], i) => Math.max(title === 'PID' || title === 'PPID' ? 5 : title === 'USER' ? 8 : title.length, ...cells.map((row) => (row[i] ?? '').length)));
  const line = (values: readonly string[]): string => `${values.map((value, i) => {
    if (i === values.length - 1 && columns[i]?.[2] === 'left') return value;
    return columns[i]?.[2] === 'left' ? value.padEnd(widths[i] ?? 0) : value.padStart(widths[i] ?? 0);
  }).join(' ').trimEnd()}\n`;
  return (headings ? line(columns.map(([title]) => title)) : '') + cells.map(line).join('');
}

export const ps: Tool = async (task, args) => {
  const names = await nameTables(task);
  const user: Column = (process) => (/^\d+/.test(process.user) ? names.user(Number.parseInt(process.user, 10)) : process.user.replace(/:.*$/, ''));
  const known = columnsOf(task, user);
  const formats: string[] = [];
  const wantedPids: number[] = [];
  let flags = '';
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const format = /^(?:-[A-Za-z]*o|--format=?|o)(.*)$/.exec(arg);
    if (format && (arg.startsWith('-') || arg === 'o')) formats.push(...(format[1] || (args[++i] ?? '')).split(/[\s,]+/));
    else if (arg === '-p' || arg === '--pid' || arg === 'p') wantedPids.push(...(args[++i] ?? '').split(/[\s,]+/).map(Number));
    else if (/^\d+$/.test(arg)) wantedPids.push(Number(arg));
    else flags += arg.replace(/^-+/, '');
  }
  const all = task.container.pids.list().filter((process) => wantedPids.length === 0 || wantedPids.includes(process.pid));
  if (formats.length > 0) {
    const headings = !formats.every((format) => format.endsWith('='));
    const columns = formats.map((format) => {
      const [name = '', title] = format.split('=');
      const column = known[name];
      if (!column) throw new CommandError(`bad -o argument '${name}'`);
      return title ? [title, column[1], column[2]] as const : column;
    });
    await task.write(table(all, columns, headings));
  } else if (isBusybox(task)) {
    await task.write('PID   USER     TIME  COMMAND\n');
    for (const process of all) await task.write(`${String(process.pid).padStart(5)} ${user(process).slice(0, 8).padEnd(8)}  0:00 ${commandLine(process)}\n`);
  } else if (/[aux]{2,}|^u$/.test(flags) && !flags.includes('ef')) {
    await task.write('USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n');
    for (const process of all) {
      const state = process.pid === task.pid ? 'R+' : process.pid === 1 ? 'Ss' : STATES[process.state];
      await task.write(`${user(process).slice(0, 8).padEnd(8)} ${String(process.pid).padStart(7)}  0.0  0.0   2576   928 ${(process.terminal ?? '?').padEnd(8)} ${state.padEnd(4)} ${formatTime('%H:%M', process.startedAt)}   0:00 ${commandLine(process)}\n`);
    }
  } else if (flags.includes('f')) {
    await task.write('UID          PID    PPID  C STIME TTY          TIME CMD\n');
    for (const process of all) await task.write(`${user(process).slice(0, 8).padEnd(8)} ${String(process.pid).padStart(7)} ${String(process.parent).padStart(7)}  0 ${formatTime('%H:%M', process.startedAt)} ${(process.terminal ?? '?').padEnd(8)} 00:00:00 ${commandLine(process)}\n`);
  } else {
    await task.write('    PID TTY          TIME CMD\n');
    const own = all.filter((process) => /[eAx]/.test(flags) || process.terminal === (task.session ? 'pts/0' : undefined));
    for (const process of own) await task.write(`${String(process.pid).padStart(7)} ${(process.terminal ?? '?').padEnd(8)} 00:00:00 ${commandName(process)}\n`);
  }
  return 0;
};

export const kill: Tool = async (task, args) => {
  const result = sendSignals(task.container.pids, task.pid, args);
  if (result.list) await task.write(result.list);
  for (const problem of result.problems) await task.writeError(`kill: ${isBusybox(task) ? problem.busybox : problem.bash}\n`);
  return result.code;
};

function matching(task: Task, pattern: string, full: boolean, exact: boolean): SimulatedProcess[] {
  const expression = new RegExp(exact ? `^(?:${pattern})$` : pattern);
  return task.container.pids.list().filter((process) => process.pid !== task.pid && process.state !== 'zombie' && expression.test(full ? process.argv.join(' ') : commandName(process)));
}

export const pidof: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'so:x');
  const found = task.container.pids.list().filter((process) => operands.includes(commandName(process)) && process.state !== 'zombie').map((process) => process.pid).reverse();
  if (found.length === 0) return 1;
  await task.write(`${(options.has('s') ? found.slice(0, 1) : found).join(' ')}\n`);
  return 0;
};

/** `pgrep` and `pkill`, and `killall` for exact names. */
export const pkill: Tool = async (task, args) => {
  const name = toolName(task);
  const signal = args.find((arg) => /^-(\d+|[A-Z][A-Z0-9]+)$/.test(arg) && signalName(arg.slice(1)));
  const { options, operands } = parseOptions(args.filter((arg) => arg !== signal), 'flxnoacq', { full: 'f', exact: 'x', newest: 'n', oldest: 'o', signal: 's:', 'list-full': 'a' });
  const [pattern] = operands;
  if (pattern === undefined) throw new CommandError('no matching criteria specified', 2);
  let found = matching(task, name === 'killall' ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : pattern, options.has('f'), options.has('x') || name === 'killall');
  if (options.has('n')) found = found.slice(-1);
  if (options.has('o')) found = found.slice(0, 1);
  if (name === 'pgrep') for (const process of found) await task.write(options.has('l') || options.has('a') ? `${process.pid} ${options.has('a') ? process.argv.join(' ') : commandName(process)}\n` : `${process.pid}\n`);
  else for (const process of found) task.container.pids.kill(process.pid, signalName(signal?.slice(1) ?? options.get('s') ?? 'TERM') ?? 'SIGTERM');
  if (name === 'killall' && found.length === 0) throw new CommandError(`${pattern}: no process killed`);
  return Number(found.length === 0);
};

async function memory(task: Task): Promise<(name: string) => number> {
  const text = await task.fs.readFile('/proc/meminfo').catch(() => '');
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

export const free: Tool = async (task, args) => {
  const { options } = parseOptions(args, 'bkmgh', { human: 'h', mebi: 'm', gibi: 'g' });
  const value = await memory(task);
  const unit = options.has('b') ? 1 / 1024 : options.has('m') ? 1024 : options.has('g') ? 1 << 20 : 1;
  const show = (kib: number): string => (options.has('h') ? `${(kib / 1048576).toFixed(1)}G` : String(Math.floor(kib / unit))).padStart(11);
  const [total, unused, cached, available] = [value('MemTotal'), value('MemFree'), value('Buffers') + value('Cached'), value('MemAvailable')];
  const cells = [total, total - unused - cached, unused, 0, cached, available].map(show).join(' ');
  await task.write(`              total        used        free      shared  buff/cache   available\nMem:    ${cells}\nSwap:   ${[0, 0, 0].map(show).join(' ')}\n`);
  return 0;
};

async function uptimeText(task: Task): Promise<string> {
  const seconds = Number((await task.fs.readFile('/proc/uptime').catch(() => '0')).split(' ')[0]);
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const up = `${days > 0 ? `${days} day${days > 1 ? 's' : ''}, ` : ''}${hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}` : `${minutes} min`}`;
  return ` ${formatTime('%H:%M:%S', task.container.clock.now())} up ${up},  0 users,  load average: 0.12, 0.10, 0.09`;
}

export const uptime: Tool = async (task) => {
  await task.write(`${await uptimeText(task)}\n`);
  return 0;
};

export const top: Tool = async (task, args) => {
  const batch = /b/.test(args.filter((arg) => /^-?[a-z]*b/.test(arg)).join(''));
  const rounds = /-?n\s*(\d+)/.exec(args.join(' '))?.[1];
  const delay = Number(/-d\s*([\d.]+)/.exec(args.join(' '))?.[1] ?? '5') * 1000;
  const value = await memory(task);
  for (let round = 0; round < Number(rounds ?? Infinity); round++) {
    if (round > 0) await task.sleep(delay);
    const rows = task.container.pids.list();
    const [total, unused, cached] = [value('MemTotal'), value('MemFree'), value('Cached')];
    if (!batch) await task.write('\x1b[H\x1b[J');
    if (isBusybox(task)) {
      await task.write(`Mem: ${total - unused}K used, ${unused}K free, 0K shrd, ${value('Buffers')}K buff, ${cached}K cached\nCPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\nLoad average: 0.12 0.10 0.09 1/${rows.length} ${rows.at(-1)?.pid ?? 1}\n  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n`);
      for (const row of rows) await task.write(`${String(row.pid).padStart(5)} ${String(row.parent).padStart(5)} ${row.user.slice(0, 8).padEnd(8)} ${row.state === 'zombie' ? 'Z' : row.pid === task.pid ? 'R' : 'S'}     1348   0%   0   0% ${commandLine(row)}\n`);
    } else {
      await task.write(`top -${(await uptimeText(task)).replace(/^ /, ' ')}\nTasks: ${rows.length} total,   1 running, ${rows.length - 1} sleeping,   0 stopped,   ${rows.filter((row) => row.state === 'zombie').length} zombie\n%Cpu(s):  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\nMiB Mem : ${(total / 1024).toFixed(1).padStart(8)} total, ${(unused / 1024).toFixed(1).padStart(8)} free, ${((total - unused - cached) / 1024).toFixed(1).padStart(8)} used, ${(cached / 1024).toFixed(1).padStart(8)} buff/cache\nMiB Swap:      0.0 total,      0.0 free,      0.0 used. ${(value('MemAvailable') / 1024).toFixed(1).padStart(8)} avail Mem\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n`);
      for (const row of rows) await task.write(`${String(row.pid).padStart(7)} ${row.user.slice(0, 8).padEnd(8)}  20   0    2576    928    840 ${row.state === 'zombie' ? 'Z' : 'S'}   0.0   0.0   0:00.00 ${commandName(row)}\n`);
    }
  }
  return 0;
};
