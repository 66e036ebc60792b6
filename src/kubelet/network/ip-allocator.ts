import { formatIp, parseCidr } from '../../api/ip.js';

/**
 * Hands out the addresses of a node's pod CIDR as the host-local CNI plugin does: one after the other from the second
 * on (the first is the bridge), round and round, skipping what is in use.
 */
export class IpAllocator {
  private readonly first: bigint;
  private readonly size: number;
  private readonly used = new Set<number>();
  private next = 2;

  constructor(private readonly cidr: string) {
    const block = parseCidr(cidr);
    if (!block || block.family !== 4 || block.prefixLength > 30) throw new Error(`${cidr} is no IPv4 block for pods`);
    this.first = block.network;
    this.size = 2 ** (32 - block.prefixLength);
  }

  /** The next free address; undefined when the block is used up. */
  allocate(): string | undefined {
    const usable = this.size - 3;
    if (this.used.size >= usable) return undefined;
    while (this.used.has(this.next)) this.next = this.following(this.next);
    const offset = this.next;
    this.used.add(offset);
    this.next = this.following(offset);
    return formatIp({ family: 4, value: this.first + BigInt(offset) });
  }

  release(ip: string): void {
    const address = parseCidr(`${ip}/32`);
    if (address) this.used.delete(Number(address.network - this.first));
  }

  toString(): string {
    return this.cidr;
  }

  private following(offset: number): number {
    return offset + 1 > this.size - 2 ? 2 : offset + 1;
  }
}
