import { forbidden, invalid, required, tooLong, type FieldError, type Path } from '../../api/field.js';
import { validateIpForLegacyField } from '../../api/ip.js';
import { isDns1123SubdomainWithUnderscore } from '../../api/names.js';
import type { HostAlias, PodSpec } from '../../api/types/core-v1.js';
import { validateDnsSubdomain } from './simple-checks.js';

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARS = 2048;
const MAX_HOSTNAME = 64;

/** Errors of dnsConfig and of what dnsPolicy None asks of it (validatePodDNSConfig). */
export function validateDnsConfig({ dnsConfig, dnsPolicy }: PodSpec, path: Path): FieldError[] {
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if ((dnsConfig.nameservers ?? []).length === 0) return [required(path.child('nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS) errors.push(invalid(path.child('nameservers'), nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`));
  nameservers.forEach((address, i) => errors.push(...validateIpForLegacyField(path.child('nameservers').index(i), address, true)));
  if (searches.length > MAX_SEARCHES) errors.push(invalid(path.child('searches'), searches, `must not have more than ${MAX_SEARCHES} search paths`));
  if (Buffer.byteLength(searches.join(' ')) > MAX_SEARCH_CHARS) {
    errors.push(invalid(path.child('searches'), searches, `must not have more than ${MAX_SEARCH_CHARS} characters (including spaces) in the search list`));
  }
  searches.forEach((search, i) => {
    if (search === '.') return;
    const name = search.replace(/\.$/, '');
    errors.push(...isDns1123SubdomainWithUnderscore(name).map((text) => invalid(path.child('searches').index(i), name, text)));
  });
  options.forEach(({ name }, i) => {
    if (!name) errors.push(required(path.child('options').index(i), 'must not be empty'));
  });
  return errors;
}

export function validateHostAliases(aliases: readonly HostAlias[] | undefined, path: Path): FieldError[] {
  return (aliases ?? []).flatMap(({ ip, hostnames }, i) => [
    ...validateIpForLegacyField(path.index(i).child('ip'), ip ?? '', true),
    ...(hostnames ?? []).flatMap((name, j) => validateDnsSubdomain(name, path.index(i).child('hostnames').index(j))),
  ]);
}

export function validateHostnameOverride({ hostnameOverride, setHostnameAsFQDN, hostNetwork }: PodSpec, path: Path): FieldError[] {
  if (hostnameOverride === undefined) return [];
  const at = path.child('hostnameOverride');
  const errors: FieldError[] = [];
  if (setHostnameAsFQDN) errors.push(forbidden(at, 'may not be specified when setHostnameAsFQDN is true'));
  if (hostNetwork) errors.push(forbidden(at, 'may not be specified when hostNetwork is true'));
  if (Buffer.byteLength(hostnameOverride) > MAX_HOSTNAME) errors.push(tooLong(at, MAX_HOSTNAME));
  return [...errors, ...validateDnsSubdomain(hostnameOverride, at)];
}
