import { faultyRequest, internalError, invalid as invalidObject } from '../../../api/errors.js';
import { invalid, Path } from '../../../api/field.js';
import type { Service } from '../../../api/types/core-v1.js';
import type { Reservation, StrategyContext } from '../../../registry/kind.js';
import type { Reader } from '../../../watch/types.js';
import { isReserved } from './ip-addresses.js';
import { AddressRanges } from './address-ranges.js';
import { AllocationError, PortAllocator } from './allocator.js';
import { addressesOf, allocatesNodePorts, isExternalName, isHeadless, needsHealthCheckPort, needsNodePorts, nodePortsOf } from './facts.js';

const PREFIX = 'core/services/';
/** The first port that a dry run shows: it is outside of every sensible range, and nothing is taken. */
const DRY_RUN_PORT = 32_769;

/**
 * Cluster IPs and node ports of a cluster's Services. What is taken is known from the stored Services at first use
 * and followed from there; what a write takes it gives back if the write fails, what it frees is free when it is done.
 */
export class ServiceAllocator {
  readonly addresses: AddressRanges;
  private readonly ports: PortAllocator;
  private revision = -1;

  constructor(range: string, [first, last]: readonly [number, number]) {
    this.addresses = new AddressRanges(range);
    this.ports = new PortAllocator(first, last);
  }

  /** Throws ApiError. */
  allocate(service: Service, old: Service | undefined, context: StrategyContext): Reservation {
    this.load(context.reader);
    this.addresses.follow(context.reader);
    const operation = new Operation(this.addresses, this.ports, context);
    try {
      allocateAddresses(service, old, operation);
      allocatePorts(service, old, operation);
      return operation;
    } catch (error) {
      operation.release();
      throw error;
    }
  }

  /** The Service is gone. */
  release(service: Service): void {
    for (const ip of addressesOf(service)) this.addresses.give(ip);
    for (const port of portsOf(service)) this.ports.give(port);
  }

  /** A store that went back in time (reset, restored snapshot) is read again. */
  private load(reader: Reader): void {
    if (this.revision >= 0 && reader.revision >= this.revision) {
      this.revision = reader.revision;
      return;
    }
    this.addresses.load(reader);
    this.ports.clear();
    this.revision = reader.revision;
    for (const { object } of reader.list(PREFIX).entries) {
      for (const port of new Set(portsOf(object as Service))) this.ports.take(port);
    }
  }
}

const portsOf = (service: Service): readonly number[] => [...nodePortsOf(service), ...(needsHealthCheckPort(service) && service.spec.healthCheckNodePort ? [service.spec.healthCheckNodePort] : [])];

/** What one write takes and frees. */
class Operation implements Reservation {
  private readonly taken: Array<() => void> = [];
  private readonly freed: Array<() => void> = [];
  private readonly dryRunPorts: number[] = [];

  constructor(
    private readonly addresses: AddressRanges,
    private readonly ports: PortAllocator,
    private readonly context: StrategyContext,
  ) {}

  confirm(): void {
    for (const give of this.freed) give();
  }

  release(): void {
    for (const give of this.taken) give();
  }

  takeAddress(address: string): void {
    if (isReserved(address, this.context.reader)) throw new AllocationError('allocated', 'provided IP is already allocated');
    this.addresses.take(address, this.context.dryRun);
    if (!this.context.dryRun) this.taken.push(() => this.addresses.give(address));
  }

  nextAddress(): string {
    if (this.context.dryRun) return this.addresses.own.dryRunAddress;
    for (;;) {
      const address = this.addresses.next(this.context.ids);
      const give = (): void => this.addresses.give(address);
      this.taken.push(give);
      if (!isReserved(address, this.context.reader)) return address;
      // Reserved by hand: out of the draw until this operation is over.
      this.freed.push(give);
    }
  }

  freeAddress(address: string): void {
    if (!this.context.dryRun) this.freed.push(() => this.addresses.give(address));
  }

  takePort(port: number): void {
    if (this.context.dryRun) {
      // Kubernetes does not look at the range in a dry run.
      if (this.ports.has(port) || this.dryRunPorts.includes(port)) throw new AllocationError('allocated', 'provided port is already allocated');
      this.dryRunPorts.push(port);
      return;
    }
    this.ports.take(port);
    this.taken.push(() => this.ports.give(port));
  }

  nextPort(): number {
    if (this.context.dryRun) {
      const port = this.dryRunPorts.length === 0 ? DRY_RUN_PORT : Math.max(...this.dryRunPorts) + 1;
      this.dryRunPorts.push(port);
      return port;
    }
    const port = this.ports.next(this.context.ids);
    this.taken.push(() => this.ports.give(port));
    return port;
  }

  freePort(port: number): void {
    if (!this.context.dryRun) this.freed.push(() => this.ports.give(port));
  }
}

function allocateAddresses(service: Service, old: Service | undefined, operation: Operation): void {
  const { spec } = service;
  if (isExternalName(service)) {
    if (old) for (const ip of addressesOf(old)) operation.freeAddress(ip);
    return;
  }
  // An address is kept for life, but for a time as ExternalName.
  if (isHeadless(service) || (old && !isExternalName(old))) return;
  const asked = spec.clusterIPs?.[0];
  try {
    if (asked !== undefined) return operation.takeAddress(asked);
    const address = operation.nextAddress();
    spec.clusterIP = address;
    spec.clusterIPs = [address];
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    if (error.code === 'full') throw internalError(`failed to allocate a serviceIP for Service ${JSON.stringify(service.metadata.name)}: ${error.message}`);
    throw refused(service, Path.of('spec', 'clusterIPs'), spec.clusterIPs, `failed to allocate IP ${asked}: ${error.message}`);
  }
}

function allocatePorts(service: Service, old: Service | undefined, operation: Operation): void {
  if (old && needsNodePorts(old) && !needsNodePorts(service)) for (const port of nodePortsOf(old)) operation.freePort(port);
  if (needsNodePorts(service)) {
    if (old) updateNodePorts(service, old, operation);
    else createNodePorts(service, operation);
  }
  const needed = old !== undefined && needsHealthCheckPort(old);
  const needs = needsHealthCheckPort(service);
  if (needs && !needed) allocateHealthCheckPort(service, operation);
  if (needed && !needs && old.spec.healthCheckNodePort) operation.freePort(old.spec.healthCheckNodePort);
}

/** Ports with the same number (TCP and UDP of one service, say) share a node port where they ask for no other. */
function createNodePorts(service: Service, operation: Operation): void {
  const ports = service.spec.ports ?? [];
  const chosen = new Map<number, number>();
  ports.forEach((port, i) => {
    if (!port.nodePort && !allocatesNodePorts(service)) return;
    const known = chosen.get(port.port);
    if (known === undefined) {
      const asked = ports.find((p) => p.port === port.port && p.nodePort)?.nodePort;
      if (asked) takePort(service, i, asked, operation);
      port.nodePort = asked || nextPort(operation);
      chosen.set(port.port, port.nodePort);
    } else if (!port.nodePort) port.nodePort = known;
    else if (port.nodePort !== known) takePort(service, i, port.nodePort, operation);
  });
}

function updateNodePorts(service: Service, old: Service, operation: Operation): void {
  const before = nodePortsOf(old);
  const taken = new Set<number>();
  const seen = new Set<string>();
  (service.spec.ports ?? []).forEach((port, i) => {
    if (!port.nodePort && !allocatesNodePorts(service)) return;
    if (!port.nodePort) port.nodePort = nextPort(operation);
    else if (!before.includes(port.nodePort) && !taken.has(port.nodePort)) {
      takePort(service, i, port.nodePort, operation);
      taken.add(port.nodePort);
    }
    const key = `${port.protocol}/${port.nodePort}`;
    if (seen.has(key)) throw faultyRequest(`duplicate nodePort: {${port.protocol} ${port.nodePort}}`);
    seen.add(key);
  });
  const now = nodePortsOf(service);
  for (const port of before) if (!now.includes(port)) operation.freePort(port);
}

function takePort(service: Service, index: number, port: number, operation: Operation): void {
  try {
    operation.takePort(port);
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    throw refused(service, Path.of('spec', 'ports').index(index).child('nodePort'), port, error.message);
  }
}

function nextPort(operation: Operation): number {
  try {
    return operation.nextPort();
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    throw internalError(`failed to allocate a nodePort: ${error.message}`);
  }
}

function allocateHealthCheckPort({ spec }: Service, operation: Operation): void {
  try {
    if (spec.healthCheckNodePort) operation.takePort(spec.healthCheckNodePort);
    else spec.healthCheckNodePort = operation.nextPort();
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    const asked = spec.healthCheckNodePort;
    throw asked ? faultyRequest(`Internal error occurred: failed to allocate requested HealthCheck NodePort ${asked}: ${error.message}`) : internalError(`failed to allocate a HealthCheck NodePort 0: ${error.message}`);
  }
}

function refused(service: Service, path: Path, value: unknown, why: string): Error {
  return invalidObject({ group: '', kind: 'Service' }, service.metadata.name, [invalid(path, value, why)]);
}
