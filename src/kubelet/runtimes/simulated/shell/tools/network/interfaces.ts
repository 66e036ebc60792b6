import { CommandError } from '../../errors.js';
import type { Tool } from '../../program.js';
import type { Task } from '../../task.js';
import { isBusybox } from '../input.js';

/** What every pod's network has: the loopback and one end of a pair, whose gateway is the node's end. */
interface Link {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly bits: number;
  readonly mac: string;
}

const MTU = 1500;

function links(task: Task): readonly [Link, Link] {
  const { ip } = task.container.network;
  return [{ index: 1, name: 'lo', address: '127.0.0.1', bits: 8, mac: '00:00:00:00:00:00' }, { index: 2, name: 'eth0', address: ip, bits: 24, mac: macOf(ip) }];
}

/** As bridge plugins of CNI make it: from the address. */
function macOf(ip: string): string {
  return ['0a', '58', ...ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
}

function network(ip: string, last = '0'): string {
  return ip.replace(/\d+$/, last);
}

/** ip(8): addresses, links, routes and neighbours, to look at. */
export const ip: Tool = async (task, args) => {
  const words = args.filter((arg) => !/^-(4|6|o|br|brief|d|s|c|color.*)$/.test(arg));
  const brief = args.some((arg) => arg === '-br' || arg === '-brief');
  const [object = 'help', verb = 'show', ...rest] = words;
  const device = rest.filter((word) => word !== 'dev')[0] ?? (verb === 'show' || verb === 'list' ? undefined : verb === 'dev' ? rest[0] : undefined);
  const [lo, eth0] = links(task);
  const shown = [lo, eth0].filter(({ name }) => device === undefined || name === device);
  const is = (long: string): boolean => object !== '' && long.startsWith(object);
  if (!['show', 'list', 'ls', 'get', 's', 'l'].includes(verb)) throw new CommandError('RTNETLINK answers: Operation not permitted', 2);
  if (is('address') || is('link')) {
    if (shown.length === 0) throw new CommandError(isBusybox(task) ? `can't find device '${device}'` : `Device "${device}" does not exist.`);
    await task.write(shown.map((link) => (brief ? briefly(link, is('address')) : describe(link, is('address')))).join(''));
    return 0;
  }
  if (is('route')) {
    if (verb === 'get') await task.write(`${device ?? ''} via ${network(eth0.address, '1')} dev eth0 src ${eth0.address} uid 0 \n    cache \n`);
    else await task.write(`default via ${network(eth0.address, '1')} dev eth0 \n${network(eth0.address)}/24 dev eth0 ${isBusybox(task) ? 'scope link ' : 'proto kernel scope link '} src ${eth0.address} \n`);
    return 0;
  }
  if (is('neighbour')) {
    await task.write(`${network(eth0.address, '1')} dev eth0 lladdr ${macOf(network(eth0.address, '1'))} REACHABLE \n`);
    return 0;
  }
  throw new CommandError(`Object "${object}" is unknown, try "ip help".`);
};

function describe({ index, name, address, bits, mac }: Link, withAddress: boolean): string {
  const loopback = name === 'lo';
  const flags = loopback ? '<LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN' : `<BROADCAST,MULTICAST,UP,LOWER_UP> mtu ${MTU} qdisc noqueue state UP`;
  const link = `${index}: ${name}${loopback ? '' : `@if${index + 10}`}: ${flags} group default qlen 1000\n    link/${loopback ? 'loopback' : 'ether'} ${mac} brd ${loopback ? mac : 'ff:ff:ff:ff:ff:ff link-netnsid 0'}\n`;
  if (!withAddress) return link;
  return `${link}    inet ${address}/${bits} ${loopback ? '' : `brd ${network(address, '255')} `}scope ${loopback ? 'host' : 'global'} ${name}\n       valid_lft forever preferred_lft forever\n`;
}

function briefly({ name, address, bits, mac }: Link, withAddress: boolean): string {
  const state = name === 'lo' ? 'UNKNOWN' : 'UP';
  return `${(name === 'lo' ? name : `${name}@if12`).padEnd(16)} ${state.padEnd(14)} ${withAddress ? `${address}/${bits}` : mac} \n`;
}

export const ifconfig: Tool = async (task, args) => {
  const [lo, eth0] = links(task);
  const wanted = args.find((arg) => !arg.startsWith('-'));
  const shown = [eth0, lo].filter(({ name }) => wanted === undefined || name === wanted);
  if (shown.length === 0) throw new CommandError(`${wanted}: error fetching interface information: Device not found`);
  for (const { name, address, mac } of shown) {
    const loopback = name === 'lo';
    await task.write(`${name.padEnd(10)}Link encap:${loopback ? 'Local Loopback' : `Ethernet  HWaddr ${mac.toUpperCase()}`}  \n`
      + `          inet addr:${address}  ${loopback ? '' : `Bcast:${network(address, '255')}  `}Mask:${loopback ? '255.0.0.0' : '255.255.255.0'}\n`
      + `          UP ${loopback ? 'LOOPBACK' : 'BROADCAST'} RUNNING ${loopback ? '' : 'MULTICAST '} MTU:${loopback ? 65_536 : MTU}  Metric:1\n`
      + '          RX packets:0 errors:0 dropped:0 overruns:0 frame:0\n          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0\n          collisions:0 txqueuelen:1000 \n          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)\n\n');
  }
  return 0;
};

export const route: Tool = async (task) => {
  const [, { address }] = links(task);
  const row = (cells: readonly string[]): string => `${[15, 15, 15, 5, 6, 6, 3].map((width, i) => (cells[i] ?? '').padEnd(width)).join(' ')} ${cells[7] ?? ''}\n`;
  await task.write(`Kernel IP routing table\n${row(['Destination', 'Gateway', 'Genmask', 'Flags', 'Metric', 'Ref', 'Use', 'Iface'])}${row(['0.0.0.0', network(address, '1'), '0.0.0.0', 'UG', '0', '0', '0', 'eth0'])}${row([network(address), '0.0.0.0', '255.255.255.0', 'U', '0', '0', '0', 'eth0'])}`);
  return 0;
};

/** netstat: what listens in the pod. */
export const netstat: Tool = async (task, args) => {
  const letters = args.join('');
  if (letters.includes('r')) return route(task, args);
  const { tcp = [], udp = [] } = task.container.network.ports ?? {};
  const all = !/[tu]/.test(letters);
  const row = (protocol: string, port: number, state: string): string => `${protocol.padEnd(5)}      0      0 ${`0.0.0.0:${port}`.padEnd(23)} 0.0.0.0:*               ${state}\n`;
  await task.write(`Active Internet connections (${/[al]/.test(letters) ? (letters.includes('a') ? 'servers and established' : 'only servers') : 'w/o servers'})\n${'Proto Recv-Q Send-Q Local Address           Foreign Address         State'}       \n`);
  if (!/[al]/.test(letters)) return 0;
  if (all || letters.includes('t')) await task.write([...tcp].sort((a, b) => a - b).map((port) => row('tcp', port, 'LISTEN      ')).join(''));
  if (all || letters.includes('u')) await task.write([...udp].sort((a, b) => a - b).map((port) => row('udp', port, '            ')).join(''));
  return 0;
};

/** ss(8), of iproute2. */
export const ss: Tool = async (task, args) => {
  const letters = args.join('');
  const { tcp = [], udp = [] } = task.container.network.ports ?? {};
  const all = !/[tu]/.test(letters);
  const row = (cells: readonly string[]): string => `${[7, 7, 7, 7].map((width, i) => (cells[i] ?? '').padEnd(width)).join('')}${(cells[4] ?? '').padStart(19)} ${(cells[5] ?? '').padStart(17)}  \n`;
  await task.write(row(['Netid', 'State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port']));
  if (!/[al]/.test(letters)) return 0;
  if (all || letters.includes('u')) for (const port of [...udp].sort((a, b) => a - b)) await task.write(row(['udp', 'UNCONN', '0', '0', `0.0.0.0:${port}`, '0.0.0.0:*']));
  if (all || letters.includes('t')) for (const port of [...tcp].sort((a, b) => a - b)) await task.write(row(['tcp', 'LISTEN', '0', '4096', `0.0.0.0:${port}`, '0.0.0.0:*']));
  return 0;
};
