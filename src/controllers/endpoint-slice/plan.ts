import type { Node, Pod, Service } from '../../api/types/core-v1.js';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { HEADLESS } from '../endpoints/plan.js';
import { findPort, hasEndpoint, hostnameWithin, isHeadless, isPodReady, podAddresses } from '../endpoints/pod-endpoint.js';
import { TRIGGER_TIME } from '../endpoints/trigger-time.js';
import { sortByHash } from '../shared/hash.js';
import { reuseSlices, type SliceChanges } from './slice-writer.js';
import { hintsFor, withHints } from './traffic-distribution.js';

export const CONTROLLER_NAME = 'endpointslice-controller';
export const MANAGER = 'endpointslice-controller.k8s.io';
export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** kube-controller-manager's --max-endpoints-per-slice. */
const MAX_ENDPOINTS = 100;
const ZONE = 'topology.kubernetes.io/zone';

export interface SlicePlan extends SliceChanges {
  /** Pods on nodes that are not known (yet): to be looked at again. */
  readonly skipped: readonly Pod[];
}

interface World {
  readonly service: Service;
  readonly pods: readonly Pod[];
  readonly slices: readonly EndpointSlice[];
  readonly node: (name: string) => Node | undefined;
  readonly triggerTime: string | undefined;
}

/** How a Service's slices must change so that they have its pods (k8s.io/endpointslice). Pure. */
export function planSlices(world: World): SlicePlan {
  const { service, slices, triggerTime } = world;
  const types = addressTypes(service);
  const total = { create: [] as EndpointSlice[], update: [] as EndpointSlice[], delete: slices.filter((slice) => !types.includes(slice.addressType)) };
  const skipped: Pod[] = [];
  for (const addressType of types) {
    const changes = planAddressType({ ...world, slices: slices.filter((slice) => slice.addressType === addressType) }, addressType, skipped);
    total.create.push(...changes.create);
    total.update.push(...changes.update);
    total.delete.push(...changes.delete);
  }
  const stamp = (slice: EndpointSlice): EndpointSlice => {
    const { [TRIGGER_TIME]: _, ...annotations } = slice.metadata.annotations ?? {};
    return { ...slice, metadata: { ...slice.metadata, annotations: { ...annotations, ...(triggerTime ? { [TRIGGER_TIME]: triggerTime } : {}) } } };
  };
  // The garbage collector takes the slices of a Service that goes; new ones would be in its way.
  const create = service.metadata.deletionTimestamp ? [] : total.create.map(stamp);
  return { create, update: total.update.map(stamp), delete: total.delete, skipped };
}

function planAddressType(world: World, addressType: string, skipped: Pod[]): SliceChanges {
  const { service, slices } = world;
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const gone = slices.filter((slice) => !isOwned(slice, service));
  const existing = groupBy(slices.filter((slice) => isOwned(slice, service)), (slice) => portsKey(slice.ports ?? []));
  const desired = desiredEndpoints(world, addressType, skipped);
  for (const [key, { ports, endpoints }] of desired) {
    const changes = planPorts(service, existing.get(key) ?? [], endpoints, () => newSlice(service, addressType, ports));
    create.push(...changes.create);
    update.push(...changes.update);
    gone.push(...changes.delete);
  }
  for (const [key, group] of existing) if (!desired.has(key)) gone.push(...group);
  // There is always a slice, if only an empty one.
  if (slices.length === gone.length && create.length === 0) {
    const placeholder = newSlice(service, addressType, []);
    const [only] = gone;
    if (gone.length === 1 && only && isPlaceholder(only, placeholder)) gone.pop();
    else create.push(placeholder);
  }
  const hints = hintsFor(service);
  const touched = new Set([...update, ...gone].map(({ metadata }) => metadata.name));
  for (const slice of slices) {
    const hinted = touched.has(slice.metadata.name) ? slice : withHints(slice, hints);
    if (hinted !== slice) update.push(hinted);
  }
  const changes = { create: create.map((slice) => withHints(slice, hints)), update: update.map((slice) => withHints(slice, hints)), delete: gone };
  return reuseSlices(changes, (slice) => isOwned(slice, service));
}

/** What should be in slices with the same ports. */
function desiredEndpoints({ service, pods, node: nodeOf }: World, addressType: string, skipped: Pod[]): Map<string, { ports: EndpointPort[]; endpoints: Map<string, Endpoint> }> {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Map<string, Endpoint> }>();
  for (const pod of pods) {
    if (!hasEndpoint(pod, true)) continue;
    const ports = endpointPorts(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    const node = pod.spec.nodeName ? nodeOf(pod.spec.nodeName) : undefined;
    if (!node && !service.spec?.publishNotReadyAddresses) {
      skipped.push(pod);
      continue;
    }
    const endpoint = podEndpoint(service, pod, node, addressType);
    if (endpoint.addresses.length > 0) group.endpoints.set(endpointKey(endpoint), endpoint);
  }
  return groups;
}

/** Changes to slices of the same ports: what is there stays where it is, what is new goes where there is room. */
function planPorts(service: Service, existing: readonly EndpointSlice[], desired: Map<string, Endpoint>, make: () => EndpointSlice): SliceChanges {
  const updated = new Map<string, EndpointSlice>();
  const unchanged = new Map<string, EndpointSlice>();
  const gone: EndpointSlice[] = [];
  for (const slice of existing) {
    const old = slice.endpoints ?? [];
    const kept: Endpoint[] = [];
    let changed = false;
    for (const endpoint of old) {
      const key = endpointKey(endpoint);
      const wanted = desired.get(key);
      if (!wanted) continue;
      desired.delete(key);
      kept.push(wanted);
      changed ||= !sameEndpoint(wanted, endpoint);
    }
    const labels = sliceLabels(service);
    const name = slice.metadata.name;
    if (changed || kept.length !== old.length) {
      if (kept.length === 0) gone.push(slice);
      else updated.set(name, { ...slice, metadata: { ...slice.metadata, labels }, endpoints: kept });
    } else if (!deepEqual(ownLabels(slice.metadata.labels), ownLabels(service.metadata.labels))) updated.set(name, { ...slice, metadata: { ...slice.metadata, labels } });
    else unchanged.set(name, slice);
  }
  const fill = (slice: EndpointSlice): EndpointSlice => {
    const endpoints = [...(slice.endpoints ?? [])];
    for (const [key, endpoint] of desired) {
      if (endpoints.length >= MAX_ENDPOINTS) break;
      endpoints.push(endpoint);
      desired.delete(key);
    }
    return { ...slice, endpoints };
  };
  // Those that are written anyway first, the fullest before the others.
  for (const slice of [...updated.values()].sort((a, b) => (b.endpoints?.length ?? 0) - (a.endpoints?.length ?? 0))) {
    if (desired.size > 0) updated.set(slice.metadata.name, fill(slice));
  }
  const create: EndpointSlice[] = [];
  while (desired.size > 0) {
    const fitting = desired.size < MAX_ENDPOINTS ? tightest([...unchanged.values()], desired.size) : undefined;
    if (!fitting) create.push(fill(make()));
    else {
      unchanged.delete(fitting.metadata.name);
      updated.set(fitting.metadata.name, fill(fitting));
    }
  }
  return { create, update: [...updated.values()], delete: gone };
}

/** The slice that `count` more endpoints fill best. */
function tightest(slices: readonly EndpointSlice[], count: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  let least = MAX_ENDPOINTS;
  for (const slice of slices) {
    const room = MAX_ENDPOINTS - count - (slice.endpoints?.length ?? 0);
    if (room >= 0 && room < least) [best, least] = [slice, room];
  }
  return best;
}

function podEndpoint(service: Service, pod: Pod, node: Node | undefined, addressType: string): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { namespace, name, uid } = pod.metadata;
  const zone = node?.metadata.labels?.[ZONE];
  const hostname = hostnameWithin(pod, service);
  return {
    addresses: podAddresses(pod, addressType === 'IPv6' ? 6 : 4),
    conditions: { ready: (service.spec?.publishNotReadyAddresses ?? false) || (serving && !terminating), serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}

function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  const ports = (service.spec?.ports ?? []).flatMap((port): EndpointPort[] => {
    const number = findPort(pod, port);
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return number === undefined ? [] : [{ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
  return sortByHash('discovery/v1.EndpointPort', ports);
}

function newSlice({ metadata, ...service }: Service, addressType: string, ports: EndpointPort[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${metadata.name}-`,
      namespace: metadata.namespace,
      labels: sliceLabels({ metadata, ...service }),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
    },
    addressType,
    endpoints: [],
    ports,
  };
}

function sliceLabels(service: Service): Record<string, string> {
  return { ...ownLabels(service.metadata.labels), ...(isHeadless(service) ? { [HEADLESS]: '' } : {}), [SERVICE_NAME]: service.metadata.name, [MANAGED_BY]: MANAGER };
}

function ownLabels(labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { [HEADLESS]: _, [SERVICE_NAME]: __, [MANAGED_BY]: ___, ...own } = labels;
  return own;
}

function isOwned({ metadata }: EndpointSlice, service: Service): boolean {
  return (metadata.ownerReferences ?? []).some(({ uid, kind, apiVersion }) => uid === service.metadata.uid && kind === 'Service' && apiVersion === 'v1');
}

function isPlaceholder(slice: EndpointSlice, placeholder: EndpointSlice): boolean {
  return (
    slice.addressType === placeholder.addressType &&
    !slice.endpoints?.length &&
    !slice.ports?.length &&
    deepEqual(slice.metadata.labels, placeholder.metadata.labels) &&
    deepEqual(slice.metadata.ownerReferences, placeholder.metadata.ownerReferences)
  );
}

/** An endpoint is the same one while it has this; the rest of it may change. */
function endpointKey({ addresses, hostname = '', targetRef }: Endpoint): string {
  return JSON.stringify([addresses, hostname, targetRef?.namespace, targetRef?.name]);
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.nodeName === b.nodeName && a.zone === b.zone && deepEqual(a.conditions, b.conditions) && a.targetRef?.kind === b.targetRef?.kind && a.targetRef?.uid === b.targetRef?.uid;
}

/** The same for slices with the same ports, in whatever order. */
export function portsKey(ports: readonly EndpointPort[]): string {
  return JSON.stringify(ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => JSON.stringify([name, port, protocol, appProtocol])).sort());
}

function addressTypes({ spec }: Service): string[] {
  if (spec?.ipFamilies?.length) return [...spec.ipFamilies];
  if (spec?.clusterIP && spec.clusterIP !== 'None') return [spec.clusterIP.includes(':') ? 'IPv6' : 'IPv4'];
  return ['IPv4', 'IPv6'];
}

function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOfItem(item), [...(groups.get(keyOfItem(item)) ?? []), item]);
  return groups;
}
