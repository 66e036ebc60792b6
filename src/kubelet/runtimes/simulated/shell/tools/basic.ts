import { randomInt } from 'node:crypto';
import { formatPrintf } from '../printf.js';
import { KERNEL_RELEASE } from '../../files/proc-files.js';
import { echoText } from '../builtins/output.js';
import { CommandError } from '../errors.js';
import { DEFAULT_PATH, findProgram } from '../executable.js';
import { execute, findTool, type Tool } from '../program.js';
import type { Task } from '../task.js';
import { eachInput, isBusybox, parseDuration, readAll } from './input.js';
import { parseOptions } from './options.js';
import { forever } from './streams.js';
import { groupsOf, lookUpId, userOf } from './users.js';

export const succeed: Tool = async () => 0;
export const fail: Tool = async () => 1;

/** Longer than any timer needs to be: such a sleep just waits to be killed. */
const FOREVER_SECONDS = 10 * 365 * 86_400;

export const sleep: Tool = async (task, args) => {
  if (args.length === 0) throw new CommandError(isBusybox(task) ? 'missing operand' : "missing operand\nTry 'sleep --help' for more information.");
  let seconds = 0;
  for (const arg of args) {
    try {
      seconds += parseDuration(arg);
    } catch {
      throw new CommandError(isBusybox(task) ? `invalid number '${arg}'` : `invalid time interval '${arg}'\nTry 'sleep --help' for more information.`);
    }
  }
  if (seconds > FOREVER_SECONDS) return forever(task);
  await task.sleep(seconds * 1000);
  return 0;
};

export const echo: Tool = async (task, args) => {
  await task.write(echoText(args, false));
  return 0;
};

export const printf: Tool = async (task, args) => {
  const [format, ...rest] = args[0] === '--' ? args.slice(1) : args;
  if (format === undefined) throw new CommandError('missing operand');
  const { bytes, invalid } = formatPrintf(format, rest, task.container.clock.now());
  await task.write(bytes);
  for (const text of invalid) await task.writeError(`printf: '${text}': expected a numeric value\n`);
  return Number(invalid.length > 0);
};

export const env: Tool = async (task, args) => {
  const variables = new Map(task.env);
  const words = [...args];
  while (words[0]?.startsWith('-')) {
    const option = words.shift() ?? '';
    if (option === '-i' || option === '-' || option === '--ignore-environment') variables.clear();
    else if (option === '-u') variables.delete(words.shift() ?? '');
    else if (option.startsWith('--unset=')) variables.delete(option.slice(8));
    else if (option === '--') break;
    else if (option === '-S') words.unshift(...(words.shift() ?? '').split(/\s+/));
    else throw new CommandError(`unrecognized option: ${option}`, 125);
  }
  while (/^[^=]+=/.test(words[0] ?? '')) {
    const word = words.shift() ?? '';
    variables.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
  }
  if (words.length > 0) {
    task.env = variables;
    return execute(task, words);
  }
  for (const [name, value] of variables) await task.write(`${name}=${value}\n`);
  return 0;
};

export const printenv: Tool = async (task, args) => {
  if (args.length === 0) return env(task, []);
  let status = 0;
  for (const name of args) {
    const value = task.env.get(name);
    if (value === undefined) status = 1;
    else await task.write(`${value}\n`);
  }
  return status;
};

export const whoami: Tool = async (task) => {
  const user = await userOf(task);
  if (!user.name) throw new CommandError(`unknown uid ${user.uid}`);
  await task.write(`${user.name}\n`);
  return 0;
};

export const id: Tool = async (task, args) => {
  const { options, operands: [other] } = parseOptions(args, 'ugGnr', { user: 'u', group: 'g', groups: 'G', name: 'n' });
  if (other !== undefined && (await lookUpId(task, 'user', other)) === undefined) throw new CommandError(isBusybox(task) ? `unknown user ${other}` : `'${other}': no such user`);
  const user = await userOf(other === undefined ? task : { fs: task.fs, user: other });
  const groups = await groupsOf(task, user);
  const named = options.has('n');
  const show = (number: number, name: string | undefined): string => (named ? (name ?? String(number)) : String(number));
  if (options.has('u')) await task.write(`${show(user.uid, user.name)}\n`);
  else if (options.has('g')) await task.write(`${show(user.gid, groups[0]?.name)}\n`);
  else if (options.has('G')) await task.write(`${groups.map((group) => show(group.gid, group.name)).join(' ')}\n`);
  else {
    const label = (number: number, name: string | undefined): string => (name ? `${number}(${name})` : String(number));
    await task.write(`uid=${label(user.uid, user.name)} gid=${label(user.gid, groups[0]?.name)} groups=${groups.map((group) => label(group.gid, group.name)).join(',')}\n`);
  }
  return 0;
};

export const groups: Tool = async (task) => {
  const list = await groupsOf(task, await userOf(task));
  await task.write(`${list.map((group) => group.name ?? group.gid).join(' ')}\n`);
  return 0;
};

const MACHINE: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7l', ppc64: 'ppc64le' };
const machine = MACHINE[process.arch] ?? process.arch;

export const uname: Tool = async (task, args) => {
  const { options } = parseOptions(args, 'asnrvmpio', {
    all: 'a', 'kernel-name': 's', nodename: 'n', 'kernel-release': 'r', 'kernel-version': 'v', machine: 'm', 'operating-system': 'o', processor: 'p',
  });
  const fields: [string, string][] = [
    ['s', 'Linux'], ['n', task.container.hostname], ['r', KERNEL_RELEASE], ['v', '#1 SMP PREEMPT_DYNAMIC'], ['m', machine],
    ['p', 'unknown'], ['i', 'unknown'], ['o', isBusybox(task) && task.container.family === 'alpine' ? 'Linux' : 'GNU/Linux'],
  ];
  const wanted = fields.filter(([letter]) => (options.has('a') ? !'pi'.includes(letter) : options.size > 0 ? options.has(letter) : letter === 's'));
  await task.write(`${wanted.map(([, value]) => value).join(' ')}\n`);
  return 0;
};

export const arch: Tool = async (task) => {
  await task.write(`${machine}\n`);
  return 0;
};

export const hostname: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'sfidI', { short: 's', fqdn: 'f', long: 'f', 'ip-address': 'i', 'all-ip-addresses': 'I', domain: 'd' });
  if (operands.length > 0) throw new CommandError('sethostname: Operation not permitted');
  const name = task.container.hostname;
  const text = options.has('i') || options.has('I') ? `${task.container.network.ip}${options.has('I') ? ' ' : ''}` : options.has('s') ? name.replace(/\..*$/, '') : options.has('d') ? name.replace(/^[^.]*\.?/, '') : name;
  await task.write(`${text}\n`);
  return 0;
};

export const nproc: Tool = async (task) => {
  const info = await task.fs.readFile('/proc/cpuinfo').catch(() => '');
  await task.write(`${info.match(/^processor/gm)?.length ?? 1}\n`);
  return 0;
};

export const tty: Tool = async (task) => {
  const isTerminal = task.stdin.tty !== undefined;
  await task.write(isTerminal ? '/dev/pts/0\n' : 'not a tty\n');
  return Number(!isTerminal);
};

export const stty: Tool = async (task, args) => {
  const terminal = task.stdin.tty;
  if (!terminal) throw new CommandError(isBusybox(task) ? 'standard input: Not a tty' : "'standard input': Inappropriate ioctl for device");
  const { width, height } = terminal.size;
  if (args[0] === 'size') await task.write(`${height} ${width}\n`);
  else if (args.length === 0 || args[0] === '-a') await task.write(`speed 38400 baud; rows ${height}; columns ${width};\n`);
  else if (args[0] === '-echo') terminal.hideEcho();
  else if (args[0] === 'echo' || args[0] === 'sane') terminal.hideEcho()();
  return 0;
};

export const which: Tool = async (task, args) => {
  let status = 0;
  for (const name of args.filter((arg) => !arg.startsWith('-'))) {
    const program = await findProgram(task, name, task.env.get('PATH') ?? DEFAULT_PATH);
    if ('kind' in program) await task.write(`${program.path}\n`);
    else status = 1;
  }
  return status;
};

export const nohup: Tool = async (task, args) => {
  if (args.length === 0) throw new CommandError('missing operand', 125);
  task.ignored = new Set([...task.ignored, 'SIGHUP']);
  return execute(task, args);
};

export const timeout: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 's:k:v', { signal: 's:', 'kill-after': 'k:', 'preserve-status': 'p', foreground: 'f', verbose: 'v' }, true);
  const [limit = '', ...command] = operands;
  if (command.length === 0) throw new CommandError('missing operand', 125);
  const seconds = parseDuration(limit);
  const signal = `SIG${(options.get('s') ?? 'TERM').toUpperCase().replace(/^SIG/, '')}`;
  const child = task.spawn({ argv: command, main: (next) => execute(next, command) });
  let expired = false;
  const { pids, clock } = task.container;
  const timer = seconds === 0 || seconds > FOREVER_SECONDS ? undefined : clock.after(seconds * 1000, () => {
    expired = true;
    pids.kill(child.pid, /^SIG\d+$/.test(signal) ? 'SIGKILL' : signal);
  });
  const killer = options.has('k') ? clock.after((seconds + parseDuration(options.get('k') ?? '0')) * 1000, () => pids.kill(child.pid, 'SIGKILL')) : undefined;
  task.onSignal = (name) => name !== 'SIGCHLD' && pids.kill(child.pid, name) && name !== 'SIGKILL';
  const status = await child.done;
  timer?.cancel();
  killer?.cancel();
  task.reap(child.pid);
  if (!expired || options.has('p')) return status;
  return status === 137 ? 137 : isBusybox(task) ? 143 : 124;
};

export const time: Tool = async (task, args) => {
  const words = args.filter((arg, i) => !(i === 0 && arg === '-p'));
  const started = task.container.clock.now();
  const child = task.spawn({ argv: words, main: (next) => execute(next, words) });
  const status = await child.done;
  task.reap(child.pid);
  const seconds = (task.container.clock.now() - started) / 1000;
  await task.writeError(`real\t${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n`);
  return status;
};

/** usleep MICROSECONDS. */
export const usleep: Tool = async (task, args) => {
  const micros = Number(args[0] ?? Number.NaN);
  if (!(micros >= 0)) throw new CommandError(`invalid number '${args[0] ?? ''}'`);
  await task.sleep(micros / 1000);
  return 0;
};

export const clear: Tool = async (task: Task) => {
  await task.write('\x1b[H\x1b[J');
  return 0;
};

export const pwd: Tool = async (task) => {
  await task.write(`${task.cwd}\n`);
  return 0;
};

export const watch: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'n:td', { interval: 'n:', 'no-title': 't' }, true);
  const command = ['sh', '-c', operands.join(' ')];
  const seconds = Number(options.get('n') ?? '2');
  for (;;) {
    const title = `Every ${seconds.toFixed(1)}s: ${operands.join(' ')}`;
    await task.write(`\x1b[H\x1b[J${options.has('t') ? '' : `${title}\n\n`}`);
    const child = task.spawn({ argv: command, main: (next) => execute(next, command) });
    await child.done;
    task.reap(child.pid);
    await task.sleep(seconds * 1000);
  }
};

export const shuf: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'en:i:z', { echo: 'e', 'head-count': 'n:', 'input-range': 'i:' });
  const range = /^(\d+)-(\d+)$/.exec(options.get('i') ?? '');
  let lines: string[];
  if (range) lines = Array.from({ length: Number(range[2]) - Number(range[1]) + 1 }, (_, i) => String(Number(range[1]) + i));
  else if (options.has('e')) lines = [...operands];
  else {
    lines = [];
    await eachInput(task, operands, async (file) => {
      lines.push(...(await readAll(file, task.signal)).toString('utf8').replace(/\n$/, '').split('\n'));
    });
  }
  for (let i = lines.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
  }
  const shown = lines.slice(0, Number(options.get('n') ?? lines.length));
  if (shown.length > 0) await task.write(`${shown.join('\n')}\n`);
  return 0;
};

/** `busybox APPLET ARGS`. */
export const busybox: Tool = async (task, args) => {
  const [name] = args;
  const tool = name === undefined ? undefined : findTool(name);
  if (name === undefined) {
    await task.write('BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n');
    return 0;
  }
  if (!tool) throw new CommandError(`${name}: applet not found`, 127);
  task.argv = args;
  return tool(task, args.slice(1));
};
