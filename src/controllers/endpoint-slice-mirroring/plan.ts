import { formatIp, parseIp } from '../../api/ip.js';
import type { EndpointAddress, Endpoints } from '../../api/types/core-v1.js';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { MANAGED_BY, portsKey, SERVICE_NAME } from '../endpoint-slice/plan.js';
import { reuseSlices, type SliceChanges } from '../endpoint-slice/slice-writer.js';
import { repackSubsets } from '../endpoints/repack-subsets.js';
import { TRIGGER_TIME } from '../endpoints/trigger-time.js';

export const CONTROLLER_NAME = 'endpointslice-mirroring-controller';
export const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** kube-controller-manager's --mirroring-max-endpoints-per-subset. */
export const MAX_PER_SUBSET = 1000;

export interface MirrorPlan extends SliceChanges {
  /** Addresses that are no IP addresses. */
  readonly invalid: number;
  /** Addresses left out, invalid ones among them. */
  readonly skipped: number;
}

/** How slices must change to mirror Endpoints that people wrote (k8s.io/kubernetes/pkg/controller/endpointslicemirroring). Pure. */
export function planMirror(endpoints: Endpoints, existing: readonly EndpointSlice[]): MirrorPlan {
  const { groups, invalid, skipped } = desiredGroups(endpoints);
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const gone: EndpointSlice[] = existing.filter((slice) => !groups.has(groupKey(slice.addressType, slice.ports ?? [])));
  for (const [key, { addressType, ports, endpoints: wanted }] of groups) {
    const [first, ...others] = existing.filter((slice) => groupKey(slice.addressType, slice.ports ?? []) === key);
    gone.push(...others);
    if (wanted.size === 0) {
      if (first) gone.push(first);
      continue;
    }
    if (first && isMirror(first, endpoints, wanted)) continue;
    const slice = newSlice(endpoints, addressType, ports, [...wanted.values()].slice(0, MAX_PER_SUBSET));
    if (first) update.push({ ...slice, metadata: { ...withoutGenerateName(slice), name: first.metadata.name } });
    else create.push(slice);
  }
  const changes = reuseSlices({ create, update, delete: gone }, () => true);
  return { ...changes, create: endpoints.metadata.deletionTimestamp ? [] : changes.create, invalid, skipped };
}

interface Group {
  readonly addressType: string;
  readonly ports: EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

function desiredGroups({ subsets = [] }: Endpoints): { groups: Map<string, Group>; invalid: number; skipped: number } {
  const groups = new Map<string, Group>();
  let invalid = 0;
  let skipped = 0;
  for (const subset of repackSubsets(subsets)) {
    const ports = (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }): EndpointPort => ({ name, port, protocol, ...(appProtocol ? { appProtocol } : {}) }));
    for (const addressType of ['IPv4', 'IPv6']) {
      const key = groupKey(addressType, ports);
      if (!groups.has(key)) groups.set(key, { addressType, ports, endpoints: new Map() });
    }
    let added = 0;
    const all = [...(subset.addresses ?? []).map((address) => [address, true] as const), ...(subset.notReadyAddresses ?? []).map((address) => [address, false] as const)];
    for (const [address, ready] of all) {
      if (added >= MAX_PER_SUBSET) break;
      const parsed = parseIp(address.ip);
      if (!parsed) {
        invalid++;
        continue;
      }
      added++;
      const endpoint = mirrored(address, formatIp(parsed), ready);
      groups.get(groupKey(parsed.family === 4 ? 'IPv4' : 'IPv6', ports))?.endpoints.set(endpointKey(endpoint), endpoint);
    }
    skipped += all.length - added;
  }
  return { groups, invalid, skipped };
}

function mirrored({ hostname, nodeName, targetRef }: EndpointAddress, ip: string, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready }, ...(hostname ? { hostname } : {}), ...(targetRef ? { targetRef } : {}), ...(nodeName ? { nodeName } : {}) };
}

function newSlice({ metadata }: Endpoints, addressType: string, ports: EndpointPort[], endpoints: Endpoint[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${metadata.name}-`,
      namespace: metadata.namespace,
      labels: { ...metadata.labels, [SERVICE_NAME]: metadata.name, [MANAGED_BY]: MANAGER },
      annotations: mirroredAnnotations(metadata.annotations),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
    },
    addressType,
    endpoints,
    ports,
  };
}

function isMirror(slice: EndpointSlice, { metadata }: Endpoints, wanted: ReadonlyMap<string, Endpoint>): boolean {
  const { [MANAGED_BY]: _, [SERVICE_NAME]: __, ...labels } = slice.metadata.labels ?? {};
  const old = slice.endpoints ?? [];
  return (
    old.length === Math.min(wanted.size, MAX_PER_SUBSET) &&
    old.every((endpoint) => deepEqual(wanted.get(endpointKey(endpoint)), endpoint)) &&
    deepEqual(labels, metadata.labels ?? {}) &&
    deepEqual(slice.metadata.annotations ?? {}, mirroredAnnotations(metadata.annotations)) &&
    !(slice.metadata.ownerReferences ?? []).some(({ kind, name, uid }) => kind === 'Endpoints' && name === metadata.name && uid !== metadata.uid)
  );
}

function mirroredAnnotations(annotations: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { [TRIGGER_TIME]: _, [LAST_APPLIED]: __, ...others } = annotations;
  return others;
}

function withoutGenerateName({ metadata }: EndpointSlice): EndpointSlice['metadata'] {
  const { generateName: _, ...rest } = metadata;
  return rest;
}

function groupKey(addressType: string, ports: readonly EndpointPort[]): string {
  return `${addressType} ${portsKey(ports)}`;
}

function endpointKey({ addresses, hostname = '', targetRef }: Endpoint): string {
  return JSON.stringify([addresses, hostname, targetRef?.namespace, targetRef?.name]);
}
