import { cidrContains, parseCidr, parseIp, type Cidr } from '../../api/ip.js';
import type { ServiceCIDR } from '../../api/types/networking-v1.js';

const cidrsOf = ({ spec }: ServiceCIDR): Cidr[] => (spec?.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);

const covers = (outer: Cidr, inner: Cidr): boolean => outer.family === inner.family && outer.prefixLength <= inner.prefixLength && cidrContains(outer, { family: inner.family, value: inner.network });

/** Whether two ranges have addresses in common: they are looked at again together. Pure. */
export function overlap(a: ServiceCIDR, b: ServiceCIDR): boolean {
  return cidrsOf(a).some((one) => cidrsOf(b).some((other) => covers(one, other) || covers(other, one)));
}

/**
 * Whether a range may go: others contain all of it, or no address in use would be left without one. Ranges on their way
 * out count as there. `addresses`: those that Services have. Pure.
 */
export function mayGo(range: ServiceCIDR, all: readonly ServiceCIDR[], addresses: readonly string[]): boolean {
  const others = all.filter(({ metadata }) => metadata.name !== range.metadata.name).flatMap(cidrsOf);
  const own = cidrsOf(range);
  if (own.every((cidr) => others.some((other) => covers(other, cidr)))) return true;
  return !addresses.some((text) => {
    const ip = parseIp(text);
    return ip !== undefined && own.some((cidr) => cidrContains(cidr, ip)) && !others.some((other) => cidrContains(other, ip));
  });
}
