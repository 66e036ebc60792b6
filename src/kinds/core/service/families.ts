import { invalid as invalidObject } from '../../../api/errors.js';
import { invalid, Path, type FieldError } from '../../../api/field.js';
import { parseIp } from '../../../api/ip.js';
import type { Service } from '../../../api/types/core-v1.js';
import { asksForHeadless, hasSelector, isExternalName, NONE, sameClusterIps, sameFamilies } from './facts.js';
import { clusterIpFieldErrors } from './validate-cluster-ips.js';

/**
 * IP families of a Service (KEP-563). The cluster has one family, so that a Service gets a second one only
 * where it is headless without a selector: then Kubernetes leaves all to the user.
 */

type Family = 'IPv4' | 'IPv6';
const POLICY = Path.of('spec', 'ipFamilyPolicy');
const ADDRESSABLE = ['ClusterIP', 'NodePort', 'LoadBalancer'];

const other = (family: string): Family => (family === 'IPv4' ? 'IPv6' : 'IPv4');

/**
 * Sets ipFamilyPolicy and ipFamilies where they were left out.
 * Throws ApiError 422 for what the cluster cannot do, before the rest of the Service is validated (as Kubernetes does).
 */
export function setFamilies(service: Service, old: Service | undefined, clusterFamily: Family): void {
  if (isExternalName(service) || (old && keepsPreferDualStack(service, old))) return;
  const { spec } = service;
  const bare = asksForHeadless(service) && !hasSelector(service);
  spec.ipFamilyPolicy ??= old?.spec.ipFamilyPolicy ?? (bare ? 'RequireDualStack' : 'SingleStack');
  refuse(service, clusterIpFieldErrors(service, old));

  if (old && spec.ipFamilyPolicy === 'SingleStack') {
    if (sameClusterIps(service, old) && (spec.clusterIPs ?? []).length > 1) spec.clusterIPs = spec.clusterIPs?.slice(0, 1);
    if (sameFamilies(service, old) && (spec.ipFamilies ?? []).length > 1) spec.ipFamilies = spec.ipFamilies?.slice(0, 1);
  }
  refuse(service, [...releaseErrors(service, old), ...singleStackErrors(service), ...inferFamilies(service, clusterFamily)]);

  if (bare) {
    if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = [clusterFamily];
    const families = spec.ipFamilies ?? [];
    if (families.length < 2 && spec.ipFamilyPolicy !== 'SingleStack') spec.ipFamilies = [...families, other(families[0] ?? clusterFamily)];
    return;
  }
  refuse(service, [
    ...(spec.ipFamilyPolicy === 'RequireDualStack' ? [invalid(POLICY, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services')] : []),
    ...(spec.ipFamilies ?? []).flatMap((family, i) => (family === clusterFamily ? [] : [invalid(Path.of('spec', 'ipFamilies').index(i), family, 'not configured on this cluster')])),
  ]);
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = [clusterFamily];
}

function refuse(service: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Service' }, service.metadata.name, errors);
}

/** A change that touches none of these fields must not upgrade or downgrade a PreferDualStack Service. */
function keepsPreferDualStack(service: Service, old: Service): boolean {
  const { spec } = service;
  return (
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (old.spec.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    old.spec.type === spec.type &&
    ADDRESSABLE.includes(spec.type ?? '') &&
    sameClusterIps(service, old) &&
    sameFamilies(service, old)
  );
}

function releaseErrors({ spec }: Service, old: Service | undefined): FieldError[] {
  if (!old || spec.ipFamilyPolicy === 'SingleStack') return [];
  const reduced = (now: readonly string[] = [], before: readonly string[] = []): boolean => now.length > 0 && now.length < before.length;
  return [
    ...(reduced(spec.clusterIPs, old.spec.clusterIPs) ? [invalid(POLICY, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP")] : []),
    ...(reduced(spec.ipFamilies, old.spec.ipFamilies) ? [invalid(POLICY, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family")] : []),
  ];
}

function singleStackErrors({ spec }: Service): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return [];
  const text = (what: string): string => `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  return [
    ...(spec.clusterIPs?.length === 2 ? [invalid(POLICY, spec.ipFamilyPolicy, text('cluster IPs'))] : []),
    ...(spec.ipFamilies?.length === 2 ? [invalid(POLICY, spec.ipFamilyPolicy, text('IP families'))] : []),
  ];
}

function inferFamilies({ spec }: Service, clusterFamily: Family): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === NONE) break;
    if (i < (spec.ipFamilies ?? []).length) continue;
    const family = parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4';
    if (family === clusterFamily) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else errors.push(invalid(Path.of('spec', 'clusterIPs').index(i), spec.clusterIPs, `${family} is not configured on this cluster`));
  }
  return errors;
}
