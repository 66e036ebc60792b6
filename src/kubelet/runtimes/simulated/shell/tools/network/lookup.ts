import { isIP } from 'node:net';
import { CommandError } from '../../errors.js';
import type { Tool } from '../../program.js';
import type { Task } from '../../task.js';
import { isBusybox } from '../input.js';
import { parseOptions } from '../options.js';
import { connect, NetworkFailure, resolveHost } from './connection.js';

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

/** The full name under which a name is known, with its addresses; undefined for NXDOMAIN. */
async function search(task: Task, name: string): Promise<{ name: string; addresses: readonly string[] } | undefined> {
  const { search: domains, ndots } = await resolver(task);
  const plain = name.replace(/\.$/, '');
  const dots = plain.split('.').length - 1;
  const searched = name.endsWith('.') ? [] : domains.map((domain) => `${plain}.${domain}`);
  for (const candidate of dots >= ndots ? [plain, ...searched] : [...searched, plain]) {
    const addresses = await task.container.network.resolve(candidate);
    if (addresses.length > 0) return { name: candidate, addresses };
  }
  return undefined;
}

export const nslookup: Tool = async (task, args) => {
  const [name] = args.filter((arg) => !arg.startsWith('-'));
  if (name === undefined) throw new CommandError('missing operand');
  const { server } = await resolver(task);
  await task.write(`Server:\t\t${server}\nAddress:\t${server}${isBusybox(task) ? ':53' : '#53'}\n\n`);
  const found = name === 'localhost' ? { name, addresses: ['127.0.0.1'] } : isIP(name) ? undefined : await search(task, name);
  if (!found) {
    await task.write(`** server can't find ${name}: NXDOMAIN\n\n`);
    return 1;
  }
  for (const address of found.addresses) await task.write(`Name:\t${found.name}\nAddress: ${address}\n`);
  await task.write('\n');
  return 0;
};

export const dig: Tool = async (task, args) => {
  const short = args.includes('+short');
  const [name = '.'] = args.filter((arg) => !/^[+@-]/.test(arg) && !/^(A|AAAA|SRV|ANY|IN|TXT|PTR)$/i.test(arg));
  const found = args.includes('+search') ? await search(task, name) : { name: name.replace(/\.$/, ''), addresses: await task.container.network.resolve(name.replace(/\.$/, '')) };
  const addresses = found?.addresses ?? [];
  if (short) {
    for (const address of addresses) await task.write(`${address}\n`);
    return 0;
  }
  const { server } = await resolver(task);
  const full = `${found?.name ?? name}.`;
  await task.write(`\n; <<>> DiG 9.20.11 <<>> ${args.join(' ')}\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${addresses.length > 0 ? 'NOERROR' : 'NXDOMAIN'}, id: 1\n;; flags: qr aa rd; QUERY: 1, ANSWER: ${addresses.length}, AUTHORITY: 0, ADDITIONAL: 0\n\n;; QUESTION SECTION:\n;${full}\t\tIN\tA\n\n`);
  if (addresses.length > 0) await task.write(`;; ANSWER SECTION:\n${addresses.map((address) => `${full}\t30\tIN\tA\t${address}\n`).join('')}\n`);
  await task.write(`;; SERVER: ${server}#53(${server}) (UDP)\n\n`);
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
