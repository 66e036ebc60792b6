import type { EndpointAddress, Endpoints, EndpointSubset, Pod, Service } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { findPort, hasEndpoint, hostnameWithin, isHeadless, isPodReady, podAddresses } from './pod-endpoint.js';
import { repackSubsets } from './repack-subsets.js';
import { TRIGGER_TIME } from './trigger-time.js';

export const CONTROLLER_NAME = 'endpoint-controller';
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
export const HEADLESS = 'service.kubernetes.io/headless';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
/** Addresses that one Endpoints object takes; slices take all. */
const CAPACITY = 1000;

/**
 * The Endpoints that a Service should have; undefined when those it has will do
 * (k8s.io/kubernetes/pkg/controller/endpoint). Pure.
 */
export function wantedEndpoints(service: Service, pods: readonly Pod[], current: Endpoints | undefined, triggerTime: string | undefined): Endpoints | undefined {
  const subsets = repackSubsets(pods.flatMap((pod) => podSubsets(service, pod)));
  if (current && isUpToDate(current, service, subsets)) return undefined;
  const fitting = truncate(subsets);
  const { [TRIGGER_TIME]: _, [OVER_CAPACITY]: __, ...others } = current?.metadata.annotations ?? {};
  const { [HEADLESS]: ___, ...labels } = service.metadata.labels ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...(current?.metadata ?? { name: service.metadata.name, namespace: service.metadata.namespace }),
      labels: { ...labels, ...(isHeadless(service) ? { [HEADLESS]: '' } : {}), [MANAGED_BY]: CONTROLLER_NAME },
      annotations: { ...others, ...(triggerTime ? { [TRIGGER_TIME]: triggerTime } : {}), ...(fitting === subsets ? {} : { [OVER_CAPACITY]: 'truncated' }) },
    },
    ...(fitting.length > 0 ? { subsets: fitting } : {}),
  };
}

/** A subset for each port that a pod offers to a Service. */
function podSubsets(service: Service, pod: Pod): EndpointSubset[] {
  const { ports = [], publishNotReadyAddresses = false, clusterIP } = service.spec ?? {};
  if (!hasEndpoint(pod, publishNotReadyAddresses)) return [];
  const [ip] = podAddresses(pod, addressFamily(service, pod));
  if (ip === undefined) return [];
  const hostname = hostnameWithin(pod, service);
  const { namespace, name, uid } = pod.metadata;
  const address: EndpointAddress = { ip, ...(hostname ? { hostname } : {}), nodeName: pod.spec.nodeName ?? '', targetRef: { kind: 'Pod', namespace, name, uid } };
  const where = publishNotReadyAddresses || isPodReady(pod) ? 'addresses' : 'notReadyAddresses';
  // A headless Service may go without ports.
  if (ports.length === 0) return clusterIP === 'None' ? [{ [where]: [address] }] : [];
  return ports.flatMap((port) => {
    const number = findPort(pod, port);
    if (number === undefined) return [];
    const { name: portName, protocol = 'TCP', appProtocol } = port;
    return [{ [where]: [address], ports: [{ ...(portName ? { name: portName } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }] }];
  });
}

function addressFamily({ spec }: Service, pod: Pod): 4 | 6 {
  const [first] = spec?.ipFamilies ?? [];
  if (first) return first === 'IPv6' ? 6 : 4;
  const sample = spec?.clusterIP && spec.clusterIP !== 'None' ? spec.clusterIP : (pod.status?.podIP ?? '');
  return sample.includes(':') ? 6 : 4;
}

function isUpToDate({ metadata, subsets = [] }: Endpoints, service: Service, wanted: readonly EndpointSubset[]): boolean {
  const { [MANAGED_BY]: manager, [HEADLESS]: _, ...labels } = metadata.labels ?? {};
  const { [HEADLESS]: __, ...serviceLabels } = service.metadata.labels ?? {};
  if (manager !== CONTROLLER_NAME || !deepEqual(labels, serviceLabels)) return false;
  if (count(subsets) > CAPACITY || metadata.annotations?.[OVER_CAPACITY] !== undefined) return deepEqual(subsets.map(plain), truncate(wanted).map(plain)) && count(wanted) > CAPACITY;
  return deepEqual(subsets.map(plain), wanted.map(plain)) || deepEqual(repackSubsets(subsets).map(plain), wanted.map(plain));
}

/** A subset without what is no difference: resource versions of pods, fields that are there but empty. */
function plain({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset): unknown {
  const address = ({ ip, hostname = '', nodeName, targetRef: ref }: EndpointAddress): unknown => [ip, hostname, nodeName ?? null, ref ? [ref.kind, ref.namespace, ref.name, ref.uid] : null];
  return [addresses.map(address), notReadyAddresses.map(address), ports.map((port) => [port.name ?? '', port.port, port.protocol ?? 'TCP', port.appProtocol ?? null])];
}

function count(subsets: readonly EndpointSubset[]): number {
  return subsets.reduce((sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length, 0);
}

/** Cuts subsets to capacity, each by its share; those not ready go first. The same array when nothing needs cutting. */
function truncate(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  if (count(subsets) <= CAPACITY) return subsets as EndpointSubset[];
  const ready = subsets.reduce((sum, { addresses = [] }) => sum + addresses.length, 0);
  const cutReady = ready > CAPACITY;
  const room = cutReady ? CAPACITY : CAPACITY - ready;
  const total = cutReady ? ready : count(subsets) - ready;
  let left = room;
  const share = <T>(items: readonly T[]): T[] => {
    const kept = items.slice(0, Math.min(Math.ceil((items.length / total) * room), left));
    left -= kept.length;
    return kept;
  };
  return subsets.map(({ addresses = [], notReadyAddresses = [], ports }) => {
    const kept = cutReady ? share(addresses) : addresses;
    const keptNotReady = cutReady ? [] : share(notReadyAddresses);
    return { ...(kept.length > 0 ? { addresses: kept } : {}), ...(keptNotReady.length > 0 ? { notReadyAddresses: keptNotReady } : {}), ...(ports ? { ports } : {}) };
  });
}
