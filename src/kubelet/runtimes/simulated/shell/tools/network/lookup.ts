import { isIP } from 'node:net';
import { parseIp } from '../../../../../../api/ip.js';
import type { DnsAnswer, DnsRecord, DnsType } from '../../../../../network/dns.js';
import { CommandError } from '../../errors.js';
import type { Tool } from '../../program.js';
import type { Task } from '../../task.js';
import { isBusybox } from '../input.js';
import { parseOptions } from '../options.js';
import { asFailure, connect, NetworkFailure, resolveHost } from './connection.js';

interface Resolver {
  readonly server: string;
  readonly search: readonly string[];
  readonly ndots: number;
}

async function resolver(task: Task): Promise<Resolver> {
  const lines = (await task.fs.readFile('/etc/resolv.conf').catch(() => '')).split('\n');
  const field = (name: string): string[] => lines.map((line) => line.trim().split(/\s+/)).find(([first]) => first === name)?.slice(1) ?? [];
  return { server: field('nameserver')[0] ?? '127.0.0.1', search: field('search'), ndots: Number(/ndots:(\d+)/.exec(lines.join(' '))?.[1] ?? '1') };
}

const NOWHERE: DnsAnswer = { status: 'NXDOMAIN', answers: [], additional: [] };

/** Asks for one name; undefined when no server can be reached. */
async function ask(task: Task, name: string, type: DnsType): Promise<DnsAnswer | undefined> {
  try {
    return await task.container.network.query(name.replace(/\.$/, ''), type);
  } catch (error) {
    if (asFailure(error, name).problem === 'timeout') return undefined;
    throw error;
  }
}

/** Asks along the search path until a name exists. */
async function search(task: Task, name: string, type: DnsType): Promise<{ readonly name: string; readonly answer: DnsAnswer } | undefined> {
  const { search: domains, ndots } = await resolver(task);
  const plain = name.replace(/\.$/, '');
  const searched = name.endsWith('.') ? [] : domains.map((domain) => `${plain}.${domain}`);
  for (const candidate of plain.split('.').length - 1 >= ndots ? [plain, ...searched] : [...searched, plain]) {
    const answer = await ask(task, candidate, type);
    if (!answer) return undefined;
    if (answer.status === 'NOERROR') return { name: candidate, answer };
  }
  return { name, answer: NOWHERE };
}

const TYPES: Readonly<Record<string, DnsType>> = { a: 'A', aaaa: 'AAAA', srv: 'SRV', ptr: 'PTR', cname: 'CNAME', txt: 'TXT', any: 'A' };
const NO_SERVER = ';; connection timed out; no servers could be reached\n';

/** The name in in-addr.arpa or ip6.arpa that an address is looked up by. */
function reverseName(ip: string): string {
  if (isIP(ip) === 4) return `${ip.split('.').reverse().join('.')}.in-addr.arpa`;
  const value = parseIp(ip)?.value ?? 0n;
  return `${value.toString(16).padStart(32, '0').split('').reverse().join('.')}.ip6.arpa`;
}

export const nslookup: Tool = async (task, args) => {
  const [name] = args.filter((arg) => !arg.startsWith('-'));
  if (name === undefined) throw new CommandError('missing operand');
  const asked = TYPES[(args.map((arg) => /^-(?:type|querytype|query|q)=(.*)$/i.exec(arg)?.[1]).find((type) => type !== undefined) ?? '').toLowerCase()];
  const { server } = await resolver(task);
  const heading = `Server:\t\t${server}\nAddress:\t${server}${isBusybox(task) ? ':53' : '#53'}\n\n`;
  if (name === 'localhost') {
    await task.write(`${heading}Name:\tlocalhost\nAddress: 127.0.0.1\n\n`);
    return 0;
  }
  const reverse = isIP(name) ? reverseName(name) : undefined;
  const found = await search(task, reverse === undefined ? name : `${reverse}.`, reverse === undefined ? (asked ?? 'A') : 'PTR');
  if (!found) {
    await task.write(NO_SERVER);
    return 1;
  }
  await task.write(heading);
  const { answers } = asked === undefined && reverse === undefined && found.answer.status === 'NOERROR'
    ? { answers: [...found.answer.answers, ...((await ask(task, found.name, 'AAAA'))?.answers ?? []).filter(({ type }) => type === 'AAAA')] } : found.answer;
  if (found.answer.status === 'NXDOMAIN') {
    await task.write(`** server can't find ${reverse ?? name}: NXDOMAIN\n\n`);
    return 1;
  }
  if (answers.length === 0) {
    await task.write(`*** Can't find ${found.name}: No answer\n\n`);
    return isBusybox(task) ? 1 : 0;
  }
  for (const record of answers) await task.write(nslookupLine(record));
  await task.write('\n');
  return 0;
};

function nslookupLine({ name, type, data }: DnsRecord): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${name}\nAddress: ${data}\n`;
    case 'CNAME':
      return `${name}\tcanonical name = ${data}\n`;
    case 'PTR':
      return `${name}\tname = ${data}\n`;
    case 'SRV':
      return `${name}\tservice = ${data}\n`;
    default:
      return `${name}\ttext = ${data}\n`;
  }
}

export const dig: Tool = async (task, args) => {
  const short = args.includes('+short');
  const words = args.filter((arg) => !/^[+@-]/.test(arg) && arg.toUpperCase() !== 'IN');
  const typed = words.find((word, i) => i > 0 && Object.hasOwn(TYPES, word.toLowerCase())) ?? (words.length > 1 ? words.find((word) => Object.hasOwn(TYPES, word.toLowerCase())) : undefined);
  const reversed = args.includes('-x') ? args[args.indexOf('-x') + 1] : undefined;
  const name = reversed === undefined ? (words.find((word) => word !== typed) ?? '.') : reverseName(reversed);
  const type = reversed === undefined ? (TYPES[typed?.toLowerCase() ?? 'a'] ?? 'A') : 'PTR';
  const answer = args.includes('+search') ? await search(task, name, type) : await ask(task, name, type).then((plain) => plain && { name: name.replace(/\.$/, ''), answer: plain });
  const banner = `\n; <<>> DiG 9.20.11 <<>> ${args.join(' ')}\n`;
  if (!answer) {
    await task.write(`${short ? '' : banner}${NO_SERVER}`);
    return 9;
  }
  const { status, answers, additional } = answer.answer;
  if (short) {
    for (const { data } of answers) await task.write(`${data}\n`);
    return 0;
  }
  const { server } = await resolver(task);
  const rows = (records: readonly DnsRecord[]): string => records.map((record) => `${record.name}.\t${record.ttl}\tIN\t${record.type}\t${record.data}\n`).join('');
  const section = (title: string, records: readonly DnsRecord[]): string => (records.length > 0 ? `;; ${title} SECTION:\n${rows(records)}\n` : '');
  await task.write(`${banner};; global options: +cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 1\n;; flags: qr aa rd; QUERY: 1, ANSWER: ${answers.length}, AUTHORITY: 0, ADDITIONAL: ${additional.length}\n\n`
    + `;; QUESTION SECTION:\n;${answer.name}.\t\tIN\t${type}\n\n${section('ANSWER', answers)}${section('ADDITIONAL', additional)};; SERVER: ${server}#53(${server}) (UDP)\n\n`);
  return 0;
};

export const getent: Tool = async (task, args) => {
  const [database, ...keys] = args;
  if (database === 'passwd' || database === 'group') {
    const rows = (await task.fs.readFile(`/etc/${database}`)).split('\n').filter((line) => line !== '');
    const found = keys.length === 0 ? rows : rows.filter((row) => keys.some((key) => row.split(':')[0] === key || row.split(':')[2] === key));
    for (const row of found) await task.write(`${row}\n`);
    return found.length > 0 ? 0 : 2;
  }
  if (database !== 'hosts' && database !== 'ahosts' && database !== 'ahostsv4') throw new CommandError(`unknown database: ${database ?? ''}`);
  let status = 0;
  for (const key of keys) {
    try {
      await task.write(`${(await resolveHost(task, key)).padEnd(15)} ${key}\n`);
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      status = 2;
    }
  }
  return status;
};

/** Ports at which an address is tried: any answer, even a refusal, shows that it is there. */
const PROBE_PORT = 7;

export const ping: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args, 'c:W:w:i:qs:46nt:I:A');
  const [host] = operands;
  if (host === undefined) throw new CommandError('missing operand');
  const address = await resolveHost(task, host).catch((error: unknown) => {
    if (!(error instanceof NetworkFailure)) throw error;
    throw new CommandError(isBusybox(task) ? `bad address '${host}'` : `${host}: Name or service not known`, isBusybox(task) ? 1 : 2);
  });
  const count = options.has('c') ? Number(options.get('c')) : Infinity;
  const wait = Number(options.get('W') ?? '10') * 1000;
  await task.write(isBusybox(task) ? `PING ${host} (${address}): 56 data bytes\n` : `PING ${host} (${address}) 56(84) bytes of data.\n`);
  let sent = 0;
  let received = 0;
  const summary = async (): Promise<void> => {
    const loss = sent === 0 ? 0 : Math.round((1 - received / sent) * 100);
    await task.write(isBusybox(task)
      ? `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${loss}% packet loss\n${received > 0 ? 'round-trip min/avg/max = 0.050/0.060/0.080 ms\n' : ''}`
      : `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} received, ${loss}% packet loss, time ${Math.max(0, sent - 1) * 1000}ms\n`);
  };
  task.onSignal = (signal) => {
    if (signal !== 'SIGINT') return false;
    stopped = true;
    return true;
  };
  let stopped = false;
  while (sent < count && !stopped) {
    if (sent > 0) await task.sleep(Number(options.get('i') ?? '1') * 1000);
    if (stopped) break;
    sent++;
    if (!(await answers(task, address, wait))) continue;
    received++;
    if (!options.has('q')) await task.write(isBusybox(task) ? `64 bytes from ${address}: seq=${sent - 1} ttl=64 time=0.06${sent % 10} ms\n` : `64 bytes from ${address}: icmp_seq=${sent} ttl=64 time=0.06${sent % 10} ms\n`);
  }
  await summary();
  return Number(received === 0);
};

async function answers(task: Task, address: string, wait: number): Promise<boolean> {
  if (address.startsWith('127.') || address === task.container.network.ip) return true;
  try {
    (await connect(task, address, PROBE_PORT, wait)).destroy();
    return true;
  } catch (error) {
    if (!(error instanceof NetworkFailure)) throw error;
    return error.problem === 'refused';
  }
}
