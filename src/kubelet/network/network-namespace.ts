import type { Duplex } from 'node:stream';
import { sleep, type Clock } from '../../base/clock.js';
import type { HttpHandler, Listener, NetworkAddress, PodNetworkNamespace, UdpSocket } from '../runtimes/simulated/program.js';
import { localName, query, resolveName, type DnsAnswer, type DnsType } from './dns.js';
import { NetworkError } from './errors.js';
import { listenHttp } from './http-listener.js';
import type { PodNetwork } from './pod-network.js';
import { UdpPort, type DatagramCarrier } from './udp-port.js';

type Accept = (stream: Duplex) => void;

/** How a pod looks names up: the search path of its resolv.conf and the names of its hosts file. */
export interface NameLookup {
  readonly searches: readonly string[];
  readonly ndots: number;
  readonly hosts?: (name: string) => string | undefined;
  /** The name server, which policies may keep a pod from. */
  readonly server?: string | undefined;
  readonly clock?: Clock;
}

/** Two attempts of five seconds. */
const DNS_TIMEOUT_MS = 10_000;
const LOOPBACK = /^127\.|^::1$|^0\.0\.0\.0$/;
const FIRST_FREE_PORT = 49152;

/** One address with its listeners: a pod's network, which its containers share, or a node's. */
export class NetworkNamespace implements PodNetworkNamespace, DatagramCarrier {
  private readonly listeners = new Map<number, Accept>();
  private datagramPorts: Map<number, UdpPort> | undefined;
  private readonly open = new Set<Duplex>();
  private closed = false;

  constructor(
    private readonly network: PodNetwork,
    readonly ip: string,
    private readonly lookup: NameLookup,
  ) {}

  listen(port: number, onConnection: Accept): Promise<Listener> {
    let chosen = port;
    if (port === 0) for (chosen = FIRST_FREE_PORT; this.listeners.has(chosen); chosen++);
    if (this.closed || this.listeners.has(chosen)) return Promise.reject(new NetworkError('EADDRINUSE', '0.0.0.0', chosen));
    this.listeners.set(chosen, onConnection);
    const close = (): void => {
      if (this.listeners.get(chosen) === onConnection) this.listeners.delete(chosen);
    };
    return Promise.resolve({ port: chosen, close });
  }

  listenHttp(port: number, handler: HttpHandler): Promise<Listener> {
    return listenHttp(this, port, handler);
  }

  openUdp(port: number, onMessage: (message: Uint8Array, from: NetworkAddress) => void): Promise<UdpSocket> {
    const ports = (this.datagramPorts ??= new Map());
    let chosen = port;
    if (port === 0) for (chosen = FIRST_FREE_PORT; ports.has(chosen); chosen++);
    if (this.closed || ports.has(chosen)) return Promise.reject(new NetworkError('EADDRINUSE', '0.0.0.0', chosen));
    const socket = new UdpPort(this, chosen, onMessage);
    ports.set(chosen, socket);
    return Promise.resolve(socket);
  }

  release(socket: UdpPort): void {
    if (this.udpPort(socket.port) === socket) this.datagramPorts?.delete(socket.port);
  }

  carry(from: UdpPort, to: NetworkAddress, message: Uint8Array): void {
    this.network.carry(from, LOOPBACK.test(to.address) ? { address: this.ip, port: to.port } : to, message);
  }

  /** @internal */
  udpPort(port: number): UdpPort | undefined {
    return this.datagramPorts?.get(port);
  }

  async connect(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    const addresses = await this.resolve(host);
    if (addresses.length === 0) throw new NetworkError('ENOTFOUND', host, port);
    let failure: unknown;
    for (const ip of addresses) {
      if (LOOPBACK.test(ip)) return this.connectLocal(port, ip);
      try {
        return await this.network.connect(ip, port, { from: this.ip, ...(signal ? { signal } : {}) });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Connects to a listener of this very network, as a process on its localhost or a port-forward does. */
  connectLocal(port: number, ip = '127.0.0.1'): Duplex {
    return this.network.open(this, port, ip, { ip, port });
  }

  async resolve(name: string): Promise<readonly string[]> {
    const local = localName(name, this.lookup);
    if (local !== undefined) return [local];
    await this.reachDns();
    return resolveName(name, this.lookup, this.network);
  }

  async query(name: string, type: DnsType): Promise<DnsAnswer> {
    await this.reachDns();
    return query(name, type, this.network);
  }

  /** Rejects, after the C library's patience, where a policy keeps the pod from the cluster's DNS. */
  private async reachDns(): Promise<void> {
    const { server, clock } = this.lookup;
    if (server === undefined || this.network.policies?.allowsDns(this.ip, server) !== false) return;
    if (clock) await sleep(clock, DNS_TIMEOUT_MS);
    throw new NetworkError('ETIMEDOUT', server, 53);
  }

  /** Ports something listens on, for `netstat` and the like. */
  get ports(): { readonly tcp: readonly number[]; readonly udp: readonly number[] } {
    return { tcp: [...this.listeners.keys()], udp: [...(this.datagramPorts?.keys() ?? [])] };
  }

  /** @internal */
  listener(port: number): Accept | undefined {
    return this.listeners.get(port);
  }

  /** @internal Connections are reset when the address goes. */
  track(stream: Duplex): void {
    this.open.add(stream);
    stream.once('close', () => this.open.delete(stream));
  }

  /** @internal */
  close(): void {
    this.closed = true;
    this.listeners.clear();
    this.datagramPorts?.clear();
    for (const stream of this.open) stream.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    this.open.clear();
  }
}
