import { duplicate, invalid, notSupported, Path, required, type FieldError } from '../../../api/field.js';
import { parseIp, validateIpForLegacyField } from '../../../api/ip.js';
import type { Service } from '../../../api/types/core-v1.js';
import { isExternalName, isHeadless, NONE } from './facts.js';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const SPEC = Path.of('spec');

const isV6 = (ip: string): boolean => parseIp(ip)?.family === 6;

/** Errors of clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy, which depend on each other. */
export function clusterIpFieldErrors(service: Service, old: Service | undefined): FieldError[] {
  if (isExternalName(service)) return [];
  const { spec } = service;
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const path = SPEC.child('clusterIPs');
  const errors: FieldError[] = [];
  if (clusterIP !== '') {
    if (clusterIPs.length === 0) errors.push(required(path));
    else if (clusterIPs[0] !== clusterIP) errors.push(invalid(path, clusterIPs, 'first value must match `clusterIP`'));
  } else if (clusterIPs.length > 0) {
    errors.push(invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  }
  const seen = new Set<string>();
  ipFamilies.forEach((family, i) => {
    const at = SPEC.child('ipFamilies').index(i);
    if (!FAMILIES.includes(family)) errors.push(notSupported(at, family, FAMILIES));
    if (seen.has(family)) errors.push(duplicate(at, family));
    seen.add(family);
  });
  if (ipFamilyPolicy !== undefined && !POLICIES.includes(ipFamilyPolicy)) errors.push(notSupported(SPEC.child('ipFamilyPolicy'), ipFamilyPolicy, POLICIES));

  let malformed = false;
  clusterIPs.forEach((ip, i) => {
    if (i === 0 && ip === NONE) {
      if (clusterIPs.length === 1) return;
      malformed = true;
      errors.push(invalid(path, clusterIPs, "'None' must be the first and only value"));
      return;
    }
    const found = validateIpForLegacyField(path.index(i), ip, true, old?.spec.clusterIPs);
    malformed ||= found.length > 0;
    errors.push(...found);
  });
  if (clusterIPs.length > 2) errors.push(invalid(path, clusterIPs, 'may only hold up to 2 values'));
  if (malformed) return errors;

  if (clusterIPs.length > 1 && new Set(clusterIPs.map(isV6)).size < 2) errors.push(invalid(path, clusterIPs, 'may specify no more than one IP for each IP family'));
  if (!isHeadless(service)) {
    clusterIPs.slice(0, ipFamilies.length).forEach((ip, i) => {
      const family = ipFamilies[i];
      if ((family === 'IPv4' && isV6(ip)) || (family === 'IPv6' && !isV6(ip))) errors.push(invalid(path.index(i), ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``));
    });
  }
  return errors;
}

const ONCE_SET = 'may not change once set';

/** Errors of changing addresses: the first one stays, a second one may come and go. */
export function clusterIpChangeErrors(service: Service, old: Service): FieldError[] {
  if (isExternalName(service) || isExternalName(old) || (isHeadless(service) && isHeadless(old))) return [];
  const { clusterIPs = [], ipFamilyPolicy } = service.spec;
  const before = old.spec.clusterIPs ?? [];
  const path = SPEC.child('clusterIPs');
  const first = path.index(0);
  if (before.length === clusterIPs.length) return before.flatMap((ip, i) => (ip === clusterIPs[i] ? [] : [invalid(path.index(i), clusterIPs, ONCE_SET)]));
  const errors: FieldError[] = [];
  if (clusterIPs.length === 0) errors.push(invalid(first, service.spec.clusterIPs, 'primary clusterIP can not be unset'));
  if (before.length > 0 && clusterIPs.length > 0 && before[0] !== clusterIPs[0]) errors.push(invalid(first, clusterIPs, ONCE_SET));
  if (before.length > clusterIPs.length && clusterIPs.length === 1 && ipFamilyPolicy !== 'SingleStack') {
    errors.push(invalid(SPEC.child('ipFamilyPolicy'), ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP"));
  }
  return errors;
}

export function familyChangeErrors(service: Service, old: Service): FieldError[] {
  if (isExternalName(service) || isExternalName(old) || isHeadless(service) || isHeadless(old)) return [];
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec;
  const before = old.spec.ipFamilies ?? [];
  const first = SPEC.child('ipFamilies').index(0);
  if (before.length === ipFamilies.length) return before.flatMap((family, i) => (family === ipFamilies[i] ? [] : [invalid(first, ipFamilies, ONCE_SET)]));
  const errors: FieldError[] = [];
  const downgraded = before.length > ipFamilies.length;
  if (downgraded && clusterIPs.length === 0) errors.push(invalid(first, service.spec.ipFamilies, 'primary ipFamily can not be unset'));
  if (before.length > 0 && ipFamilies.length > 0 && before[0] !== ipFamilies[0]) errors.push(invalid(first, service.spec.clusterIPs, ONCE_SET));
  if (downgraded && ipFamilies.length === 1 && ipFamilyPolicy !== 'SingleStack') {
    errors.push(invalid(SPEC.child('ipFamilyPolicy'), ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary ipFamily"));
  }
  return errors;
}
