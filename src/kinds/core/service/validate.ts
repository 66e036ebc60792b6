import { duplicate, forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../api/field.js';
import { parseIp, validateCidrForLegacyField, validateIpForLegacyField } from '../../../api/ip.js';
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isQualifiedName } from '../../../api/names.js';
import type { Service, ServicePort } from '../../../api/types/core-v1.js';
import { endpointIpErrors } from '../../common/endpoint-ip.js';
import { validateLabels } from '../../shared/label-validation.js';
import { validatePort } from '../../shared/simple-checks.js';
import { externallyAccessible, isExternalName, isHeadless, isLoadBalancer, needsHealthCheckPort } from './facts.js';
import { clusterIpChangeErrors, clusterIpFieldErrors, familyChangeErrors } from './validate-cluster-ips.js';

const SPEC = Path.of('spec');
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES = ['ClientIP', 'None'];
const POLICIES = ['Cluster', 'Local'];
/** In this order, not sorted, as Kubernetes tells them. */
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const MAX_AFFINITY_SECONDS = 86_400;
const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";

/** Errors of a new Service, or of one on update where `old` is given. Allocated values may be missing still. */
export function validate(service: Service, old?: Service): FieldError[] {
  const { spec } = service;
  const errors = [...annotationErrors(service), ...typeErrors(service), ...portErrors(service)];
  if (spec.selector) errors.push(...validateLabels(spec.selector, SPEC.child('selector')));
  errors.push(...affinityErrors(service), ...clusterIpFieldErrors(service, old));
  (spec.externalIPs ?? []).forEach((ip, i) => {
    const at = SPEC.child('externalIPs').index(i);
    const malformed = validateIpForLegacyField(at, ip, true, old?.spec.externalIPs);
    errors.push(...(malformed.length > 0 ? malformed : endpointIpErrors(ip, at)));
  });
  if (!TYPES.includes(spec.type ?? '')) errors.push(notSupported(SPEC.child('type'), spec.type, TYPES));
  errors.push(...nodePortErrors(service), ...duplicatePortErrors(spec.ports ?? []), ...sourceRangeErrors(service, old));
  if (spec.allocateLoadBalancerNodePorts !== undefined && !isLoadBalancer(service)) errors.push(forbidden(SPEC.child('allocateLoadBalancerNodePorts'), LOAD_BALANCER_ONLY));
  return [...errors, ...loadBalancerClassErrors(service, undefined), ...trafficErrors(service)];
}

export function validateUpdate(service: Service, old: Service): FieldError[] {
  const errors = [...clusterIpChangeErrors(service, old), ...familyChangeErrors(service, old), ...loadBalancerClassErrors(service, old)];
  const port = service.spec.healthCheckNodePort;
  if (needsHealthCheckPort(old) && needsHealthCheckPort(service) && (port ?? 0) !== (old.spec.healthCheckNodePort ?? 0)) {
    errors.push(forbidden(SPEC.child('healthCheckNodePort'), 'field is immutable'));
  }
  return [...errors, ...validate(service, old)];
}

function annotationErrors({ metadata }: Service): FieldError[] {
  const { [HINTS]: hints, [MODE]: mode } = metadata.annotations ?? {};
  if (hints === undefined || mode === undefined || hints === mode) return [];
  return [invalid(Path.of('metadata', 'annotations').key(MODE), mode, `must match annotations[${HINTS}] when both are specified`)];
}

function typeErrors(service: Service): FieldError[] {
  const { spec } = service;
  const errors: FieldError[] = [];
  if ((spec.ports ?? []).length === 0 && !isHeadless(service) && !isExternalName(service)) errors.push(required(SPEC.child('ports')));
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(service)) {
    errors.push(invalid(SPEC.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  if (isExternalName(service)) {
    const text = 'may not be set for ExternalName services';
    if ((spec.clusterIPs ?? []).length > 0) errors.push(forbidden(SPEC.child('clusterIPs'), text));
    if ((spec.ipFamilies ?? []).length > 0) errors.push(forbidden(SPEC.child('ipFamilies'), text));
    if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden(SPEC.child('ipFamilyPolicy'), text));
    const name = (spec.externalName ?? '').replace(/\.$/, '');
    const path = SPEC.child('externalName');
    errors.push(...(name === '' ? [required(path)] : isDns1123Subdomain(name).map((found) => invalid(path, name, found))));
  }
  return errors;
}

function portErrors({ spec }: Service): FieldError[] {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const path = SPEC.child('ports').index(i);
    const { name = '', protocol, appProtocol } = port;
    const errors: FieldError[] = [];
    if (name !== '') {
      errors.push(...isDns1123Label(name).map((text) => invalid(path.child('name'), name, text)));
      if (names.has(name)) errors.push(duplicate(path.child('name'), name));
      names.add(name);
    } else if (ports.length > 1) {
      errors.push(required(path.child('name')));
    }
    errors.push(...isPortNumber(port.port ?? 0).map((text) => invalid(path.child('port'), port.port ?? 0, text)));
    if (!protocol) errors.push(required(path.child('protocol')));
    else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(path.child('protocol'), protocol, PROTOCOLS));
    errors.push(...validatePort(port.targetPort, path.child('targetPort')));
    if (appProtocol !== undefined) errors.push(...isQualifiedName(appProtocol).map((text) => invalid(path.child('appProtocol'), appProtocol, text)));
    return errors;
  });
}

function affinityErrors({ spec }: Service): FieldError[] {
  const { sessionAffinity = '', sessionAffinityConfig: config } = spec;
  if (!AFFINITIES.includes(sessionAffinity)) return [notSupported(SPEC.child('sessionAffinity'), sessionAffinity, AFFINITIES)];
  if (sessionAffinity === 'None') return [];
  const path = SPEC.child('sessionAffinityConfig', 'clientIP', 'timeoutSeconds');
  const seconds = config?.clientIP?.timeoutSeconds ?? 0;
  return seconds <= 0 || seconds > MAX_AFFINITY_SECONDS ? [invalid(path, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)] : [];
}

function nodePortErrors({ spec }: Service): FieldError[] {
  const path = SPEC.child('ports');
  const errors: FieldError[] = [];
  const ports = spec.ports ?? [];
  if (spec.type === 'ClusterIP') ports.forEach((port, i) => port.nodePort && errors.push(forbidden(path.index(i).child('nodePort'), "may not be used when `type` is 'ClusterIP'")));
  const seen = new Set<string>();
  ports.forEach(({ nodePort, protocol }, i) => {
    if (!nodePort) return;
    const key = `${protocol}/${nodePort}`;
    if (seen.has(key)) errors.push(duplicate(path.index(i).child('nodePort'), nodePort));
    seen.add(key);
  });
  return errors;
}

function duplicatePortErrors(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ protocol, port }, i) => {
    const key = `${protocol}/${port}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    // The internal type of a port in Go, with the two fields that matter.
    return [duplicate(SPEC.child('ports').index(i), { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 })];
  });
}

function sourceRangeErrors(service: Service, old: Service | undefined): FieldError[] {
  const ranges = service.spec.loadBalancerSourceRanges ?? [];
  const annotation = service.metadata.annotations?.[SOURCE_RANGES];
  if (ranges.length > 0) {
    const path = SPEC.child('LoadBalancerSourceRanges');
    const before = (old?.spec.loadBalancerSourceRanges ?? []).map((range) => range.trim());
    return [...(isLoadBalancer(service) ? [] : [forbidden(path, LOAD_BALANCER_ONLY)]), ...ranges.flatMap((range, i) => validateCidrForLegacyField(path.index(i), range.trim(), true, before))];
  }
  if (annotation === undefined) return [];
  const path = Path.of('metadata', 'annotations').key(SOURCE_RANGES);
  const unchanged = old?.metadata.annotations?.[SOURCE_RANGES] === annotation;
  const blocks = unchanged || annotation.trim() === '' ? [] : annotation.trim().split(',');
  return [...(isLoadBalancer(service) ? [] : [forbidden(path, LOAD_BALANCER_ONLY)]), ...blocks.flatMap((block) => validateCidrForLegacyField(path, block.trim(), true))];
}

function loadBalancerClassErrors(service: Service, old: Service | undefined): FieldError[] {
  const path = SPEC.child('loadBalancerClass');
  const value = service.spec.loadBalancerClass;
  const errors: FieldError[] = [];
  if (old && isLoadBalancer(old) && isLoadBalancer(service) && old.spec.loadBalancerClass !== value) errors.push(invalid(path, value, 'may not change once set'));
  if (value === undefined) return errors;
  return [...errors, ...(isLoadBalancer(service) ? isQualifiedName(value).map((text) => invalid(path, value, text)) : [forbidden(path, LOAD_BALANCER_ONLY)])];
}

function trafficErrors(service: Service): FieldError[] {
  const { externalTrafficPolicy: external, internalTrafficPolicy: internal, healthCheckNodePort: port, trafficDistribution: distribution } = service.spec;
  const errors: FieldError[] = [];
  const externalPath = SPEC.child('externalTrafficPolicy');
  if (!externallyAccessible(service)) {
    if (external) errors.push(invalid(externalPath, external, 'may only be set for externally-accessible services'));
  } else if (!external) errors.push(required(externalPath));
  else if (!POLICIES.includes(external)) errors.push(notSupported(externalPath, external, POLICIES));
  const portPath = SPEC.child('healthCheckNodePort');
  if (port) {
    if (needsHealthCheckPort(service)) errors.push(...isPortNumber(port).map((text) => invalid(portPath, port, text)));
    else errors.push(invalid(portPath, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
  }
  if (internal !== undefined && !POLICIES.includes(internal)) errors.push(notSupported(SPEC.child('internalTrafficPolicy'), internal, POLICIES));
  if (distribution !== undefined && !DISTRIBUTIONS.includes(distribution)) errors.push(notSupported(SPEC.child('trafficDistribution'), distribution, DISTRIBUTIONS));
  return errors;
}

/** Errors of a status: addresses that a load balancer reports. */
export function validateStatus(service: Service, old: Service): FieldError[] {
  const path = Path.of('status', 'loadBalancer', 'ingress');
  const list = service.status?.loadBalancer?.ingress ?? [];
  if (!isLoadBalancer(service) && list.length > 0) return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  const known = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return list.flatMap(({ ip = '', ipMode, hostname = '' }, i) => {
    const at = path.index(i);
    const errors: FieldError[] = [];
    if (ip !== '') errors.push(...validateIpForLegacyField(at.child('ip'), ip, true, known));
    if (ipMode === undefined) {
      if (ip !== '') errors.push(required(at.child('ipMode'), 'must be specified when `ip` is set'));
    } else if (ip === '') errors.push(forbidden(at.child('ipMode'), 'may not be specified when `ip` is not set'));
    else if (ipMode !== 'VIP' && ipMode !== 'Proxy') errors.push(notSupported(at.child('ipMode'), ipMode, ['Proxy', 'VIP']));
    if (hostname !== '') {
      errors.push(...isDns1123Subdomain(hostname).map((text) => invalid(at.child('hostname'), hostname, text)));
      if (parseIp(hostname)) errors.push(invalid(at.child('hostname'), hostname, 'must be a DNS name, not an IP address'));
    }
    return errors;
  });
}
