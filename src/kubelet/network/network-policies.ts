import { cidrContains, parseCidr, parseIp } from '../../api/ip.js';
import { labelMatcherOf } from '../../api/label-selector.js';
import type { Namespace, Pod } from '../../api/types/core-v1.js';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../api/types/networking-v1.js';
import type { Informer } from '../../client/informer.js';
import type { Informers } from '../../client/informers.js';

/** A connection that is to be judged, after Services have been resolved to pods. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** Says whether the network lets something through. */
export interface PacketFilter {
  allows(packet: Packet): boolean;
  /** Whether the pod of an address may ask the cluster's DNS at `server`. */
  allowsDns(from: string, server: string): boolean;
}

/** Whose an address is. */
export interface Places {
  isNode(ip: string): boolean;
  podAt(ip: string): Pod | undefined;
}

/** One end of a connection: a pod, or an address outside. */
interface End {
  readonly ip: string;
  readonly pod: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> | undefined; readonly ports: (name: string, protocol: string) => number | undefined } | undefined;
}

/** The cluster's DNS as a pod of kube-system: policies select it so. */
const DNS = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, ports: (name: string) => (name === 'dns' || name === 'dns-tcp' ? 53 : undefined) };
const NOTHING: readonly never[] = [];

/**
 * NetworkPolicies between pods, and between pods and addresses outside
 * (https://kubernetes.io/docs/concepts/services-networking/network-policies/). Whoever is no pod is not bound by them;
 * nodes reach their pods always, as every network plugin has it. Asks nobody anything while there is no policy.
 */
export class NetworkPolicies implements PacketFilter {
  private readonly policies: Informer<NetworkPolicy>;
  private readonly namespaces: Informer<Namespace>;

  constructor(
    informers: Informers,
    private readonly places: Places,
  ) {
    this.policies = informers.for<NetworkPolicy>({ group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' });
    this.namespaces = informers.for<Namespace>({ group: '', version: 'v1', resource: 'namespaces' });
    this.policies.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
  }

  allows({ from, to, port, protocol }: Packet): boolean {
    if (from === to || this.places.isNode(from)) return true;
    const [source, target] = [this.end(from), this.end(to)];
    return this.passes('Egress', source, target, port, protocol) && this.passes('Ingress', target, source, port, protocol);
  }

  allowsDns(from: string, server: string): boolean {
    const source = this.end(from);
    const target: End = { ip: server, pod: DNS };
    return this.passes('Egress', source, target, 53, 'UDP') || this.passes('Egress', source, target, 53, 'TCP');
  }

  /** Whether the policies of one end's pod let it talk with the other end; the port is always the target's. */
  private passes(type: 'Ingress' | 'Egress', own: End, other: End, port: number, protocol: string): boolean {
    const { pod } = own;
    if (!pod) return true;
    const target = type === 'Ingress' ? own : other;
    let isolated = false;
    for (const { metadata, spec } of this.policies.byIndex('namespace', pod.namespace)) {
      const types: readonly string[] = spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];
      // An absent pod selector selects every pod of the namespace.
      if (!types.includes(type) || !labelMatcherOf(spec.podSelector ?? {}).matches(pod.labels)) continue;
      isolated = true;
      const rules = type === 'Ingress' ? (spec.ingress ?? NOTHING).map(({ from, ports }) => ({ peers: from, ports })) : (spec.egress ?? NOTHING).map(({ to, ports }) => ({ peers: to, ports }));
      for (const { peers = NOTHING, ports = NOTHING } of rules) {
        const portFits = ports.length === 0 || ports.some((allowed) => matchesPort(allowed, target, port, protocol));
        if (portFits && (peers.length === 0 || peers.some((peer) => this.matchesPeer(peer, other, metadata.namespace ?? '')))) return true;
      }
    }
    return !isolated;
  }

  private matchesPeer({ ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer, { ip, pod }: End, namespace: string): boolean {
    if (ipBlock) return inBlock(ipBlock.cidr, ip) && !(ipBlock.except ?? NOTHING).some((cidr) => inBlock(cidr, ip));
    if (!pod) return false;
    if (namespaceSelector) {
      const labels = this.namespaces.get(pod.namespace)?.metadata.labels;
      if (!labelMatcherOf(namespaceSelector).matches(labels)) return false;
    } else if (pod.namespace !== namespace) return false;
    return podSelector === undefined || labelMatcherOf(podSelector).matches(pod.labels);
  }

  private end(ip: string): End {
    const pod = this.places.podAt(ip);
    if (!pod) return { ip, pod: undefined };
    return { ip, pod: { namespace: pod.metadata.namespace ?? '', labels: pod.metadata.labels, ports: (name, protocol) => namedPort(pod, name, protocol) } };
  }
}

function namedPort(pod: Pod, name: string, protocol: string): number | undefined {
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    const found = container.ports?.find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

function matchesPort({ port: wanted, endPort, protocol = 'TCP' }: NetworkPolicyPort, target: End, port: number, asked: string): boolean {
  if (protocol !== asked) return false;
  if (wanted === undefined) return true;
  const first = typeof wanted === 'number' ? wanted : target.pod?.ports(wanted, asked);
  return first !== undefined && port >= first && port <= (endPort ?? first);
}

function inBlock(cidr: string, ip: string): boolean {
  const block = parseCidr(cidr);
  const address = parseIp(ip);
  return block !== undefined && address !== undefined && cidrContains(block, address);
}
