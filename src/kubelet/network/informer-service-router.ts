import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import type { Node, Service, ServicePort } from '../../api/types/core-v1.js';
import type { Clock } from '../../base/clock.js';
import type { Informer } from '../../client/informer.js';
import type { Informers } from '../../client/informers.js';
import type { Route, ServiceRecord, ServiceRouter } from './service-router.js';

const SERVICE_NAME = 'kubernetes.io/service-name';
const DEFAULT_AFFINITY_SECONDS = 10_800;
/** Remembered clients of Services with session affinity; beyond that the oldest are forgotten. */
const MAX_STICKY = 10_000;

interface Target {
  readonly ip: string;
  readonly port: number;
}

/**
 * Does what kube-proxy and CoreDNS do: follows Services and EndpointSlices, and spreads connections over the ready
 * endpoints in turn. Asks nobody anything while nothing changes.
 */
export class InformerServiceRouter implements ServiceRouter {
  private readonly services: Informer<Service>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly nodes: Informer<Node>;
  private readonly turns = new Map<string, number>();
  private readonly sticky = new Map<string, { target: Target; until: number }>();

  constructor(
    informers: Informers,
    private readonly clock: Clock,
  ) {
    this.services = informers.for<Service>({ group: '', version: 'v1', resource: 'services' });
    this.slices = informers.for<EndpointSlice>({ group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' });
    this.nodes = informers.for<Node>({ group: '', version: 'v1', resource: 'nodes' });
    this.services.addIndex('address', addressesOf);
    this.services.addIndex('nodePort', (service) => (service.spec?.ports ?? []).flatMap((port) => (port.nodePort ? [String(port.nodePort)] : [])));
    this.slices.addIndex('service', (slice) => {
      const name = slice.metadata.labels?.[SERVICE_NAME];
      return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`];
    });
    this.nodes.addIndex('address', (node) => (node.status?.addresses ?? []).filter((a) => a.type === 'InternalIP').map((a) => a.address));
    this.services.addHandler({ onDelete: (service) => this.forget(service) });
  }

  route(ip: string, port: number, from: string): Route | undefined {
    const [service] = this.services.byIndex('address', ip);
    if (service) {
      const found = service.spec?.ports?.find((p) => p.port === port && (p.protocol ?? 'TCP') === 'TCP');
      return found ? this.pick(service, found, from) : { to: 'reject' };
    }
    const [exposed] = this.services.byIndex('nodePort', String(port));
    if (!exposed || this.nodes.byIndex('address', ip).length === 0) return undefined;
    const found = exposed.spec?.ports?.find((p) => p.nodePort === port && (p.protocol ?? 'TCP') === 'TCP');
    return found ? this.pick(exposed, found, from) : undefined;
  }

  service(namespace: string, name: string): ServiceRecord | undefined {
    const service = this.services.get(name, namespace);
    if (!service) return undefined;
    const { clusterIP, type, externalName, ports = [] } = service.spec ?? {};
    return {
      namespace,
      name,
      clusterIp: type !== 'ExternalName' && clusterIP && clusterIP !== 'None' ? clusterIP : undefined,
      externalName: type === 'ExternalName' ? externalName : undefined,
      endpoints: () => this.records(service),
      ports: ports.map((port) => ({ name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP' })),
    };
  }

  private pick(service: Service, port: ServicePort, from: string): Route {
    const key = `${keyOf(service)}:${port.port}`;
    const targets = this.targets(service, port);
    if (targets.length === 0) return { to: 'reject' };
    const affinity = service.spec?.sessionAffinity === 'ClientIP' ? (service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS) : undefined;
    const target = (affinity === undefined ? undefined : this.remembered(`${key} ${from}`, targets)) ?? this.next(key, targets);
    if (affinity !== undefined) this.remember(`${key} ${from}`, target, affinity);
    return { to: 'endpoint', ...target };
  }

  /** Ready endpoints; when there are none, those that still serve while they terminate (KEP-1669). */
  private targets(service: Service, port: ServicePort): Target[] {
    const ready: Target[] = [];
    const terminating: Target[] = [];
    for (const slice of this.slices.byIndex('service', keyOf(service))) {
      const number = slice.ports?.find((p) => (p.name ?? '') === (port.name ?? '') && (p.protocol ?? 'TCP') === 'TCP')?.port;
      if (number === undefined || slice.addressType === 'FQDN') continue;
      for (const { addresses, conditions } of slice.endpoints ?? []) {
        const [ip] = addresses;
        if (ip === undefined) continue;
        if (conditions?.ready ?? true) ready.push({ ip, port: number });
        else if (conditions?.serving && conditions.terminating) terminating.push({ ip, port: number });
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

  private records(service: Service): Array<{ ip: string; hostname: string | undefined }> {
    const all = service.spec?.publishNotReadyAddresses ?? false;
    return this.slices.byIndex('service', keyOf(service)).flatMap((slice) =>
      (slice.endpoints ?? [])
        .filter(({ conditions }) => all || (conditions?.ready ?? true))
        .flatMap(({ addresses, hostname }) => addresses.map((ip) => ({ ip, hostname }))),
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

function addressesOf({ spec, status }: Service): string[] {
  const cluster = (spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : [])).filter((ip) => ip !== 'None');
  return [...cluster, ...(spec?.externalIPs ?? []), ...(status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])];
}
