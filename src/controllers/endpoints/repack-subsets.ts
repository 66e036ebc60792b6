import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../api/types/core-v1.js';
import { goDump } from '../shared/go-dump.js';
import { sortByHash } from '../shared/hash.js';

interface PortGroup {
  /** Undefined for addresses without ports. */
  readonly port: EndpointPort | undefined;
  /** By address and uid: ready unless it is not ready in some subset. */
  readonly addresses: Map<string, boolean>;
}

/**
 * The canonical form of subsets: ports with the same addresses in the same state come together, everything in
 * Kubernetes' order (k8s.io/kubernetes/pkg/api/v1/endpoints). Pure.
 */
export function repackSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  const addresses = new Map<string, EndpointAddress>();
  const groups = new Map<string, PortGroup>();
  const add = (port: EndpointPort | undefined, address: EndpointAddress, ready: boolean): void => {
    const key = `${address.ip} ${address.targetRef?.uid ?? ''}`;
    if (!addresses.has(key)) addresses.set(key, address);
    const portKey = port ? goDump('v1.EndpointPort', port) : '';
    const group = groups.get(portKey) ?? { port, addresses: new Map<string, boolean>() };
    groups.set(portKey, group);
    group.addresses.set(key, ready && group.addresses.get(key) !== false);
  };
  for (const { addresses: ready = [], notReadyAddresses = [], ports } of subsets) {
    for (const port of ports?.length ? ports : [undefined]) {
      for (const address of ready) add(port, address, true);
      for (const address of notReadyAddresses) add(port, address, false);
    }
  }
  const packed = new Map<string, { readonly ports: EndpointPort[]; readonly addresses: ReadonlyMap<string, boolean> }>();
  for (const { port, addresses: states } of groups.values()) {
    const key = JSON.stringify([...states].sort(([a], [b]) => (a < b ? -1 : 1)));
    const entry = packed.get(key) ?? { ports: [], addresses: states };
    packed.set(key, entry);
    if (port) entry.ports.push(port);
  }
  const result = [...packed.values()].map(({ ports, addresses: states }): EndpointSubset => {
    const of = (wanted: boolean): EndpointAddress[] =>
      [...states].filter(([, ready]) => ready === wanted).map(([key]) => addresses.get(key) as EndpointAddress).sort(byAddress);
    const [ready, notReady] = [of(true), of(false)];
    return {
      ...(ready.length > 0 ? { addresses: ready } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
      ...(ports.length > 0 ? { ports: sortByHash('v1.EndpointPort', ports) } : {}),
    };
  });
  return sortByHash('v1.EndpointSubset', result);
}

function byAddress(a: EndpointAddress, b: EndpointAddress): number {
  if (a.ip !== b.ip) return a.ip < b.ip ? -1 : 1;
  const [left, right] = [a.targetRef?.uid ?? '', b.targetRef?.uid ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}
