import { Quantity } from '../../api/quantity.js';
import type { ResourceClaim } from '../../api/types/resource-v1.js';
import type { Informer } from '../../client/informer.js';
import type { Consumed } from './capacity.js';
import { deviceId } from './pools.js';

/**
 * Which devices claims have, kept up to date as claims change, and ahead of them by allocations that are about to be
 * written: no device is promised twice.
 */
export class AllocatedDevices {
  private readonly exclusive = new Map<string, number>();
  private readonly shared = new Map<string, Consumed[]>();
  /** Claims as they are counted, by uid: as the informer has them, or as they are about to be. */
  private readonly counted = new Map<string, ResourceClaim>();
  private readonly pending = new Set<string>();

  constructor(private readonly claims: Informer<ResourceClaim>) {
    claims.addHandler({
      onAdd: (claim) => this.set(claim),
      onUpdate: (claim) => this.set(claim),
      onDelete: ({ metadata }) => {
        this.pending.delete(metadata.uid ?? '');
        this.uncount(metadata.uid ?? '');
      },
    });
  }

  has(id: string): boolean {
    return this.exclusive.has(id);
  }

  /** What is taken of a device that several can have. */
  shares(id: string): readonly Consumed[] {
    return this.shared.get(id) ?? [];
  }

  /** Whether an allocation for the claim is about to be written. */
  isPending({ metadata }: ResourceClaim): boolean {
    return this.pending.has(metadata.uid ?? '');
  }

  /** Counts an allocation that is about to be written. */
  assume(claim: ResourceClaim): void {
    this.pending.add(claim.metadata.uid ?? '');
    this.count(claim);
  }

  /** The allocation was written, or will not be: from here on the claim is what is said, or what the informer knows. */
  settle({ metadata }: ResourceClaim, written?: ResourceClaim): void {
    this.pending.delete(metadata.uid ?? '');
    const now = written ?? this.claims.get(metadata.name, metadata.namespace);
    if (now && now.metadata.uid === metadata.uid) this.count(now);
    else this.uncount(metadata.uid ?? '');
  }

  private set(claim: ResourceClaim): void {
    if (!this.isPending(claim) || claim.status?.allocation) this.count(claim);
  }

  private count(claim: ResourceClaim): void {
    const uid = claim.metadata.uid ?? '';
    this.uncount(uid);
    this.counted.set(uid, claim);
    for (const [id, consumed] of devicesOf(claim)) {
      if (consumed) this.shared.set(id, [...(this.shared.get(id) ?? []), consumed]);
      else this.exclusive.set(id, (this.exclusive.get(id) ?? 0) + 1);
    }
  }

  private uncount(uid: string): void {
    const known = this.counted.get(uid);
    if (!known) return;
    this.counted.delete(uid);
    for (const [id, consumed] of devicesOf(known)) {
      if (consumed) {
        const left = (this.shared.get(id) ?? []).slice();
        left.splice(left.findIndex((other) => textOf(other) === textOf(consumed)), 1);
        if (left.length > 0) this.shared.set(id, left);
        else this.shared.delete(id);
      } else {
        const users = (this.exclusive.get(id) ?? 1) - 1;
        if (users > 0) this.exclusive.set(id, users);
        else this.exclusive.delete(id);
      }
    }
  }
}

/** The devices that a claim takes from others; administrators take none. */
function* devicesOf({ status }: ResourceClaim): Generator<readonly [string, Consumed | undefined]> {
  for (const { driver, pool, device, adminAccess, shareID, consumedCapacity = {} } of status?.allocation?.devices?.results ?? []) {
    if (adminAccess) continue;
    const consumed = new Map(Object.entries(consumedCapacity).map(([name, amount]) => [name, Quantity.parse(amount)] as const));
    yield [deviceId(driver, pool, device), shareID === undefined ? undefined : consumed];
  }
}

const textOf = (consumed: Consumed): string => JSON.stringify([...consumed].toSorted(([a], [b]) => (a < b ? -1 : 1)));
