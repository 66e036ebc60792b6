import { cidrContains, formatIp, parseCidr, parseIp, type Cidr } from '../../../api/ip.js';
import type { Ids } from '../../../base/ids.js';

/** Why an allocator refuses; the message is what Kubernetes puts behind `failed to allocate…`. */
export class AllocationError extends Error {
  constructor(
    readonly code: 'full' | 'allocated' | 'range',
    message: string,
  ) {
    super(message);
    this.name = 'AllocationError';
  }
}

/** A band at the bottom that dynamic allocation leaves to those who choose, while the rest has room (KEP-3070, KEP-3668). */
const staticBand = (size: number, max: number, step: number): number => (size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / step)), max));

/**
 * Numbers 0…size-1 of which each is taken once. Dynamic ones are drawn at random, above the static band first.
 */
class Pool {
  private readonly taken = new Set<number>();
  private lowTaken = 0;

  constructor(
    private readonly size: number,
    private readonly band: number,
  ) {}

  has(offset: number): boolean {
    return this.taken.has(offset);
  }

  take(offset: number): boolean {
    if (this.taken.has(offset)) return false;
    this.taken.add(offset);
    if (offset < this.band) this.lowTaken++;
    return true;
  }

  give(offset: number): void {
    if (this.taken.delete(offset) && offset < this.band) this.lowTaken--;
  }

  next(ids: Ids): number | undefined {
    const highTaken = this.taken.size - this.lowTaken;
    if (highTaken < this.size - this.band) return this.draw(this.band, this.size, ids);
    return this.lowTaken < this.band ? this.draw(0, this.band, ids) : undefined;
  }

  private draw(from: number, to: number, ids: Ids): number {
    let offset = from + ids.integer(to - from);
    while (this.taken.has(offset)) offset = offset + 1 < to ? offset + 1 : from;
    this.taken.add(offset);
    if (offset < this.band) this.lowTaken++;
    return offset;
  }

  clear(): void {
    this.taken.clear();
    this.lowTaken = 0;
  }
}

const MAX_ADDRESSES = 2 ** 24;

/** Cluster IPs of one range. The network address and, in IPv4, the broadcast address are never given. */
export class AddressAllocator {
  readonly family: 'IPv4' | 'IPv6';
  private readonly cidr: Cidr;
  private readonly pool: Pool;
  private readonly size: number;

  constructor(readonly range: string) {
    const cidr = parseCidr(range);
    if (!cidr) throw new Error(`${range} is no CIDR block`);
    this.cidr = cidr;
    this.family = cidr.family === 4 ? 'IPv4' : 'IPv6';
    const total = 2 ** ((cidr.family === 4 ? 32 : 128) - cidr.prefixLength);
    const size = Math.max(0, Math.min(total, MAX_ADDRESSES) - (cidr.family === 4 ? 2 : 1));
    this.size = size;
    this.pool = new Pool(size, staticBand(size, 256, 16));
  }

  /** What a dry run shows for an address that would be drawn. */
  get dryRunAddress(): string {
    return formatIp({ family: this.cidr.family, value: this.cidr.network });
  }

  /** Throws AllocationError. Equal texts of an address count as one. */
  take(address: string, dryRun = false): void {
    const offset = this.offset(address);
    if (offset === undefined) {
      // Only dry runs ask the range itself; else the ranges are searched for one that has the address to give (KEP-1880).
      const outside = `the provided IP (${canonical(address)}) is not in the valid range. The range of valid IPs is ${this.range}`;
      throw new AllocationError('range', dryRun ? outside : 'the provided network does not match the current range');
    }
    if (dryRun ? this.pool.has(offset) : !this.pool.take(offset)) throw new AllocationError('allocated', 'provided IP is already allocated');
  }

  contains(address: string): boolean {
    return this.offset(address) !== undefined;
  }

  has(address: string): boolean {
    const offset = this.offset(address);
    return offset !== undefined && this.pool.has(offset);
  }

  /** Undefined when all are taken. */
  tryNext(ids: Ids): string | undefined {
    const offset = this.pool.next(ids);
    if (offset === undefined) return undefined;
    return formatIp({ family: this.cidr.family, value: this.cidr.network + BigInt(offset + 1) });
  }

  give(address: string): void {
    const offset = this.offset(address);
    if (offset !== undefined) this.pool.give(offset);
  }

  clear(): void {
    this.pool.clear();
  }

  private offset(address: string): number | undefined {
    const ip = parseIp(address);
    if (!ip || !cidrContains(this.cidr, ip)) return undefined;
    const offset = ip.value - this.cidr.network - 1n;
    return offset < 0n || offset >= BigInt(this.size) ? undefined : Number(offset);
  }
}

function canonical(address: string): string {
  const ip = parseIp(address);
  return ip ? formatIp(ip) : address;
}

/** Node ports, of Services and of their health checks alike. */
export class PortAllocator {
  private readonly pool: Pool;

  constructor(
    private readonly first: number,
    private readonly last: number,
  ) {
    const size = last - first + 1;
    this.pool = new Pool(size, staticBand(size, 128, 32));
  }

  has(port: number): boolean {
    return this.pool.has(port - this.first);
  }

  /** Throws AllocationError. */
  take(port: number): void {
    if (port < this.first || port > this.last) {
      throw new AllocationError('range', `provided port is not in the valid range. The range of valid ports is ${this.first}-${this.last}`);
    }
    if (!this.pool.take(port - this.first)) throw new AllocationError('allocated', 'provided port is already allocated');
  }

  next(ids: Ids): number {
    const offset = this.pool.next(ids);
    if (offset === undefined) throw new AllocationError('full', 'range is full');
    return this.first + offset;
  }

  give(port: number): void {
    this.pool.give(port - this.first);
  }

  clear(): void {
    this.pool.clear();
  }
}
