import { formatIp, parseIp } from '../../api/ip.js';
import type { NameLookup } from './network-namespace.js';
import type { PodNetwork } from './pod-network.js';
import type { ServiceEndpoint, ServiceRecord } from './service-router.js';

/** Longest chain of ExternalName aliases that is followed. */
const MAX_ALIASES = 8;
/** CoreDNS's ttl for the cluster's names. */
const TTL = 30;

export type DnsType = 'A' | 'AAAA' | 'CNAME' | 'SRV' | 'PTR' | 'TXT';

export interface DnsRecord {
  /** Fully qualified, without the last dot. */
  readonly name: string;
  readonly type: DnsType;
  readonly ttl: number;
  /** As dig prints it: an address, a name with its last dot, `0 100 80 web.default.svc.cluster.local.` */
  readonly data: string;
}

export interface DnsAnswer {
  readonly status: 'NOERROR' | 'NXDOMAIN';
  readonly answers: readonly DnsRecord[];
  /** Addresses of the names in the answers. */
  readonly additional: readonly DnsRecord[];
}

const NXDOMAIN: DnsAnswer = { status: 'NXDOMAIN', answers: [], additional: [] };

/**
 * Addresses of a name as the C library in a pod finds them: addresses as they are, the hosts file, then the cluster's
 * DNS along the search path (absolute first when the name has `ndots` dots).
 */
export function resolveName(name: string, lookup: NameLookup, network: PodNetwork): readonly string[] {
  const host = localName(name, lookup);
  if (host) return [host];
  for (const candidate of candidates(name, lookup)) {
    const addresses = resolveAbsolute(candidate, network);
    if (addresses.length > 0) return addresses;
  }
  return [];
}

/** What needs no DNS: addresses, localhost, names of the hosts file. */
export function localName(name: string, lookup: NameLookup): string | undefined {
  if (parseIp(name)) return name;
  return name === 'localhost' ? '127.0.0.1' : lookup.hosts?.(name);
}

function candidates(name: string, { searches, ndots }: NameLookup): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = searches.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

/** The addresses of a full name, IPv4 first; none for NXDOMAIN. */
function resolveAbsolute(name: string, network: PodNetwork): readonly string[] {
  for (const type of ['A', 'AAAA'] as const) {
    const found = query(name, type, network).answers.filter((record) => record.type === type);
    if (found.length > 0) return found.map(({ data }) => data);
  }
  return [];
}

/**
 * Answers for the cluster's domain as CoreDNS does by Kubernetes' DNS specification
 * (https://github.com/kubernetes/dns/blob/master/docs/specification.md). Names outside the cluster do not exist.
 */
export function query(asked: string, type: DnsType, network: PodNetwork, aliases = 0): DnsAnswer {
  const name = asked.replace(/\.$/, '').toLowerCase();
  const reverse = reverseAddress(name);
  if (reverse !== undefined) return reverseLookup(name, reverse, type, network);
  const suffix = `.${network.clusterDomain}`;
  if (name === `dns-version${suffix}`) return answer(type === 'TXT' ? [{ name, type, ttl: TTL, data: '"1.1.0"' }] : []);
  if (name === network.clusterDomain) return answer([]);
  if (!name.endsWith(suffix)) return NXDOMAIN;
  const labels = name.slice(0, -suffix.length).split('.');
  const kind = labels.pop();
  if (kind !== 'svc' && kind !== 'pod') return NXDOMAIN;
  const namespace = labels.pop();
  if (namespace === undefined) return NXDOMAIN;
  if (kind === 'pod') return podLookup(name, labels, type);
  const serviceName = labels.pop();
  const service = serviceName === undefined ? undefined : network.router?.service(namespace, serviceName);
  return service ? serviceLookup({ name, labels, type, service, network, aliases }) : NXDOMAIN;
}

interface ServiceQuery {
  readonly name: string;
  /** What stands before the Service's name: an endpoint's host name, or `_port._proto`. */
  readonly labels: readonly string[];
  readonly type: DnsType;
  readonly service: ServiceRecord;
  readonly network: PodNetwork;
  readonly aliases: number;
}

function serviceLookup({ name, labels, type, service, network, aliases }: ServiceQuery): DnsAnswer {
  const { externalName, clusterIps } = service;
  if (externalName !== undefined) {
    if (labels.length > 0) return NXDOMAIN;
    const target = externalName.replace(/\.$/, '');
    const alias: DnsRecord = { name, type: 'CNAME', ttl: TTL, data: `${target}.` };
    const further = type === 'CNAME' || aliases >= MAX_ALIASES ? [] : query(target, type, network, aliases + 1).answers;
    return answer([alias, ...further]);
  }
  const domain = `${service.name}.${service.namespace}.svc.${network.clusterDomain}`;
  const [first = '', second = ''] = labels;
  if (labels.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    const ports = service.ports.filter((port) => `_${port.name}` === first && `_${port.protocol.toLowerCase()}` === second);
    return ports.length === 0 ? NXDOMAIN : type === 'SRV' ? srv(name, domain, service, ports) : answer([]);
  }
  if (labels.length > 1) return NXDOMAIN;
  if (clusterIps.length > 0) {
    if (labels.length > 0) return NXDOMAIN;
    return type === 'SRV' ? srv(name, domain, service, service.ports) : answer(addresses(name, clusterIps, type));
  }
  const endpoints = service.endpoints().filter((endpoint) => labels.length === 0 || endpointName(endpoint) === first || endpoint.ip.replaceAll(/[.:]/g, '-') === first);
  if (endpoints.length === 0) return NXDOMAIN;
  if (type === 'SRV') return srv(name, domain, { ...service, endpoints: () => endpoints }, service.ports);
  return answer(addresses(name, endpoints.map(({ ip }) => ip), type));
}

/** Of a Service with a cluster IP one record per port; of a headless one a record per port and endpoint. */
function srv(name: string, domain: string, service: ServiceRecord, ports: ServiceRecord['ports']): DnsAnswer {
  const endpoints = service.clusterIps.length > 0 ? [] : service.endpoints();
  const targets = service.clusterIps.length > 0 ? [{ host: domain, ips: service.clusterIps, port: undefined }] : endpoints.map((endpoint) => ({ host: `${endpointName(endpoint)}.${domain}`, ips: [endpoint.ip], port: endpoint.port }));
  const weight = Math.floor(100 / Math.max(1, targets.length));
  const answers: DnsRecord[] = targets.flatMap(({ host, port }) => ports.map((of) => ({ name, type: 'SRV' as const, ttl: TTL, data: `0 ${weight} ${port?.(of.name) ?? of.port} ${host}.` })));
  return { status: 'NOERROR', answers, additional: targets.flatMap(({ host, ips }) => [...addresses(host, ips, 'A'), ...addresses(host, ips, 'AAAA')]) };
}

/** How an endpoint is called in the DNS: by its host name, else by its address. */
function endpointName({ hostname, ip }: ServiceEndpoint): string {
  return hostname ?? ip.replaceAll(/[.:]/g, '-');
}

/** `10-244-0-5.default.pod.cluster.local` stands for the address that it spells. */
function podLookup(name: string, labels: readonly string[], type: DnsType): DnsAnswer {
  const [label = ''] = labels;
  const ip = parseIp(label.replaceAll('-', '.')) ?? parseIp(label.replaceAll('-', ':'));
  if (labels.length > 1 || !ip) return NXDOMAIN;
  return answer(addresses(name, [formatIp(ip)], type));
}

function reverseLookup(name: string, ip: string, type: DnsType, network: PodNetwork): DnsAnswer {
  const hosts = network.router?.namesOf(ip) ?? [];
  if (hosts.length === 0) return NXDOMAIN;
  return answer(type === 'PTR' ? hosts.map((host) => ({ name, type, ttl: TTL, data: `${host}.${network.clusterDomain}.` })) : []);
}

/** The address that a name in in-addr.arpa or ip6.arpa stands for. */
function reverseAddress(name: string): string | undefined {
  const four = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  if (four) return `${four[4]}.${four[3]}.${four[2]}.${four[1]}`;
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  return six?.[1] === undefined ? undefined : formatIp({ family: 6, value: BigInt(`0x${six[1].split('.').reverse().join('')}`) });
}

function addresses(name: string, ips: readonly string[], type: DnsType): DnsRecord[] {
  if (type !== 'A' && type !== 'AAAA') return [];
  return ips.filter((ip) => ip.includes(':') === (type === 'AAAA')).map((data) => ({ name, type, ttl: TTL, data }));
}

function answer(answers: readonly DnsRecord[]): DnsAnswer {
  return { status: 'NOERROR', answers, additional: [] };
}
