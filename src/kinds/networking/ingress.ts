import { invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { parseIp, validateIpForLegacyField, warningsForIp } from '../../api/ip.js';
import { isDns1123Subdomain, isPortName, isPortNumber, isWildcardDns1123Subdomain, nameIsDnsLabel, nameIsDnsSubdomain } from '../../api/names.js';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS } from '../../api/types/networking-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { age } from '../common/printing.js';
import { typedReferenceErrors } from '../common/references.js';
import { defineKind, statusStrategy } from '../define-kind.js';

const SPEC = Path.of('spec');
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const FORBIDDEN_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const FORBIDDEN_ENDS = ['/..', '/.'];
const NOT_A_NAME = 'must be a DNS name, not an IP address';

function hostErrors(host: string, path: Path): FieldError[] {
  return (host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host)).map((text) => invalid(path, host, text));
}

function backendErrors({ resource, service }: IngressBackend, path: Path): FieldError[] {
  if (resource && service) return [invalid(path, '', 'cannot set both resource and service backends')];
  if (resource) return typedReferenceErrors(resource, path.child('resource'));
  if (!service) return [invalid(path, '', 'resource or service backend is required')];
  const name = path.child('service', 'name');
  const errors = service.name ? nameIsDnsLabel(service.name, false).map((text) => invalid(name, service.name, text)) : [required(name)];
  const { name: portName = '', number = 0 } = service.port ?? {};
  const port = path.child('service', 'port');
  if (portName && number !== 0) errors.push(invalid(path, '', 'cannot set both port name & port number'));
  else if (portName) errors.push(...isPortName(portName).map((text) => invalid(port.child('name'), portName, text)));
  else if (number !== 0) errors.push(...isPortNumber(number).map((text) => invalid(port.child('number'), number, text)));
  else errors.push(required(path, 'port name or number is required'));
  return errors;
}

function pathErrors({ path: text = '', pathType: type, backend }: HTTPIngressPath, path: Path): FieldError[] {
  // A pointer that prints always: null where it was left out.
  const pathType = type as string | null | undefined;
  if (pathType === undefined || pathType === null) return [required(path.child('pathType'), 'pathType must be specified')];
  const errors: FieldError[] = [];
  const at = path.child('path');
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(path.child('pathType'), pathType, PATH_TYPES));
  else {
    const free = pathType === 'ImplementationSpecific';
    if (!text.startsWith('/') && !(free && text === '')) errors.push(invalid(at, text, 'must be an absolute path'));
    if (!free) {
      for (const sequence of FORBIDDEN_SEQUENCES) if (text.includes(sequence)) errors.push(invalid(at, text, `must not contain '${sequence}'`));
      for (const end of FORBIDDEN_ENDS) if (text.endsWith(end)) errors.push(invalid(at, text, `cannot end with '${end}'`));
    }
  }
  return [...errors, ...backendErrors(backend, path.child('backend'))];
}

function httpErrors({ http }: IngressRule, path: Path): FieldError[] {
  if (!http) return [];
  const at = path.child('http', 'paths');
  return [...(http.paths.length === 0 ? [required(at)] : []), ...http.paths.flatMap((item, i) => pathErrors(item, at.index(i)))];
}

/** What stored objects may keep although it is not allowed any more. */
interface Tolerated {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

const secretNameErrors = ({ secretName = '' }: IngressTLS): string[] => (secretName ? nameIsDnsSubdomain(secretName, false) : []);

function toleratedOf(old: Ingress | undefined): Tolerated {
  return {
    secretNames: (old?.spec?.tls ?? []).some((tls) => secretNameErrors(tls).length > 0),
    wildcardRules: (old?.spec?.rules ?? []).some((rule) => (rule.host ?? '').includes('*') && httpErrors(rule, SPEC).length > 0),
  };
}

function ruleErrors(rule: IngressRule, path: Path, tolerated: Tolerated): FieldError[] {
  const { host = '' } = rule;
  const at = path.child('host');
  const errors = host && parseIp(host) ? [invalid(at, host, NOT_A_NAME)] : [];
  if (host) errors.push(...hostErrors(host, at));
  return host.includes('*') && tolerated.wildcardRules ? errors : [...errors, ...httpErrors(rule, path)];
}

function specErrors({ spec }: Ingress, old?: Ingress): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec ?? {};
  const tolerated = toleratedOf(old);
  const [rulesPath, tlsPath] = [SPEC.child('rules'), SPEC.child('tls')];
  const errors: FieldError[] = [];
  if (rules.length === 0 && !defaultBackend) errors.push(invalid(SPEC, spec?.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (defaultBackend) errors.push(...backendErrors(defaultBackend, SPEC.child('defaultBackend')));
  errors.push(...rules.flatMap((rule, i) => ruleErrors(rule, rulesPath.index(i), tolerated)));
  for (const [i, item] of tls.entries()) {
    const at = tlsPath.index(i);
    errors.push(...(item.hosts ?? []).flatMap((host, j) => hostErrors(host, at.child('hosts').index(j))));
    if (!tolerated.secretNames) errors.push(...secretNameErrors(item).map((text) => invalid(at.child('secretName'), item.secretName, text)));
  }
  if (ingressClassName !== undefined) errors.push(...nameIsDnsSubdomain(ingressClassName, false).map((text) => invalid(SPEC.child('ingressClassName'), ingressClassName, text)));
  return errors;
}

function classErrors({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  if (annotation === undefined || spec?.ingressClassName === undefined || annotation === spec.ingressClassName) return [];
  return [invalid(Path.of('annotations', CLASS_ANNOTATION), annotation, 'must match `ingressClassName` when both are specified')];
}

const addressesOf = (ingress: Ingress) => ingress.status?.loadBalancer?.ingress ?? [];
const ADDRESSES = Path.of('status', 'loadBalancer', 'ingress');

function statusErrors(ingress: Ingress, old: Ingress): FieldError[] {
  const known = addressesOf(old).flatMap(({ ip }) => (ip ? [ip] : []));
  return addressesOf(ingress).flatMap(({ ip, hostname }, i) => {
    const at = ADDRESSES.index(i);
    const errors = ip ? validateIpForLegacyField(at.child('ip'), ip, true, known) : [];
    if (!hostname) return errors;
    const name = at.child('hostname');
    return [...errors, ...isDns1123Subdomain(hostname).map((text) => invalid(name, hostname, text)), ...(parseIp(hostname) ? [invalid(name, hostname, NOT_A_NAME)] : [])];
  });
}

/** The hosts of the first rules, and how many rules there are beyond. */
function hostsCell(rules: readonly IngressRule[]): string {
  const shown: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (shown.length === 3) more = true;
    else if (host) shown.push(host);
  }
  if (shown.length === 0) return '*';
  return more ? `${shown.join(',')} + ${rules.length - 3} more...` : shown.join(',');
}

const strategy: Strategy<Ingress> = {
  generation: 'spec',
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  validate: (ingress) => [...specErrors(ingress), ...classErrors(ingress)],
  validateUpdate: specErrors,
  warnings({ metadata, spec }, old) {
    const deprecated = !old && metadata.annotations?.[CLASS_ANNOTATION] !== undefined && spec?.ingressClassName === undefined;
    return deprecated ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`] : [];
  },
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  validateUpdate: statusErrors,
  warnings: (ingress) => addressesOf(ingress).flatMap(({ ip }, i) => (ip ? warningsForIp(ADDRESSES.index(i), ip) : [])),
});

/** Ingresses: https://kubernetes.io/docs/concepts/services-networking/ingress/ */
export const ingressKind = defineKind<Ingress>(
  { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
    cells(ingress, nowMs) {
      const { metadata, spec } = ingress;
      const addresses = new Set(addressesOf(ingress).map(({ ip, hostname }) => ip || hostname || ''));
      addresses.delete('');
      return [
        metadata.name,
        spec?.ingressClassName ?? '<none>',
        hostsCell(spec?.rules ?? []),
        [...addresses].sort().join(','),
        (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
        age(metadata.creationTimestamp, nowMs),
      ];
    },
  },
);
