import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { SystemClock } from '../../../base/clock.js';
import { NetworkError, type NetworkErrorCode } from '../../network/errors.js';
import { RuntimeError } from '../../runtime.js';
import { gatewayProgram, type GatewayMessage, type GatewayRequest } from './gateway-program.js';
import { findTool, TOOL_PATH } from './host-tools.js';
import { childrenOf } from './process-tree.js';
import { commandLine } from './shell-text.js';

export interface PodGatewayOptions {
  /** The range of Services' addresses: connections that pods make to it come here. */
  readonly serviceCidr: string;
  /** Address of the cluster's DNS. */
  readonly dnsIp: string;
  /** A pod has connected to `ip:port`, an address of a Service. */
  readonly onConnection: (socket: Socket, to: { readonly ip: string; readonly port: number; readonly from: string }) => void;
  /** Answers a packet of the DNS protocol. */
  readonly onQuestion: (packet: Uint8Array) => Uint8Array | undefined;
}

/** The next hop of every pod; a link-local address, so that it is none of theirs. */
const GATEWAY_IP = '169.254.1.1';
const BRIDGE = 'pods';
const START_LIMIT_MS = 10_000;
const CODES = new Set<string>(['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'EACCES']);

interface Waiter {
  resolve(socket: Socket): void;
  reject(code: string): void;
}

/**
 * The network that joins all pods of a cluster, without privileges: a network namespace with a bridge, one end of a
 * virtual cable for each pod. Services' addresses are local to it. Started with the first pod, one process for the cluster.
 */
export class PodGateway {
  private process: ChildProcess | undefined;
  private started: Promise<number> | undefined;
  private readonly waiters = new Map<number, Waiter>();
  private ports: readonly number[] = [];
  private requests = 0;
  private cables = 0;
  private closed = false;

  constructor(private readonly options: PodGatewayOptions) {}

  /** Starts the gateway unless it runs. Resolves with the id of its process, whose namespaces pods are made in. */
  start(): Promise<number> {
    return (this.started ??= this.launch());
  }

  /** Gives a new network namespace, that of the process, an address on the pods' network. */
  async plug(pid: number, ip: string): Promise<void> {
    const gateway = await this.start();
    const cable = `pod${(this.cables++).toString(36)}`;
    const inside = [
      'ip link set lo up',
      'ip link set eth0 up',
      `ip addr add ${ip}/16 dev eth0`,
      `ip route add ${GATEWAY_IP} dev eth0`,
      `ip route add default via ${GATEWAY_IP}`,
    ].join(' && ');
    const outside = [
      `ip link add name ${cable} type veth peer name eth0 netns ${pid}`,
      `ip link set ${cable} master ${BRIDGE} up`,
      commandLine([tool('nsenter'), '--target', String(pid), '--net', '--preserve-credentials', '--', 'sh', '-c', inside]),
    ].join(' && ');
    await run(tool('nsenter'), ['--target', String(gateway), '--user', '--net', '--preserve-credentials', '--', 'sh', '-c', outside]);
  }

  /** Connects to an address on the pods' network. Rejects with NetworkError. */
  async connect(ip: string, port: number, signal?: AbortSignal): Promise<Socket> {
    await this.start();
    signal?.throwIfAborted();
    const id = ++this.requests;
    const socket = await new Promise<Socket>((resolve, reject) => {
      this.waiters.set(id, { resolve, reject: (code) => reject(new NetworkError(CODES.has(code) ? (code as NetworkErrorCode) : 'EHOSTUNREACH', ip, port)) });
      this.send({ type: 'connect', id, ip, port });
    });
    if (signal?.aborted) {
      socket.destroy();
      signal.throwIfAborted();
    }
    return socket;
  }

  /** Accepts connections to these ports of Services' addresses, and to no others. Costs nothing until there is a pod. */
  listen(ports: Iterable<number>): void {
    this.ports = [...new Set(ports)].toSorted((a, b) => a - b);
    if (this.process?.connected) this.send({ type: 'listen', id: ++this.requests, ports: this.ports });
  }

  /** Ends the gateway, and with it every process of every pod. */
  async close(): Promise<void> {
    this.closed = true;
    const { process: child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  private async launch(): Promise<number> {
    const program = `(${gatewayProgram.toString()})(require('node:net'), require('node:dgram'), ${JSON.stringify(this.options.dnsIp)})`;
    const setUp = [
      'ip link set lo up',
      `ip link add name ${BRIDGE} type bridge`,
      `ip addr add ${GATEWAY_IP}/32 dev ${BRIDGE}`,
      `ip link set ${BRIDGE} up`,
      `ip route add 10.244.0.0/16 dev ${BRIDGE}`,
      `ip route add local ${this.options.serviceCidr} dev lo`,
      `exec ${commandLine([process.execPath, '--max-semi-space-size=1', '-e', program])}`,
    ].join(' && ');
    const argv = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--', tool('sh'), '-c', setUp];
    const child = spawn(tool('unshare'), argv, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced', detached: true, env: { PATH: TOOL_PATH } });
    this.process = child;
    let complaints = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-2000)));
    child.on('message', (message: GatewayMessage, socket) => this.onMessage(message, socket as Socket | undefined));
    // It must not keep kubette from ending.
    child.unref();
    child.channel?.unref();
    await new Promise<void>((resolve, reject) => {
      // Processes of the host keep the host's time, whatever the cluster's clock says.
      const late = new SystemClock().after(START_LIMIT_MS, () => reject(new RuntimeError(`the pods' network did not come up: ${complaints.trim() || 'no answer'}`)));
      child.once('error', reject);
      child.once('exit', () => {
        late.cancel();
        this.onEnd();
        reject(new RuntimeError(`the pods' network could not be made: ${complaints.trim()}`));
      });
      child.on('message', (message: GatewayMessage) => {
        if (message.type !== 'ready') return;
        late.cancel();
        resolve();
      });
    });
    if (this.ports.length > 0) this.listen(this.ports);
    const [pid] = childrenOf(child.pid ?? 0);
    if (pid === undefined) throw new RuntimeError("the pods' network is gone");
    return pid;
  }

  private onMessage(message: GatewayMessage, socket: Socket | undefined): void {
    switch (message.type) {
      case 'connected':
      case 'failed': {
        const waiter = this.waiters.get(message.id);
        this.waiters.delete(message.id);
        if (message.type === 'failed') waiter?.reject(message.code);
        else if (!waiter || !socket) socket?.destroy();
        else waiter.resolve(socket);
        return;
      }
      case 'accepted':
        if (socket) this.options.onConnection(socket, message);
        return;
      case 'question': {
        const packet = this.options.onQuestion(message.packet);
        if (packet) this.send({ type: 'answer', id: message.id, packet });
        return;
      }
      case 'ready':
      case 'listening':
        return;
    }
  }

  private onEnd(): void {
    for (const waiter of this.waiters.values()) waiter.reject('EHOSTUNREACH');
    this.waiters.clear();
    this.process = undefined;
    if (!this.closed) this.started = undefined;
  }

  private send(request: GatewayRequest): void {
    this.process?.send?.(request, () => {});
  }
}

function tool(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new RuntimeError(`this host has no ${name}`);
  return path;
}

/** Runs a short command to its end. Rejects with RuntimeError that has what it printed. */
export async function run(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: TOOL_PATH } });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new RuntimeError(complaints.trim() || `${file} ended with code ${String(code)}`);
}
