import { Quantity } from '../../api/quantity.js';
import type { Device } from '../../api/types/resource-v1.js';
import { deviceId, type OfferedDevice, type Pool } from './pools.js';

/** Counters that the devices of a pool share, because they are parts of the same hardware (KEP-4815). */
export class SharedCounters {
  private readonly left = new Map<Pool, Map<string, Quantity>>();

  constructor(private readonly isAllocated: (id: string) => boolean) {}

  /** Takes what a device needs; false, and nothing is taken, where that is more than is left. */
  take({ device, pool }: OfferedDevice): boolean {
    const left = this.leftOf(pool);
    add(left, device, -1);
    if ([...left.values()].every(({ sign }) => sign >= 0)) return true;
    add(left, device, 1);
    return false;
  }

  giveBack({ device, pool }: OfferedDevice): void {
    add(this.leftOf(pool), device, 1);
  }

  private leftOf(pool: Pool): Map<string, Quantity> {
    let left = this.left.get(pool);
    if (left) return left;
    left = new Map([...pool.counterSets.values()].flatMap(({ name: set, counters }) => Object.entries(counters).map(([name, { value }]) => [`${set}/${name}`, Quantity.parse(value)] as const)));
    for (const { id, device } of pool.devices) if (this.isAllocated(id)) add(left, device, -1);
    for (const { spec } of pool.elsewhere) for (const device of spec.devices ?? []) if (this.isAllocated(deviceId(pool.driver, pool.name, device.name))) add(left, device, -1);
    // What others have taken too much of is all gone for us: a device that needs nothing of it is no worse for that.
    this.left.set(pool, left);
    return left;
  }
}

function add(left: Map<string, Quantity>, { consumesCounters = [] }: Device, sign: 1 | -1): void {
  for (const { counterSet, counters } of consumesCounters) {
    for (const [name, { value }] of Object.entries(counters)) {
      const key = `${counterSet}/${name}`;
      const amount = Quantity.parse(value);
      const known = left.get(key) ?? Quantity.zero;
      left.set(key, sign === 1 ? known.add(amount) : known.subtract(amount));
    }
  }
}
