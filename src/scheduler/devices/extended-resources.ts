import type { Container, ContainerExtendedResourceRequest, Pod } from '../../api/types/core-v1.js';
import type { DeviceRequest, ResourceClaim } from '../../api/types/resource-v1.js';
import { amountOf, podRequests, type Resources } from '../resources.js';
import type { DeviceClasses } from './device-classes.js';

/** On claims that stand for a pod's requests of extended resources. */
const ANNOTATION = 'resource.kubernetes.io/extended-resource-claim';

/** What a pod asks for that devices can stand for (KEP-5004): amounts by the name of the resource. */
export function deviceResources(pod: Pod, classes: DeviceClasses): Resources {
  return new Map([...podRequests(pod)].filter(([name, amount]) => amount > 0 && classes.ofResource(name) !== undefined));
}

/** The claim that was made for a pod's extended resources by a try that failed later. */
export function leftOverClaim({ metadata: { name, uid } }: Pod, claims: readonly ResourceClaim[]): ResourceClaim | undefined {
  return claims.find(({ metadata }) => metadata.annotations?.[ANNOTATION] === 'true' && metadata.ownerReferences?.some((owner) => owner.controller && owner.name === name && owner.uid === uid));
}

/** The claim for a pod's extended resources, as it is to be made, and which container has which request. */
export function extendedResourceClaim({ metadata, spec }: Pod, resources: Iterable<string>, classes: DeviceClasses): { readonly claim: ResourceClaim; readonly mappings: readonly ContainerExtendedResourceRequest[] } {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const requests: DeviceRequest[] = [];
  const mappings: ContainerExtendedResourceRequest[] = [];
  for (const resource of [...resources].sort()) {
    const deviceClass = classes.ofResource(resource);
    if (!deviceClass) continue;
    const made = requestsFor(resource, deviceClass.metadata.name, containers, spec.initContainers?.length ?? 0);
    requests.push(...made.requests);
    mappings.push(...made.mappings);
  }
  requests.sort((a, b) => (a.name < b.name ? -1 : 1));
  const { name, namespace, uid = '' } = metadata;
  const claim = {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { generateName: `${name}-extended-resources-`, namespace, annotations: { [ANNOTATION]: 'true' }, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }] },
    spec: { devices: { requests } },
  } as unknown as ResourceClaim;
  return { claim, mappings };
}

interface Asked {
  readonly request: DeviceRequest;
  readonly count: number;
}

/** Containers that start up before others use what those will have; what is missing, one request covers for all of them. */
function requestsFor(resource: string, className: string, containers: readonly Container[], initContainers: number): { requests: DeviceRequest[]; mappings: ContainerExtendedResourceRequest[] } {
  const lasting: Array<Asked | undefined> = containers.map(() => undefined);
  const mappings: ContainerExtendedResourceRequest[] = [];
  const isShort = (i: number): boolean => i < initContainers && containers[i]?.restartPolicy !== 'Always';
  const ask = (container: Container, index: number, reusable: ReadonlyArray<Asked | undefined>): { asked: Asked | undefined; own: ContainerExtendedResourceRequest[] } => {
    const { requests = {} } = container.resources ?? {};
    const wanted = Object.hasOwn(requests, resource) ? amountOf(resource, requests[resource] as string) : 0;
    const own: ContainerExtendedResourceRequest[] = [];
    if (wanted === 0) return { asked: undefined, own };
    const mapTo = (requestName: string): unknown => own.push({ containerName: container.name, resourceName: resource, requestName });
    let sum = 0;
    for (const known of reusable) {
      if (!known) continue;
      sum += known.count;
      mapTo(known.request.name);
      if (sum >= wanted) return { asked: undefined, own };
    }
    const name = `container-${index}-request-${Object.keys(requests).sort().indexOf(resource)}`;
    mapTo(name);
    return { asked: { count: wanted - sum, request: { name, exactly: { deviceClassName: className, allocationMode: 'ExactCount', count: wanted - sum } } }, own };
  };
  containers.forEach((container, i) => {
    if (isShort(i)) return;
    const { asked, own } = ask(container, i, []);
    lasting[i] = asked;
    mappings.push(...own);
  });
  let largest: Asked | undefined;
  const shortNames = new Set<string>();
  const shortMappings: ContainerExtendedResourceRequest[] = [];
  containers.forEach((container, i) => {
    if (!isShort(i)) return;
    const { asked, own } = ask(container, i, lasting.slice(i));
    shortMappings.push(...own);
    if (!asked) return;
    shortNames.add(asked.request.name);
    if (!largest || largest.count < asked.count) largest = asked;
  });
  const common = largest as Asked | undefined;
  for (const mapping of shortMappings) mappings.push(common && shortNames.has(mapping.requestName) ? { ...mapping, requestName: common.request.name } : mapping);
  return { requests: [...(common ? [common.request] : []), ...lasting.flatMap((asked) => asked?.request ?? [])], mappings };
}
