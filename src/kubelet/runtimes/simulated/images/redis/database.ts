import type { Clock } from '../../../../../base/clock.js';
import { array, bulk, failure, integer, NIL, OK, type RespValue } from './resp.js';

type Value = string | string[] | Set<string> | Map<string, string>;

interface Entry {
  readonly value: Value;
  /** Milliseconds since the epoch. */
  expiresAt: number | undefined;
}

type Command = (database: Database, args: readonly string[]) => RespValue;

const WRONG_TYPE = failure('WRONGTYPE Operation against a key holding the wrong kind of value');
const NO_INTEGER = failure('ERR value is not an integer or out of range');
const SYNTAX = failure('ERR syntax error');
const TYPES: ReadonlyArray<readonly [(value: Value) => boolean, string]> = [[Array.isArray, 'list'], [(v) => v instanceof Set, 'set'], [(v) => v instanceof Map, 'hash']];

/** Thrown where a key holds another type than the command is about. */
class WrongType extends Error {}

/** What a Redis server keeps, and its commands: strings, lists, sets, hashes, expiry. */
export class Database {
  readonly config = new Map<string, string>([['maxmemory', '0'], ['maxmemory-policy', 'noeviction'], ['appendonly', 'no'], ['save', '3600 1 300 100 60 10000'], ['dir', '/data'], ['port', '6379']]);
  private readonly entries = new Map<string, Entry>();
  private served = 0;
  private readonly startedAt: number;

  constructor(
    readonly clock: Clock,
    readonly version: string,
  ) {
    this.startedAt = clock.now();
  }

  /** Runs a command. */
  run([name = '', ...args]: readonly string[]): RespValue {
    this.served++;
    const key = name.toLowerCase();
    const known = Object.hasOwn(COMMANDS, key) ? COMMANDS[key] : undefined;
    if (!known) return failure(`ERR unknown command '${name.slice(0, 128)}', with args beginning with: ${args.slice(0, 3).map((arg) => `'${arg.slice(0, 128)}' `).join('')}`);
    const [least, command] = known;
    if (args.length < least) return failure(`ERR wrong number of arguments for '${key}' command`);
    try {
      return command(this, args);
    } catch (error) {
      if (error instanceof WrongType) return WRONG_TYPE;
      throw error;
    }
  }

  get(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry?.expiresAt === undefined || entry.expiresAt > this.clock.now()) return entry;
    this.entries.delete(key);
    return undefined;
  }

  set(key: string, value: Value, expiresAt?: number): void {
    this.entries.set(key, { value, expiresAt });
  }

  delete(key: string): boolean {
    return this.get(key) !== undefined && this.entries.delete(key);
  }

  keys(): string[] {
    return [...this.entries.keys()].filter((key) => this.get(key));
  }

  clear(): void {
    this.entries.clear();
  }

  string(key: string): string | undefined {
    const value = this.get(key)?.value;
    if (value !== undefined && typeof value !== 'string') throw new WrongType();
    return value;
  }

  list(key: string, make = false): string[] {
    const value = this.get(key)?.value ?? [];
    if (!Array.isArray(value)) throw new WrongType();
    if (make && !this.get(key)) this.set(key, value);
    return value;
  }

  members(key: string, make = false): Set<string> {
    const value = this.get(key)?.value ?? new Set<string>();
    if (!(value instanceof Set)) throw new WrongType();
    if (make && !this.get(key)) this.set(key, value);
    return value;
  }

  hash(key: string, make = false): Map<string, string> {
    const value = this.get(key)?.value ?? new Map<string, string>();
    if (!(value instanceof Map)) throw new WrongType();
    if (make && !this.get(key)) this.set(key, value);
    return value;
  }

  info(section: string): string {
    const seconds = Math.floor((this.clock.now() - this.startedAt) / 1000);
    const withExpiry = this.keys().filter((key) => this.get(key)?.expiresAt !== undefined).length;
    const all: Record<string, string[]> = {
      Server: [`redis_version:${this.version}`, 'redis_mode:standalone', 'os:Linux', 'process_id:1', 'tcp_port:6379', `uptime_in_seconds:${seconds}`],
      Clients: ['connected_clients:1'],
      Memory: ['used_memory:1048576', 'used_memory_human:1.00M', `maxmemory:${this.config.get('maxmemory')}`, `maxmemory_policy:${this.config.get('maxmemory-policy')}`],
      Stats: [`total_commands_processed:${this.served}`],
      Replication: ['role:master', 'connected_slaves:0'],
      Keyspace: this.keys().length > 0 ? [`db0:keys=${this.keys().length},expires=${withExpiry},avg_ttl=0`] : [],
    };
    const wanted = Object.entries(all).filter(([name]) => section === '' || name.toLowerCase() === section.toLowerCase());
    return wanted.map(([name, rows]) => `# ${name}\r\n${rows.map((row) => `${row}\r\n`).join('')}`).join('\r\n');
  }
}

function add(database: Database, key: string, by: number): RespValue {
  const text = database.string(key) ?? '0';
  if (!/^-?\d{1,16}$/.test(text) || !Number.isSafeInteger(by)) return NO_INTEGER;
  const entry = database.get(key);
  database.set(key, String(Number(text) + by), entry?.expiresAt);
  return integer(Number(text) + by);
}

function expire(database: Database, key: string, at: number): RespValue {
  const entry = database.get(key);
  if (Number.isNaN(at)) return NO_INTEGER;
  if (entry) entry.expiresAt = at;
  return integer(Number(entry !== undefined));
}

function set(database: Database, [key = '', value = '', ...options]: readonly string[]): RespValue {
  let expiresAt: number | undefined;
  for (let i = 0; i < options.length; i++) {
    const option = options[i]?.toUpperCase();
    if (option === 'NX' && database.get(key)) return NIL;
    if (option === 'XX' && !database.get(key)) return NIL;
    if (option === 'EX' || option === 'PX') {
      const time = Number(options[++i]);
      if (!Number.isInteger(time) || time <= 0) return failure("ERR invalid expire time in 'set' command");
      expiresAt = database.clock.now() + time * (option === 'EX' ? 1000 : 1);
    } else if (option === 'KEEPTTL') expiresAt = database.get(key)?.expiresAt;
    else if (option !== 'NX' && option !== 'XX') return SYNTAX;
  }
  database.set(key, value, expiresAt);
  return OK;
}

function range<T>(items: readonly T[], from: string, to: string): readonly T[] {
  const at = (text: string): number => (Number(text) < 0 ? items.length + Number(text) : Number(text));
  return items.slice(Math.max(0, at(from)), at(to) + 1);
}

function glob(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}

function ttl(database: Database, key: string, unit: number): RespValue {
  const entry = database.get(key);
  if (!entry) return integer(-2);
  return integer(entry.expiresAt === undefined ? -1 : Math.ceil((entry.expiresAt - database.clock.now()) / unit));
}

function configure(database: Database, [action = '', ...args]: readonly string[]): RespValue {
  if (action.toUpperCase() === 'GET') return array([...database.config].filter(([name]) => glob((args[0] ?? '').toLowerCase()).test(name)).flat());
  if (action.toUpperCase() !== 'SET') return OK;
  const [name = '', value = ''] = args;
  if (!database.config.has(name)) return failure(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`);
  database.config.set(name, value);
  return OK;
}

/** How many arguments a command needs at least, and what it does. */
const COMMANDS: Readonly<Record<string, readonly [number, Command]>> = {
  ping: [0, (_d, [text]) => (text === undefined ? { type: 'simple', text: 'PONG' } : bulk(text))],
  echo: [1, (_d, [text]) => bulk(text)],
  quit: [0, () => OK],
  auth: [1, () => failure('ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?')],
  select: [1, () => OK],
  client: [1, () => OK],
  command: [0, () => array([])],
  hello: [0, () => failure('NOPROTO unsupported protocol version')],
  config: [2, configure],
  info: [0, (d, [section = '']) => bulk(d.info(section))],
  time: [0, (d) => array([String(Math.floor(d.clock.now() / 1000)), String((d.clock.now() % 1000) * 1000)])],
  dbsize: [0, (d) => integer(d.keys().length)],
  flushall: [0, (d) => (d.clear(), OK)],
  flushdb: [0, (d) => (d.clear(), OK)],
  keys: [1, (d, [pattern = '*']) => array(d.keys().filter((key) => glob(pattern).test(key)))],
  exists: [1, (d, keys) => integer(keys.filter((key) => d.get(key)).length)],
  del: [1, (d, keys) => integer(keys.filter((key) => d.delete(key)).length)],
  unlink: [1, (d, keys) => integer(keys.filter((key) => d.delete(key)).length)],
  type: [1, (d, [key = '']) => ({ type: 'simple', text: ((value) => (value === undefined ? 'none' : (TYPES.find(([is]) => is(value))?.[1] ?? 'string')))(d.get(key)?.value) })],
  expire: [2, (d, [key = '', seconds]) => expire(d, key, d.clock.now() + Number(seconds) * 1000)],
  pexpire: [2, (d, [key = '', ms]) => expire(d, key, d.clock.now() + Number(ms))],
  persist: [1, (d, [key = '']) => { const entry = d.get(key); const had = entry?.expiresAt !== undefined; if (entry) entry.expiresAt = undefined; return integer(Number(had)); }],
  ttl: [1, (d, [key = '']) => ttl(d, key, 1000)],
  pttl: [1, (d, [key = '']) => ttl(d, key, 1)],
  get: [1, (d, [key = '']) => bulk(d.string(key))],
  set: [2, set],
  setnx: [2, (d, [key = '', value = '']) => (d.get(key) ? integer(0) : (d.set(key, value), integer(1)))],
  getset: [2, (d, [key = '', value = '']) => { const old = d.string(key); d.set(key, value); return bulk(old); }],
  mget: [1, (d, keys) => array(keys.map((key) => d.string(key)))],
  mset: [2, (d, args) => { for (let i = 0; i + 1 < args.length; i += 2) d.set(args[i] ?? '', args[i + 1] ?? ''); return OK; }],
  append: [2, (d, [key = '', value = '']) => { const text = (d.string(key) ?? '') + value; d.set(key, text, d.get(key)?.expiresAt); return integer(text.length); }],
  strlen: [1, (d, [key = '']) => integer(d.string(key)?.length ?? 0)],
  incr: [1, (d, [key = '']) => add(d, key, 1)],
  decr: [1, (d, [key = '']) => add(d, key, -1)],
  incrby: [2, (d, [key = '', by]) => add(d, key, Number(by))],
  decrby: [2, (d, [key = '', by]) => add(d, key, -Number(by))],
  lpush: [2, (d, [key = '', ...items]) => { const list = d.list(key, true); for (const item of items) list.unshift(item); return integer(list.length); }],
  rpush: [2, (d, [key = '', ...items]) => integer(d.list(key, true).push(...items))],
  lpop: [1, (d, [key = '']) => pop(d, key, 'shift')],
  rpop: [1, (d, [key = '']) => pop(d, key, 'pop')],
  llen: [1, (d, [key = '']) => integer(d.list(key).length)],
  lrange: [3, (d, [key = '', from = '0', to = '-1']) => array(range(d.list(key), from, to))],
  sadd: [2, (d, [key = '', ...items]) => { const members = d.members(key, true); const before = members.size; for (const item of items) members.add(item); return integer(members.size - before); }],
  srem: [2, (d, [key = '', ...items]) => integer(items.filter((item) => d.members(key).delete(item)).length)],
  smembers: [1, (d, [key = '']) => array([...d.members(key)])],
  scard: [1, (d, [key = '']) => integer(d.members(key).size)],
  sismember: [2, (d, [key = '', item = '']) => integer(Number(d.members(key).has(item)))],
  hset: [3, (d, [key = '', ...pairs]) => { const hash = d.hash(key, true); const before = hash.size; for (let i = 0; i + 1 < pairs.length; i += 2) hash.set(pairs[i] ?? '', pairs[i + 1] ?? ''); return integer(hash.size - before); }],
  hget: [2, (d, [key = '', field = '']) => bulk(d.hash(key).get(field))],
  hdel: [2, (d, [key = '', ...names]) => integer(names.filter((name) => d.hash(key).delete(name)).length)],
  hgetall: [1, (d, [key = '']) => array([...d.hash(key)].flat())],
  hlen: [1, (d, [key = '']) => integer(d.hash(key).size)],
};

function pop(database: Database, key: string, end: 'shift' | 'pop'): RespValue {
  const list = database.list(key);
  const item = list[end]();
  if (list.length === 0) database.delete(key);
  return bulk(item);
}
