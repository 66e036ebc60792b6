import type { Task } from '../task.js';

export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Undefined when /etc/passwd does not know the uid. */
  readonly name: string | undefined;
  readonly home: string;
}

export interface Group {
  readonly gid: number;
  readonly name: string | undefined;
}

/** Whose files and name are looked at. */
type Who = Pick<Task, 'fs' | 'user'>;

async function table(task: Pick<Task, 'fs'>, file: string): Promise<string[][]> {
  const text = await task.fs.readFile(file).catch(() => '');
  return text.split('\n').filter((line) => line.includes(':')).map((line) => line.split(':'));
}

/** The user of a process: `process.user` may be a name, a uid, or either with `:GROUP`. */
export async function userOf(task: Who): Promise<User> {
  const [who = 'root', group] = (task.user || 'root').split(':');
  const rows = await table(task, '/etc/passwd');
  const row = rows.find((fields) => (/^\d+$/.test(who) ? fields[2] === who : fields[0] === who));
  const uid = Number(row?.[2] ?? (/^\d+$/.test(who) ? who : who === 'root' ? 0 : 1000));
  const gid = group !== undefined && /^\d+$/.test(group) ? Number(group) : Number(row?.[3] ?? 0);
  return { uid, gid, name: row?.[0] ?? (uid === 0 ? 'root' : undefined), home: row?.[5] ?? '/' };
}

export async function groupsOf(task: Who, user: User): Promise<Group[]> {
  const rows = await table(task, '/etc/group');
  const primary: Group = { gid: user.gid, name: rows.find((fields) => fields[2] === String(user.gid))?.[0] };
  const others = rows.filter((fields) => user.name && (fields[3] ?? '').split(',').includes(user.name)).map((fields) => ({ gid: Number(fields[2]), name: fields[0] }));
  return [primary, ...others];
}

/** Names of users and groups by id, for listings. */
export async function nameTables(task: Task): Promise<{ user: (uid: number) => string; group: (gid: number) => string }> {
  const [users, groups] = [await table(task, '/etc/passwd'), await table(task, '/etc/group')];
  const find = (rows: string[][], number: number): string => rows.find((fields) => fields[2] === String(number))?.[0] ?? String(number);
  return { user: (uid) => find(users, uid), group: (gid) => find(groups, gid) };
}

/** The id that a name or number stands for; undefined when the table lacks the name. */
export async function lookUpId(task: Task, kind: 'user' | 'group', text: string): Promise<number | undefined> {
  if (/^\d+$/.test(text)) return Number(text);
  const row = (await table(task, kind === 'user' ? '/etc/passwd' : '/etc/group')).find((fields) => fields[0] === text);
  return row ? Number(row[2]) : undefined;
}
