import type { Duplex } from 'node:stream';
import type { ClusterNetwork } from '../../api/streams.js';
import { parseIp } from '../../api/ip.js';
import { sleep, type Clock } from '../../base/clock.js';
import { connectionPair } from '../../base/memory-socket.js';
import { NetworkError } from './errors.js';
import { NetworkNamespace, type NameLookup } from './network-namespace.js';
import type { NetworkAddress } from '../runtimes/simulated/program.js';
import type { PacketFilter } from './network-policies.js';
import type { ServiceRouter } from './service-router.js';
import type { UdpPort } from './udp-port.js';

export interface PodNetworkOptions {
  /** For connections that nobody answers; without one they fail at once. */
  readonly clock?: Clock;
  /** Services and their endpoints; set later by {@link PodNetwork.useServices} when they are not known yet. */
  readonly services?: ServiceRouter;
  /** Domain of the cluster's DNS. */
  readonly clusterDomain?: string;
  /**
   * Opens a connection to an address outside the pods, e.g. the API server's own behind the Service `kubernetes`.
   * Returns undefined for addresses that pods may not reach; so pods reach nothing outside unless this allows it.
   */
  readonly dialOutside?: (ip: string, port: number, signal?: AbortSignal) => Promise<Duplex> | undefined;
}

/** How long Linux tries to connect (net.ipv4.tcp_syn_retries). */
const CONNECT_TIMEOUT_MS = 127_000;
const FIRST_EPHEMERAL_PORT = 32768;
const EPHEMERAL_PORTS = 60999 - FIRST_EPHEMERAL_PORT;

/** Connects to a port of an address whose listeners are elsewhere: real sockets of a pod's processes. Rejects with NetworkError. */
export type RemoteDial = (port: number, signal?: AbortSignal) => Promise<Duplex>;

/** Addresses from which nothing answers, but which the network knows: connections are refused at once. */
const OUTSIDE = '0.0.0.0';

/**
 * The network of all pods: who has which address and what listens there. One per cluster; it needs no privileges,
 * a connection is a pair of streams in this process.
 */
export class PodNetwork implements ClusterNetwork {
  readonly clusterDomain: string;
  private readonly namespaces = new Map<string, NetworkNamespace>();
  private readonly remotes = new Map<string, RemoteDial>();
  private services: ServiceRouter | undefined;
  private filter: PacketFilter | undefined;
  private ports = 0;

  constructor(private readonly options: PodNetworkOptions = {}) {
    this.services = options.services;
    this.clusterDomain = options.clusterDomain ?? 'cluster.local';
  }

  useServices(services: ServiceRouter): void {
    this.services = services;
  }

  /** From then on connections need the filter's leave. */
  useFilter(filter: PacketFilter): void {
    this.filter = filter;
  }

  get policies(): PacketFilter | undefined {
    return this.filter;
  }

  get router(): ServiceRouter | undefined {
    return this.services;
  }

  /** Gives an address a network of its own. Throws when the address is in use. */
  attach(ip: string, lookup: NameLookup): NetworkNamespace {
    if (this.namespaces.has(ip)) throw new NetworkError('EADDRINUSE', ip, 0);
    const namespace = new NetworkNamespace(this, ip, lookup);
    this.namespaces.set(ip, namespace);
    return namespace;
  }

  /** The network of an address, made on first use: a node's own, shared by its hostNetwork pods. */
  attachShared(ip: string, lookup: NameLookup): NetworkNamespace {
    return this.namespaces.get(ip) ?? this.attach(ip, lookup);
  }

  /** Gives an address to a pod whose network is the host's kernel's. Throws when the address is in use. */
  attachRemote(ip: string, dial: RemoteDial): void {
    if (this.namespaces.has(ip) || this.remotes.has(ip)) throw new NetworkError('EADDRINUSE', ip, 0);
    this.remotes.set(ip, dial);
  }

  /** Takes an address off the network: its listeners go, its connections are reset. */
  detach(ip: string): void {
    this.remotes.delete(ip);
    const namespace = this.namespaces.get(ip);
    if (!namespace) return;
    this.namespaces.delete(ip);
    namespace.close();
  }

  async connect(ip: string, port: number, { from = OUTSIDE, signal }: { from?: string; signal?: AbortSignal } = {}): Promise<Duplex> {
    signal?.throwIfAborted();
    const route = this.services?.route(ip, port, from);
    if (route?.to === 'reject') throw new NetworkError('ECONNREFUSED', ip, port);
    if (route?.to === 'drop') return this.silence(ip, port, signal);
    const target = route ? { ip: route.ip, port: route.port } : { ip, port };
    if (from !== OUTSIDE && this.filter && !this.filter.allows({ from, to: target.ip, port: target.port, protocol: 'TCP' })) return this.silence(ip, port, signal);
    const namespace = this.namespaces.get(target.ip);
    if (namespace) return this.open(namespace, target.port, from, { ip, port });
    const remote = this.remotes.get(target.ip);
    if (remote) return remote(target.port, signal);
    const outside = this.options.dialOutside?.(target.ip, target.port, signal);
    if (outside) return outside;
    throw new NetworkError('EHOSTUNREACH', ip, port);
  }

  /**
   * @internal Carries a datagram: to a Service's endpoint, back to whoever asked it. What policies forbid is lost.
   * Throws NetworkError where the other side answers that nobody listens.
   */
  carry(from: UdpPort, { address, port }: NetworkAddress, message: Uint8Array): void {
    const source: NetworkAddress = { address: from.carrier.ip, port: from.port };
    const receiver = (to: NetworkAddress): UdpPort | undefined => this.namespaces.get(to.address)?.udpPort(to.port);
    const lost: NetworkAddress = { address: OUTSIDE, port: 0 };
    const target = from.flow({ address, port }, this.options.clock?.now() ?? 0, (known) => receiver(known) !== undefined, () => {
      const route = this.services?.route(address, port, source.address, 'UDP');
      if (route?.to === 'reject') throw new NetworkError('ECONNREFUSED', address, port);
      return route?.to === 'drop' ? lost : route ? { address: route.ip, port: route.port } : { address, port };
    });
    if (target === lost) return;
    const to = receiver(target);
    // Answers pass policies, as the packets of any connection.
    const dialled = to?.knownAs(source);
    if (!dialled && this.filter && !this.filter.allows({ from: source.address, to: target.address, port: target.port, protocol: 'UDP' })) return;
    if (!to) throw new NetworkError(this.namespaces.has(target.address) ? 'ECONNREFUSED' : 'EHOSTUNREACH', address, port);
    setImmediate(() => {
      if (receiver(target) === to) to.receive(message, dialled ?? source);
    });
  }

  /** What becomes of packets that are dropped: nobody answers until the kernel gives up. */
  private async silence(ip: string, port: number, signal: AbortSignal | undefined): Promise<never> {
    await (this.options.clock ? sleep(this.options.clock, CONNECT_TIMEOUT_MS, signal) : Promise.resolve());
    throw new NetworkError('ETIMEDOUT', ip, port);
  }

  /** Whether a text is an address (rather than a name to look up). */
  static isAddress(host: string): boolean {
    return parseIp(host) !== undefined;
  }

  /** @internal Joins a client to a listener of `namespace`, over which the client sees the address it dialled. */
  open(namespace: NetworkNamespace, port: number, from: string, dialled: { ip: string; port: number }): Duplex {
    const accept = namespace.listener(port);
    if (!accept) throw new NetworkError('ECONNREFUSED', dialled.ip, dialled.port);
    const clientPort = FIRST_EPHEMERAL_PORT + (this.ports++ % EPHEMERAL_PORTS);
    const [client, server] = connectionPair({ address: from, port: clientPort }, { address: namespace.ip, port });
    // A broken connection is the program's business, but must not end the process when the program does not look.
    for (const end of [client, server]) end.on('error', () => {});
    namespace.track(server);
    accept(server);
    return client;
  }
}
