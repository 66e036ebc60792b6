import { asMounted } from '../../root-file-system.js';
import { CommandError } from '../errors.js';
import { execute, type Tool } from '../program.js';
import type { Task } from '../task.js';
import { parseOptions } from './options.js';

async function rows(task: Task, file: string): Promise<string[][]> {
  return (await task.fs.readFile(file).catch(() => '')).split('\n').filter((line) => line !== '').map((line) => line.split(':'));
}

async function add(task: Task, file: string, fields: readonly (string | number)[]): Promise<void> {
  await task.fs.appendFile(file, `${fields.join(':')}\n`).catch(() => {
    throw new CommandError(`${file}: Permission denied`);
  });
}

function free(taken: string[][], first: number): number {
  const ids = new Set(taken.map((fields) => Number(fields[2])));
  let id = first;
  while (ids.has(id)) id++;
  return id;
}

/** adduser and useradd: a line in /etc/passwd and /etc/group, and a home. */
export const adduser: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'DHSmMrh:s:u:g:G:d:k:c:', {
    'disabled-password': 'D', 'no-create-home': 'H', system: 'S', 'create-home': 'm', home: 'h:', shell: 's:', uid: 'u:', gid: 'g:', ingroup: 'G:', gecos: 'c:', 'home-dir': 'd:',
  });
  const [name] = operands;
  if (name === undefined) throw new CommandError('missing operand');
  const users = await rows(task, '/etc/passwd');
  const groups = await rows(task, '/etc/group');
  if (users.some((fields) => fields[0] === name)) throw new CommandError(`user '${name}' in use`);
  const uid = Number(options.get('u') ?? free(users, options.has('S') || options.has('r') ? 100 : 1000));
  const wanted = options.get('G') ?? options.get('g');
  const known = wanted === undefined ? undefined : groups.find((fields) => fields[0] === wanted || fields[2] === wanted);
  if (wanted !== undefined && !known && !/^\d+$/.test(wanted)) throw new CommandError(`unknown group ${wanted}`);
  const gid = known ? Number(known[2]) : wanted === undefined ? free(groups, uid) : Number(wanted);
  if (!known) await add(task, '/etc/group', [name, 'x', gid, '']);
  const home = options.get('h') ?? options.get('d') ?? `/home/${name}`;
  await add(task, '/etc/passwd', [name, 'x', uid, gid, options.get('c') ?? 'Linux User,,,', home, options.get('s') ?? '/bin/sh']);
  if (!options.has('H') && !options.has('M')) {
    await task.fs.mkdir(home, { recursive: true });
    await asMounted(task.fs)?.chown(home, uid, gid);
  }
  return 0;
};

export const addgroup: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'Srg:', { system: 'S', gid: 'g:' });
  const [name] = operands;
  if (name === undefined) throw new CommandError('missing operand');
  const groups = await rows(task, '/etc/group');
  if (groups.some((fields) => fields[0] === name)) throw new CommandError(`group '${name}' in use`);
  await add(task, '/etc/group', [name, 'x', Number(options.get('g') ?? free(groups, options.has('S') ? 100 : 1000)), '']);
  return 0;
};

/** su: a shell or a command as somebody else. Only root may without a password, and nobody has one. */
export const su: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'lmpc:s:', { login: 'l', command: 'c:', shell: 's:', 'preserve-environment': 'p' });
  const [name = 'root', ...more] = operands.filter((word) => word !== '-');
  const row = (await rows(task, '/etc/passwd')).find((fields) => fields[0] === name);
  if (!row) throw new CommandError(`unknown user ${name}`);
  const [own] = task.user.split(':');
  if (own !== 'root' && own !== '0' && own !== '') throw new CommandError('must be suid to work properly');
  const shell = options.get('s') ?? row[6] ?? '/bin/sh';
  if (/\/(false|nologin)$/.test(shell) && !options.has('s')) return 1;
  const argv = [shell, ...(options.has('c') ? ['-c', options.get('c') ?? ''] : []), ...more];
  const env = new Map([...task.env, ['HOME', row[5] ?? '/'], ['USER', name], ['LOGNAME', name], ['SHELL', shell]]);
  const login = options.has('l') || operands.includes('-');
  const child = task.spawn({ argv, env, user: name, ...(login ? { cwd: row[5] ?? '/' } : {}), main: (next) => execute(next, argv) });
  const status = await child.done;
  task.reap(child.pid);
  return status;
};
