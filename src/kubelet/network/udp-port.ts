import type { NetworkAddress, UdpSocket } from '../runtimes/simulated/program.js';
import { NetworkError } from './errors.js';

/** What carries datagrams of a network, and looks its names up. */
export interface DatagramCarrier {
  readonly ip: string;
  resolve(host: string): Promise<readonly string[]>;
  carry(from: UdpPort, to: NetworkAddress, message: Uint8Array): void;
  release(port: UdpPort): void;
}

/** Where datagrams to an address go, after Services: kept as long as the two talk, as the kernel's connection tracking does. */
interface Flow {
  readonly dialled: NetworkAddress;
  readonly target: NetworkAddress;
  usedAt: number;
}

/** Idle flows are forgotten (net.netfilter.nf_conntrack_udp_timeout_stream). */
const FLOW_MS = 120_000;
const MAX_FLOWS = 1024;
const MAX_MESSAGE = 65_507;

/** A UDP socket of a pod. */
export class UdpPort implements UdpSocket {
  private readonly flows = new Map<string, Flow>();

  constructor(
    readonly carrier: DatagramCarrier,
    readonly port: number,
    private readonly onMessage: (message: Uint8Array, from: NetworkAddress) => void,
  ) {}

  async send(message: Uint8Array, host: string, port: number): Promise<void> {
    if (message.length > MAX_MESSAGE) throw Object.assign(new Error('message too long'), { code: 'EMSGSIZE' });
    const [address] = await this.carrier.resolve(host);
    if (address === undefined) throw new NetworkError('ENOTFOUND', host, port);
    this.carrier.carry(this, { address, port }, Uint8Array.from(message));
  }

  close(): void {
    this.carrier.release(this);
    this.flows.clear();
  }

  /** The place that datagrams to `dialled` have gone to lately; `choose` finds one at first. */
  flow(dialled: NetworkAddress, now: number, holds: (target: NetworkAddress) => boolean, choose: () => NetworkAddress): NetworkAddress {
    const key = textOf(dialled);
    const known = this.flows.get(key);
    const { target } = known && now - known.usedAt < FLOW_MS && holds(known.target) ? known : { target: choose() };
    this.flows.delete(key);
    this.flows.set(key, { dialled, target, usedAt: now });
    const [oldest] = this.flows.keys();
    if (this.flows.size > MAX_FLOWS && oldest !== undefined) this.flows.delete(oldest);
    return target;
  }

  /** Under which address this socket knows `from`, if it has sent something there: the one it used last. */
  knownAs(from: NetworkAddress): NetworkAddress | undefined {
    const text = textOf(from);
    return [...this.flows.values()].findLast(({ target }) => textOf(target) === text)?.dialled;
  }

  receive(message: Uint8Array, from: NetworkAddress): void {
    this.onMessage(message, from);
  }
}

function textOf({ address, port }: NetworkAddress): string {
  return `${address} ${port}`;
}
