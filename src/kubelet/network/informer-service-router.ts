import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import type { Node, Pod, Service, ServicePort } from '../../api/types/core-v1.js';
import type { Clock } from '../../base/clock.js';
import type { Informer } from '../../client/informer.js';
import type { Informers } from '../../client/informers.js';
import type { Route, ServiceEndpoint, ServiceRecord, ServiceRouter } from './service-router.js';

const SERVICE_NAME = 'kubernetes.io/service-name';
const DEFAULT_AFFINITY_SECONDS = 10_800;
/** Remembered clients of Services with session affinity; beyond that the oldest are forgotten. */
const MAX_STICKY = 10_000;

interface Target {
  readonly ip: string;
  readonly port: number;
  readonly node: string | undefined;
}

/**
 * Does what kube-proxy and CoreDNS do: follows Services and EndpointSlices, and spreads connections over the ready
 * endpoints in turn. Asks nobody anything while nothing changes.
 */
export class InformerServiceRouter implements ServiceRouter {
  private readonly services: Informer<Service>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly nodes: Informer<Node>;
  private readonly pods: Informer<Pod>;
  private readonly turns = new Map<string, number>();
  private readonly sticky = new Map<string, { target: Target; until: number }>();

  constructor(
    informers: Informers,
    private readonly clock: Clock,
  ) {
    this.services = informers.for<Service>({ group: '', version: 'v1', resource: 'services' });
    this.slices = informers.for<EndpointSlice>({ group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' });
    this.nodes = informers.for<Node>({ group: '', version: 'v1', resource: 'nodes' });
    this.pods = informers.for<Pod>({ group: '', version: 'v1', resource: 'pods' });
    this.services.addIndex('address', addressesOf);
    this.services.addIndex('nodePort', (service) => (service.spec?.ports ?? []).flatMap((port) => (port.nodePort ? [String(port.nodePort)] : [])));
    this.slices.addIndex('service', (slice) => {
      const name = slice.metadata.labels?.[SERVICE_NAME];
      return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`];
    });
    this.slices.addIndex('endpoint', (slice) => (slice.endpoints ?? []).flatMap(({ addresses }) => addresses));
    this.pods.addIndex('address', podAddresses);
    this.nodes.addIndex('address', (node) => (node.status?.addresses ?? []).filter((a) => a.type === 'InternalIP').map((a) => a.address));
    this.services.addHandler({ onDelete: (service) => this.forget(service) });
  }

  route(ip: string, port: number, from: string, protocol: 'TCP' | 'UDP' = 'TCP'): Route | undefined {
    const [service] = this.services.byIndex('address', ip);
    if (service) {
      const found = service.spec?.ports?.find((p) => p.port === port && (p.protocol ?? 'TCP') === protocol);
      if (!found) return { to: 'reject' };
      const external = !(service.spec?.clusterIPs ?? [service.spec?.clusterIP]).includes(ip);
      return this.pick(service, found, from, external ? this.externalNode(service, from, undefined) : this.internalNode(service, from));
    }
    const exposed = this.services.byIndex('nodePort', String(port)).find(({ spec }) => spec?.ports?.some((p) => p.nodePort === port && (p.protocol ?? 'TCP') === protocol));
    const [node] = this.nodes.byIndex('address', ip);
    if (!exposed || !node) return undefined;
    const found = exposed.spec?.ports?.find((p) => p.nodePort === port && (p.protocol ?? 'TCP') === protocol);
    return found ? this.pick(exposed, found, from, this.externalNode(exposed, from, node.metadata.name)) : undefined;
  }

  service(namespace: string, name: string): ServiceRecord | undefined {
    const service = this.services.get(name, namespace);
    if (!service) return undefined;
    const { type, externalName, ports = [] } = service.spec ?? {};
    return {
      namespace,
      name,
      clusterIps: type === 'ExternalName' ? [] : clusterIpsOf(service),
      externalName: type === 'ExternalName' ? externalName : undefined,
      endpoints: () => this.records(service),
      ports: ports.map((port) => ({ name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP' })),
    };
  }

  namesOf(ip: string): string[] {
    const [service] = this.services.byIndex('address', ip);
    if (service && clusterIpsOf(service).includes(ip)) return [`${service.metadata.name}.${service.metadata.namespace}.svc`];
    return this.slices.byIndex('endpoint', ip).flatMap(({ metadata, endpoints = [] }) => {
      const name = metadata.labels?.[SERVICE_NAME];
      const found = name === undefined ? undefined : this.services.get(name, metadata.namespace);
      // Only headless Services give their endpoints names.
      if (!found || clusterIpsOf(found).length > 0) return [];
      return endpoints.filter(({ addresses }) => addresses.includes(ip)).map(({ hostname }) => `${hostname ?? ip.replaceAll(/[.:]/g, '-')}.${name}.${metadata.namespace}.svc`);
    });
  }

  isNode(ip: string): boolean {
    return this.nodes.byIndex('address', ip).length > 0;
  }

  /** The pod that alone has an address. */
  podAt(ip: string): Pod | undefined {
    return this.pods.byIndex('address', ip)[0];
  }

  /** The node whose endpoints alone a client inside the cluster may reach (internalTrafficPolicy); undefined for all. */
  private internalNode({ spec }: Service, from: string): string | undefined {
    return spec?.internalTrafficPolicy === 'Local' ? this.nodeOf(from) : undefined;
  }

  /** The same for what comes from outside, by the node it came to; pods and nodes count as inside, and reach all. */
  private externalNode({ spec }: Service, from: string, node: string | undefined): string | undefined {
    return spec?.externalTrafficPolicy === 'Local' && this.nodeOf(from) === undefined ? node : undefined;
  }

  private nodeOf(ip: string): string | undefined {
    return this.nodes.byIndex('address', ip)[0]?.metadata.name ?? this.podAt(ip)?.spec.nodeName;
  }

  private pick(service: Service, port: ServicePort, from: string, node: string | undefined): Route {
    const key = `${keyOf(service)}:${port.port}${port.protocol === 'UDP' ? '/UDP' : ''}`;
    const all = this.targets(service, port);
    if (all.length === 0) return { to: 'reject' };
    const targets = node === undefined ? all : all.filter((target) => target.node === node);
    if (targets.length === 0) return { to: 'drop' };
    const affinity = service.spec?.sessionAffinity === 'ClientIP' ? (service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS) : undefined;
    const target = (affinity === undefined ? undefined : this.remembered(`${key} ${from}`, targets)) ?? this.next(key, targets);
    if (affinity !== undefined) this.remember(`${key} ${from}`, target, affinity);
    return { to: 'endpoint', ip: target.ip, port: target.port };
  }

  /** Ready endpoints; when there are none, those that still serve while they terminate (KEP-1669). */
  private targets(service: Service, port: ServicePort): Target[] {
    const ready: Target[] = [];
    const terminating: Target[] = [];
    for (const slice of this.slices.byIndex('service', keyOf(service))) {
      const number = slice.ports?.find((p) => (p.name ?? '') === (port.name ?? '') && (p.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))?.port;
      if (number === undefined || slice.addressType === 'FQDN') continue;
      for (const { addresses, conditions, nodeName: node } of slice.endpoints ?? []) {
        const [ip] = addresses;
        if (ip === undefined) continue;
        if (conditions?.ready ?? true) ready.push({ ip, port: number, node });
        else if (conditions?.serving && conditions.terminating) terminating.push({ ip, port: number, node });
      }
    }
    return ready.length > 0 ? ready : terminating;
  }

  private next(key: string, targets: readonly Target[]): Target {
    const turn = this.turns.get(key) ?? 0;
    this.turns.set(key, turn + 1);
    return targets[turn % targets.length] as Target;
  }

  private remembered(client: string, targets: readonly Target[]): Target | undefined {
    const known = this.sticky.get(client);
    if (!known || known.until < this.clock.now()) return undefined;
    return targets.find((t) => t.ip === known.target.ip && t.port === known.target.port);
  }

  private remember(client: string, target: Target, seconds: number): void {
    this.sticky.delete(client);
    this.sticky.set(client, { target, until: this.clock.now() + seconds * 1000 });
    const [oldest] = this.sticky.keys();
    if (this.sticky.size > MAX_STICKY && oldest !== undefined) this.sticky.delete(oldest);
  }

  private records(service: Service): ServiceEndpoint[] {
    const all = service.spec?.publishNotReadyAddresses ?? false;
    return this.slices.byIndex('service', keyOf(service)).flatMap((slice) =>
      (slice.endpoints ?? [])
        .filter(({ conditions }) => all || (conditions?.ready ?? true))
        .flatMap(({ addresses, hostname }) => addresses.map((ip) => ({ ip, hostname, port: (name: string) => slice.ports?.find((p) => (p.name ?? '') === name)?.port }))),
    );
  }

  private forget(service: Service): void {
    const prefix = `${keyOf(service)}:`;
    for (const key of this.turns.keys()) if (key.startsWith(prefix)) this.turns.delete(key);
    for (const key of this.sticky.keys()) if (key.startsWith(prefix)) this.sticky.delete(key);
  }
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** HostNetwork pods have their node's address, ended ones have none any more. */
function podAddresses({ spec, status }: Pod): string[] {
  if (spec.hostNetwork || status?.phase === 'Succeeded' || status?.phase === 'Failed') return [];
  return (status?.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
}

function clusterIpsOf({ spec }: Service): string[] {
  return spec?.clusterIP === 'None' ? [] : (spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : [])).filter((ip) => ip !== 'None');
}

function addressesOf(service: Service): string[] {
  const { spec, status } = service;
  return [...clusterIpsOf(service), ...(spec?.externalIPs ?? []), ...(status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])];
}
