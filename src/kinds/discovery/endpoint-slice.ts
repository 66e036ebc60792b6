import { duplicate, invalid, notSupported, Path, required, tooMany, type FieldError } from '../../api/field.js';
import { parseIp, validateIp, validateIpForLegacyField, warningsForIp } from '../../api/ip.js';
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../api/names.js';
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../api/types/discovery-v1.js';
import { fullyQualifiedDomainErrors } from '../common/domain-names.js';
import { endpointIpErrors } from '../common/endpoint-ip.js';
import { immutableField, semanticEqual } from '../common/equality.js';
import { validateLabels } from '../shared/label-validation.js';
import { age, firstThree } from '../common/printing.js';
import { defineKind } from '../define-kind.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20_000;
const MAX_ADDRESSES = 100;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;
const CONTROLLERS = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'];

function addressTypeErrors({ addressType }: EndpointSlice): FieldError[] {
  const path = Path.of('addressType');
  if (!addressType) return [required(path)];
  return ADDRESS_TYPES.includes(addressType) ? [] : [notSupported(path, addressType, ADDRESS_TYPES)];
}

function portErrors(ports: readonly EndpointPort[], path: Path): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany(path, ports.length, MAX_PORTS)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  ports.forEach(({ name = '', protocol, appProtocol }, i) => {
    const at = path.index(i);
    if (name) errors.push(...isDns1123Label(name).map((text) => invalid(at.child('name'), name, text)));
    if (names.has(name)) errors.push(duplicate(at.child('name'), name));
    names.add(name);
    if (protocol === undefined) errors.push(required(at.child('protocol')));
    else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(at.child('protocol'), protocol, PROTOCOLS));
    if (appProtocol !== undefined) errors.push(...isQualifiedName(appProtocol).map((text) => invalid(at.child('appProtocol'), appProtocol, text)));
  });
  return errors;
}

function addressErrors(address: string, type: string, list: Path, path: Path): FieldError[] {
  switch (type) {
    case 'IPv4':
    case 'IPv6': {
      const malformed = type === 'IPv4' ? validateIpForLegacyField(path, address, true) : validateIp(path, address);
      if (malformed.length > 0) return malformed;
      const other = parseIp(address)?.family !== (type === 'IPv4' ? 4 : 6);
      return [...(other ? [invalid(list, address, `must be an ${type} address`)] : []), ...endpointIpErrors(address, path)];
    }
    case 'FQDN':
      return fullyQualifiedDomainErrors(address, path);
    default:
      return [];
  }
}

function hintErrors(hints: EndpointHints, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const check = (field: 'forZones' | 'forNodes', nameErrors: (name: string) => string[]): boolean => {
    const list = hints[field] ?? [];
    if (list.length > MAX_HINTS) {
      errors.push(tooMany(path.child(field), list.length, MAX_HINTS));
      return false;
    }
    const names = new Set<string>();
    list.forEach(({ name }, i) => {
      const at = path.child(field).index(i).child('name');
      if (names.has(name)) errors.push(duplicate(at, name));
      names.add(name);
      errors.push(...nameErrors(name).map((text) => invalid(at, name, text)));
    });
    return true;
  };
  if (check('forZones', isLabelValue)) check('forNodes', isDns1123Subdomain);
  return errors;
}

function endpointErrors(endpoint: Endpoint, type: string, path: Path): FieldError[] {
  const { addresses, nodeName, deprecatedTopology = {}, hostname, hints } = endpoint;
  const at = path.child('addresses');
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(at, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(at, addresses.length, MAX_ADDRESSES));
  addresses.forEach((address, i) => errors.push(...addressErrors(address, type, at, at.index(i))));
  if (nodeName !== undefined) errors.push(...isDns1123Subdomain(nodeName).map((text) => invalid(path.child('nodeName'), nodeName, text)));
  const topology = path.child('deprecatedTopology');
  const labels = Object.keys(deprecatedTopology).length;
  if (labels > MAX_TOPOLOGY_LABELS) errors.push(tooMany(topology, labels, MAX_TOPOLOGY_LABELS));
  errors.push(...validateLabels(deprecatedTopology, topology));
  if (hostname !== undefined) errors.push(...isDns1123Label(hostname).map((text) => invalid(path.child('hostname'), hostname, text)));
  if (hints) errors.push(...hintErrors(hints, path.child('hints')));
  return errors;
}

function endpointsErrors({ endpoints, addressType }: EndpointSlice): FieldError[] {
  const path = Path.of('endpoints');
  const list = endpoints ?? [];
  if (list.length > MAX_ENDPOINTS) return [tooMany(path, list.length, MAX_ENDPOINTS)];
  return list.flatMap((endpoint, i) => endpointErrors(endpoint, addressType, path.index(i)));
}

function validate(slice: EndpointSlice, old?: EndpointSlice): FieldError[] {
  return [
    ...addressTypeErrors(slice),
    ...portErrors(slice.ports ?? [], Path.of('ports')),
    // What an older server stored may stay as it is.
    ...(old && semanticEqual(old.endpoints, slice.endpoints) ? [] : endpointsErrors(slice)),
  ];
}

/** Topology labels belong to v1beta1; clients of v1 cannot set them. */
function dropTopology(slice: EndpointSlice): void {
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology;
}

function contentOf(slice: EndpointSlice): unknown {
  const { metadata, ...content } = slice;
  return { ...content, labels: metadata.labels };
}

function ipWarnings(slice: EndpointSlice): string[] {
  if (CONTROLLERS.includes(slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) return [];
  return (slice.endpoints ?? []).flatMap((endpoint, i) => (endpoint.addresses ?? []).flatMap((address, j) => warningsForIp(Path.of('endpoints').index(i).child('addresses').index(j), address)));
}

export const endpointSliceKind = defineKind<EndpointSlice>(
  { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' },
  {
    strategy: {
      // Counted here: labels count as content too, since kube-proxy finds slices by them.
      generation: 'none',
      defaults(slice) {
        for (const port of slice.ports ?? []) {
          port.name ??= '';
          port.protocol ??= 'TCP';
        }
      },
      prepareForCreate(slice) {
        slice.metadata.generation = 1;
        dropTopology(slice);
      },
      prepareForUpdate(slice, old) {
        const changed = !semanticEqual(contentOf(slice), contentOf(old));
        slice.metadata.generation = (old.metadata.generation ?? 0) + (changed ? 1 : 0);
        if (!semanticEqual(slice.endpoints, old.endpoints)) dropTopology(slice);
      },
      validate: (slice) => validate(slice),
      validateUpdate: (slice, old) => [...validate(slice, old), ...immutableField(slice.addressType ?? '', old.addressType, Path.of('addressType'))],
      warnings(slice, old) {
        const deprecated = !old && slice.addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : [];
        return [...deprecated, ...ipWarnings(slice)];
      },
    },
    cells: (slice, nowMs) => [
      slice.metadata.name,
      slice.addressType,
      firstThree((slice.ports ?? []).map((port) => (port.port === undefined ? (port.name ?? '*') : String(port.port))), '<unset>'),
      firstThree((slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []), '<unset>'),
      age(slice.metadata.creationTimestamp, nowMs),
    ],
  },
);
