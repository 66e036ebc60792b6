import type { DnsConfig } from '../../runtime.js';

/** The text of a container's /etc/resolv.conf. */
export function resolvConf({ searches, servers, options }: DnsConfig): string {
  const lines = [...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []), ...servers.map((s) => `nameserver ${s}`), ...(options.length > 0 ? [`options ${options.join(' ')}`] : [])];
  return lines.map((line) => `${line}\n`).join('');
}
