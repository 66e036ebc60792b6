import { spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import type { PodNetwork } from '../../network/pod-network.js';
import { answerQuestion } from '../../network/dns-packets.js';
import { findTool, missingTools, TOOL_PATH } from './host-tools.js';
import type { Isolation } from './isolation.js';
import { NamespaceIsolation } from './namespace-isolation.js';
import { NoIsolation } from './no-isolation.js';
import { PodGateway } from './pod-gateway.js';

export interface ChosenIsolation {
  readonly isolation: Isolation;
  /** Says which ports of Services' addresses pods can connect to. */
  readonly listen: (ports: Iterable<number>) => void;
}

export interface IsolationOptions {
  readonly network: PodNetwork;
  readonly serviceCidr: string;
  readonly dnsIp: string;
}

/** The best that this host has: namespaces on Linux where its kernel lets an ordinary user make them, plain processes elsewhere. */
export function chooseIsolation({ network, ...rest }: IsolationOptions): ChosenIsolation {
  const obstacle = namespaceObstacle();
  if (obstacle !== undefined) return { isolation: new NoIsolation(obstacle), listen: () => {} };
  const gateway = new PodGateway({ ...rest, onConnection: (socket, to) => void relay(socket, to, network), onQuestion: (packet) => answerQuestion(packet, network) });
  return { isolation: new NamespaceIsolation(gateway), listen: (ports) => gateway.listen(ports) };
}

/** Joins a pod's connection to a Service with one of the endpoints behind it. */
async function relay(socket: Socket, { ip, port, from }: { ip: string; port: number; from: string }, network: PodNetwork): Promise<void> {
  try {
    const to = await network.connect(ip, port, { from });
    to.on('error', () => socket.destroy());
    socket.on('error', () => to.destroy());
    socket.pipe(to).pipe(socket);
  } catch {
    // What has been accepted can't be refused any more; a reset comes closest.
    socket.resetAndDestroy();
  }
}

/** Why this host can't give containers namespaces, in words for its user; undefined when it can. */
export function namespaceObstacle(): string | undefined {
  if (process.platform !== 'linux') return `namespaces are a feature of Linux, and this is ${process.platform}`;
  const missing = missingTools();
  if (missing.length > 0) return `this host has no ${missing.join(', ')} (packages util-linux, iproute2)`;
  const all = ['--user', '--map-root-user', '--net', '--pid', '--fork', '--mount', '--ipc', '--uts', '--mount-proc', '--kill-child', '--'];
  const tried = spawnSync(findTool('unshare') ?? 'unshare', [...all, findTool('sh') ?? 'sh', '-c', 'ip link set lo up && ip link add name pods type bridge && mount -t tmpfs none /mnt'], { env: { PATH: TOOL_PATH }, encoding: 'utf8', timeout: 10_000 });
  if (tried.status === 0) return undefined;
  return `the kernel does not let this user make namespaces (${tried.stderr.trim() || String(tried.error ?? 'unshare failed')})`;
}
