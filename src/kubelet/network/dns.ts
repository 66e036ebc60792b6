import { parseIp } from '../../api/ip.js';
import type { NameLookup } from './network-namespace.js';
import type { PodNetwork } from './pod-network.js';

/** Longest chain of ExternalName aliases that is followed. */
const MAX_ALIASES = 8;

/**
 * Addresses of a name as the C library in a pod finds them: addresses as they are, the hosts file, then the cluster's
 * DNS along the search path (absolute first when the name has `ndots` dots).
 */
export function resolveName(name: string, lookup: NameLookup, network: PodNetwork): readonly string[] {
  if (parseIp(name)) return [name];
  if (name === 'localhost') return ['127.0.0.1'];
  const host = lookup.hosts?.(name);
  if (host) return [host];
  for (const candidate of candidates(name, lookup)) {
    const addresses = resolveAbsolute(candidate, network);
    if (addresses.length > 0) return addresses;
  }
  return [];
}

function candidates(name: string, { searches, ndots }: NameLookup): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = searches.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

/** Answers the A records of Kubernetes' DNS specification; an empty list stands for NXDOMAIN. */
export function resolveAbsolute(name: string, network: PodNetwork, aliases = 0): readonly string[] {
  const suffix = `.${network.clusterDomain}`;
  if (!name.endsWith(suffix)) return [];
  const labels = name.slice(0, -suffix.length).split('.');
  const kind = labels.pop();
  const namespace = labels.pop();
  if (namespace === undefined) return [];
  if (kind === 'pod') return podAddress(labels);
  if (kind !== 'svc') return [];
  const serviceName = labels.pop();
  const service = serviceName === undefined ? undefined : network.router?.service(namespace, serviceName);
  if (!service) return [];
  if (service.externalName !== undefined) {
    return labels.length === 0 && aliases < MAX_ALIASES ? resolveAbsolute(service.externalName.replace(/\.$/, ''), network, aliases + 1) : [];
  }
  if (service.clusterIp !== undefined) return labels.length === 0 ? [service.clusterIp] : [];
  if (labels.length > 1) return [];
  const [hostname] = labels;
  return service
    .endpoints()
    .filter((endpoint) => hostname === undefined || endpoint.hostname === hostname || endpoint.ip.replaceAll('.', '-') === hostname)
    .map((endpoint) => endpoint.ip);
}

/** `10-244-0-5.default.pod.cluster.local` stands for the address that it spells. */
function podAddress(labels: readonly string[]): readonly string[] {
  const ip = labels.length === 1 ? (labels[0] as string).replaceAll('-', '.') : '';
  return parseIp(ip)?.family === 4 ? [ip] : [];
}
