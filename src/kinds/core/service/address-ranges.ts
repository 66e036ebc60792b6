import type { Service } from '../../../api/types/core-v1.js';
import type { ServiceCIDR } from '../../../api/types/networking-v1.js';
import type { Ids } from '../../../base/ids.js';
import type { Reader } from '../../../watch/types.js';
import { AddressAllocator, AllocationError } from './allocator.js';
import { addressesOf } from './facts.js';

const SERVICES = 'core/services/';
const RANGES = 'networking.k8s.io/servicecidrs/';

const isReady = ({ metadata, status }: ServiceCIDR): boolean => !metadata.deletionTimestamp && (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');

/**
 * The ranges that cluster IPs come from: the server's own one, and those of ServiceCIDRs that are ready (KEP-1880).
 * Ranges may overlap; an address is taken in all that have it.
 */
export class AddressRanges {
  readonly own: AddressAllocator;
  /** The others by their texts. */
  private readonly more = new Map<string, AddressAllocator>();

  constructor(range: string) {
    this.own = new AddressAllocator(range);
  }

  /** Learns of all Services' addresses anew. */
  load(reader: Reader): void {
    this.own.clear();
    this.more.clear();
    takeUsed(this.own, reader);
  }

  /** Learns which ServiceCIDRs have come and gone. */
  follow(reader: Reader): void {
    const ready = new Set(reader.list(RANGES).entries.flatMap(({ object }) => (isReady(object as ServiceCIDR) ? ((object as ServiceCIDR).spec?.cidrs ?? []) : [])));
    for (const range of this.more.keys()) if (!ready.has(range)) this.more.delete(range);
    for (const range of ready) {
      if (range === this.own.range || this.more.has(range)) continue;
      const added = new AddressAllocator(range);
      // A server of one family leaves the ranges of the other alone.
      if (added.family !== this.own.family) continue;
      takeUsed(added, reader);
      this.more.set(range, added);
    }
  }

  /** Throws AllocationError. */
  take(address: string, dryRun: boolean): void {
    const holders = this.holdersOf(address);
    // Outside of all: the own range says so.
    if (holders.length === 0) return this.own.take(address, dryRun);
    if (holders.some((range) => range.has(address))) throw new AllocationError('allocated', 'provided IP is already allocated');
    if (!dryRun) for (const range of holders) range.take(address);
  }

  /** An address that nobody has, of the own range as long as it has one. Throws AllocationError. */
  next(ids: Ids): string {
    for (const range of this.all()) {
      const address = range.tryNext(ids);
      if (address === undefined) continue;
      for (const other of this.holdersOf(address)) if (other !== range) other.take(address);
      return address;
    }
    throw new AllocationError('full', 'range is full');
  }

  give(address: string): void {
    for (const range of this.all()) range.give(address);
  }

  private all(): AddressAllocator[] {
    return [this.own, ...this.more.values()];
  }

  private holdersOf(address: string): AddressAllocator[] {
    return this.all().filter((range) => range.contains(address));
  }
}

function takeUsed(range: AddressAllocator, reader: Reader): void {
  for (const { object } of reader.list(SERVICES).entries) {
    for (const address of addressesOf(object as Service)) if (range.contains(address) && !range.has(address)) range.take(address);
  }
}
