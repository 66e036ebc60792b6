import type { Pod } from '../../api/types/core-v1.js';
import type { DnsConfig } from '../runtime.js';

/** Longest host name Linux takes. */
const MAX_HOST_NAME = 63;
const MAX_SEARCHES = 32;
const MAX_SERVERS = 3;

/** A pod's host name and the domain its subdomain gives it ('' without one). */
export function podHostName(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const { hostname, subdomain, setHostnameAsFQDN, hostnameOverride } = pod.spec;
  if (hostnameOverride) return { hostname: truncated(hostnameOverride), domain: '' };
  const short = truncated(hostname || (pod.metadata.name ?? ''));
  const domain = subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : '';
  return { hostname: setHostnameAsFQDN && domain ? `${short}.${domain}` : short, domain };
}

function truncated(name: string): string {
  return name.length <= MAX_HOST_NAME ? name : name.slice(0, MAX_HOST_NAME).replace(/[-.]+$/, '');
}

/** The hosts file the kubelet gives a pod. */
export function hostsFile(pod: Pod, ip: string, clusterDomain: string, nodeName: string): string {
  const aliases = pod.spec.hostAliases ?? [];
  const more = aliases.length > 0 ? `\n# Entries added by HostAliases.\n${aliases.map((a) => `${a.ip}\t${(a.hostnames ?? []).join('\t')}\n`).join('')}` : '';
  const local = '127.0.0.1\tlocalhost\n';
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${local}${ip}\t${nodeName}\n${more}`;
  const { hostname, domain } = podHostName(pod, clusterDomain);
  const short = hostname.split('.')[0] ?? hostname;
  const own = domain ? `${ip}\t${short}.${domain}\t${short}\n` : `${ip}\t${hostname}\n`;
  return `# Kubernetes-managed hosts file.\n${local}::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n${own}${more}`;
}

/** What resolv.conf says, by the pod's dnsPolicy (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/). */
export function dnsConfig(pod: Pod, clusterDomain: string, dnsIp: string): DnsConfig {
  const own = pod.spec.dnsConfig ?? {};
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  const cluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.spec.hostNetwork);
  const base: DnsConfig = cluster
    ? { servers: [dnsIp], searches: [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain], options: ['ndots:5'] }
    : policy === 'None' ? { servers: [], searches: [], options: [] } : { servers: [dnsIp], searches: [], options: [] };
  const options = new Map(base.options.map((text) => [text.split(':')[0] ?? text, text]));
  for (const { name = '', value } of own.options ?? []) options.set(name, value ? `${name}:${value}` : name);
  return {
    servers: [...new Set([...base.servers, ...(own.nameservers ?? [])])].slice(0, MAX_SERVERS),
    searches: [...new Set([...base.searches, ...(own.searches ?? [])])].slice(0, MAX_SEARCHES),
    options: [...options.values()],
  };
}
