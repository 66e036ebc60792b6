import type { Ids } from '../../base/ids.js';
import type { Node } from '../../api/types/core-v1.js';
import type { AllocationResult, DeviceClass, ResourceClaim } from '../../api/types/resource-v1.js';
import { allocationResult } from './allocation-result.js';
import type { AllocatedDevices } from './allocated-devices.js';
import { type Consumed, consumedBy, hasRoom } from './capacity.js';
import { type Constraint, constraintOf } from './constraints.js';
import { SharedCounters } from './counters.js';
import { gatherPools, nodeMatches, type OfferedDevice, type Pool, type SliceIndex } from './pools.js';
import { alternativesOf, type ClassLookup, keyOfClaim, requestsOf, type WantedDevices } from './requests.js';
import { type DeviceSelectors, SelectorError } from './selectors.js';

/** Something is wrong with a claim, a class or a pool: its text says what. Scheduling of the pod ends with it. */
export class AllocationError extends Error {}
/** Devices of this node cannot be had at the moment; others may do. */
export class NodeAllocationError extends Error {}

export interface AllocatorDependencies {
  readonly slices: SliceIndex;
  readonly allocated: AllocatedDevices;
  readonly classes: ClassLookup;
  readonly selectors: DeviceSelectors;
  readonly ids: Pick<Ids, 'uid'>;
}

/** A device that was chosen for a request. */
export interface ChosenDevice extends OfferedDevice {
  readonly wanted: WantedDevices;
  readonly consumed: Consumed | undefined;
}

interface Alternative {
  readonly wanted: WantedDevices;
  readonly deviceClass: DeviceClass;
  /** All that there are, for requests that want all. */
  readonly everything: readonly OfferedDevice[] | undefined;
  readonly count: number;
}

/** More devices have no place in a claim's status. */
const MAX_DEVICES = 32;

/** Devices for the claims of a pod on one node, one allocation per claim; undefined where there are not enough (KEP-4381). */
export function allocate(claims: readonly ResourceClaim[], node: Node, dependencies: AllocatorDependencies): AllocationResult[] | undefined {
  return new Search(claims, node, dependencies).run();
}

type Found = boolean | 'too many';

/** Tries devices for one request after the other, in all combinations, and takes the first that works out. */
class Search {
  private readonly pools: readonly Pool[];
  private readonly requests: ReadonlyArray<ReadonlyArray<readonly Alternative[]>>;
  private readonly constraints: ReadonlyArray<readonly Constraint[]>;
  private readonly counters: SharedCounters;
  private readonly chosen: ChosenDevice[][];
  private readonly matches = new Map<WantedDevices, Map<string, boolean>>();
  /** Which claims of the pod take a device, by index. */
  private readonly taking = new Map<string, Set<number>>();

  constructor(
    private readonly claims: readonly ResourceClaim[],
    private readonly node: Node,
    private readonly dependencies: AllocatorDependencies,
  ) {
    this.pools = gatherPools(node, dependencies.slices);
    this.counters = new SharedCounters((id) => dependencies.allocated.has(id) || dependencies.allocated.shares(id).length > 0);
    this.requests = claims.map((claim) => requestsOf(claim).map((request) => alternativesOf(request).map((wanted) => this.prepare(wanted, claim))));
    this.constraints = claims.map((claim) =>
      (claim.spec.devices?.constraints ?? []).map((constraint, i) => {
        try {
          return constraintOf(constraint);
        } catch (error) {
          throw new AllocationError(`claim ${keyOfClaim(claim)}, constraint #${i}: ${(error as Error).message}`);
        }
      }),
    );
    this.chosen = claims.map(() => []);
  }

  run(): AllocationResult[] | undefined {
    for (const [i, requests] of this.requests.entries()) {
      const least = requests.reduce((sum, alternatives) => sum + Math.min(...alternatives.map(({ count }) => count)), 0);
      if (least > MAX_DEVICES) throw new AllocationError(`claim ${keyOfClaim(this.claims[i] as ResourceClaim)}: number of requested devices ${least} exceeds the claim limit of ${MAX_DEVICES}`);
    }
    if (this.nextRequest(0, 0) !== true) {
      if (this.pools.some(({ isInvalid }) => isInvalid)) throw new NodeAllocationError('invalid resource pools were encountered');
      return undefined;
    }
    return this.claims.map((claim, i) => allocationResult(claim, this.chosen[i] as ChosenDevice[], this.node.metadata.name, this.dependencies));
  }

  private prepare(wanted: WantedDevices, claim: ResourceClaim): Alternative {
    const at = `claim ${keyOfClaim(claim)}, request ${wanted.alternative ?? wanted.request}`;
    const deviceClass = this.dependencies.classes(wanted.className);
    if (!deviceClass) throw new AllocationError(`${at}: could not retrieve device class ${wanted.className}: deviceclass.resource.k8s.io ${JSON.stringify(wanted.className)} not found`);
    if (!wanted.all) return { wanted, deviceClass, everything: undefined, count: wanted.count };
    const everything: OfferedDevice[] = [];
    for (const { driver, name, isIncomplete, isInvalid, devices } of this.pools) {
      if (isIncomplete) throw new AllocationError(`${at}: asks for all devices, but resource pool ${driver}/${name} is currently being updated`);
      if (isInvalid) throw new AllocationError(`${at}: asks for all devices, but resource pool ${driver}/${name} is currently invalid`);
      everything.push(...devices.filter((device) => this.isSelectable(device, wanted, deviceClass, claim)));
    }
    return { wanted, deviceClass, everything, count: everything.length };
  }

  private isSelectable(device: OfferedDevice, wanted: WantedDevices, deviceClass: DeviceClass, claim: ResourceClaim): boolean {
    let known = this.matches.get(wanted);
    if (!known) this.matches.set(wanted, (known = new Map()));
    let matches = known.get(device.id);
    if (matches === undefined) known.set(device.id, (matches = this.matchesSelectors(device, wanted, deviceClass, claim)));
    return matches;
  }

  private matchesSelectors(device: OfferedDevice, wanted: WantedDevices, { metadata, spec }: DeviceClass, claim: ResourceClaim): boolean {
    if (device.slice.spec.perDeviceNodeSelection && !nodeMatches(this.node, device.device)) return false;
    const check = (selectors: WantedDevices['selectors'], of: string): boolean =>
      selectors.every(({ cel }, i) => {
        try {
          return this.dependencies.selectors.matches(cel?.expression ?? '', device);
        } catch (error) {
          if (!(error instanceof SelectorError)) throw error;
          throw new AllocationError(`${of}: selector #${i}: ${error.message}`);
        }
      });
    return check(spec.selectors ?? [], `class ${metadata.name}`) && check(wanted.selectors, `claim ${keyOfClaim(claim)}`);
  }

  private nextRequest(claim: number, request: number): Found {
    const requests = this.requests[claim];
    if (!requests) return true;
    const alternatives = requests[request];
    if (!alternatives) {
      const found = this.nextRequest(claim + 1, 0);
      // Another choice for this claim gives the next one no more room.
      return found === 'too many' ? false : found;
    }
    let isEverTooMany = alternatives.length > 0;
    for (const alternative of alternatives) {
      const found = this.nextDevice(claim, request, alternative, 0, 0, 0);
      if (found === true) return true;
      if (found !== 'too many') isEverTooMany = false;
    }
    return isEverTooMany ? 'too many' : false;
  }

  private nextDevice(claim: number, request: number, alternative: Alternative, taken: number, fromPool: number, fromDevice: number): Found {
    const { wanted, deviceClass, everything, count } = alternative;
    if (everything && count === 0) return false;
    if (taken >= count) return this.nextRequest(claim, request + 1);
    if ((this.chosen[claim] as ChosenDevice[]).length + count - taken > MAX_DEVICES) return 'too many';
    const owner = this.claims[claim] as ResourceClaim;
    if (everything) {
      const device = everything[taken] as OfferedDevice;
      const undo = this.take(claim, device, wanted, true);
      if (!undo) return false;
      const found = this.nextDevice(claim, request, alternative, taken + 1, 0, 0);
      if (found !== true) undo();
      return found;
    }
    for (let p = fromPool; p < this.pools.length; p++) {
      const { devices, isIncomplete, isInvalid } = this.pools[p] as Pool;
      if (isIncomplete || isInvalid) continue;
      for (let d = p === fromPool ? fromDevice : 0; d < devices.length; d++) {
        const device = devices[d] as OfferedDevice;
        if (this.isTaken(claim, device, wanted) || !this.isSelectable(device, wanted, deviceClass, owner)) continue;
        const undo = this.take(claim, device, wanted, false);
        if (!undo) continue;
        const found = this.nextDevice(claim, request, alternative, taken + 1, p, d + 1);
        if (found === true) return true;
        undo();
        if (found === 'too many') return found;
      }
    }
    return false;
  }

  private isTaken(claim: number, { id }: OfferedDevice, { adminAccess }: WantedDevices): boolean {
    const takers = this.taking.get(id);
    // Who administers a device shares it with those who use it.
    return adminAccess ? takers?.has(claim) === true : this.dependencies.allocated.has(id) || takers !== undefined;
  }

  /** Takes a device; gives what takes it back, or undefined where it cannot be had. */
  private take(claim: number, device: OfferedDevice, wanted: WantedDevices, must: boolean): (() => void) | undefined {
    const { id } = device;
    const isShared = device.device.allowMultipleAllocations === true;
    if (isShared ? !wanted.adminAccess && this.dependencies.allocated.has(id) : this.isTaken(claim, device, wanted)) return undefined;
    const consumed = consumedBy(wanted.capacity, device.device);
    const shares = [...this.dependencies.allocated.shares(id), ...this.chosen.flat().flatMap((other) => (other.id === id && other.consumed ? [other.consumed] : []))];
    if (!consumed || !hasRoom(consumed, device.device, shares) || isRepelled(device, wanted)) return undefined;
    const needsCounters = Boolean(device.device.consumesCounters?.length) && !(isShared && shares.length > 0);
    if (needsCounters && !this.counters.take(device)) return undefined;
    const constraints = this.constraints[claim] as readonly Constraint[];
    const added: Constraint[] = [];
    const undo = (): void => {
      for (const constraint of added) constraint.remove(wanted.request, wanted.alternative);
      if (needsCounters) this.counters.giveBack(device);
    };
    for (const constraint of constraints) {
      if (constraint.add(wanted.request, wanted.alternative, device)) {
        added.push(constraint);
        continue;
      }
      undo();
      if (must) throw new AllocationError(`claim ${keyOfClaim(this.claims[claim] as ResourceClaim)}, request ${wanted.alternative ?? wanted.request}: cannot add device ${id} because a claim constraint would not be satisfied`);
      return undefined;
    }
    const chosen = this.chosen[claim] as ChosenDevice[];
    chosen.push({ ...device, wanted, consumed: isShared ? consumed : undefined });
    if (!isShared) this.taking.set(id, (this.taking.get(id) ?? new Set<number>()).add(claim));
    return () => {
      chosen.pop();
      const takers = this.taking.get(id);
      takers?.delete(claim);
      if (takers?.size === 0) this.taking.delete(id);
      undo();
    };
  }
}

function isRepelled({ device }: OfferedDevice, { tolerations = [] }: WantedDevices): boolean {
  return (device.taints ?? []).some(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !tolerations.some(({ key, operator, value, effect }) => (!effect || effect === taint.effect) && (!key || key === taint.key) && (operator === 'Exists' || ((operator ?? 'Equal') === 'Equal' && (value ?? '') === (taint.value ?? '')))),
  );
}
