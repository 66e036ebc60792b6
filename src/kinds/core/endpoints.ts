import { invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { validateIpForLegacyField, warningsForIp } from '../../api/ip.js';
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isQualifiedName } from '../../api/names.js';
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset } from '../../api/types/core-v1.js';
import { endpointIpErrors } from '../common/endpoint-ip.js';
import { semanticEqual } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MANAGED_BY_CONTROLLER = 'endpoints-controller';

function addressErrors(address: EndpointAddress, path: Path): FieldError[] {
  const { ip, hostname, nodeName } = address;
  return [
    ...validateIpForLegacyField(path.child('ip'), ip, true),
    ...(hostname ? isDns1123Label(hostname).map((text) => invalid(path.child('hostname'), hostname, text)) : []),
    ...(nodeName === undefined ? [] : isDns1123Subdomain(nodeName).map((text) => invalid(path.child('nodeName'), nodeName, text))),
    ...endpointIpErrors(ip, path.child('ip')),
  ];
}

function portErrors(port: EndpointPort, nameRequired: boolean, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { name, appProtocol, protocol } = port;
  if (name) errors.push(...isDns1123Label(name).map((text) => invalid(path.child('name'), name, text)));
  else if (nameRequired) errors.push(required(path.child('name')));
  errors.push(...isPortNumber(port.port).map((text) => invalid(path.child('port'), port.port, text)));
  if (!protocol) errors.push(required(path.child('protocol')));
  else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(path.child('protocol'), protocol, PROTOCOLS));
  if (appProtocol !== undefined) errors.push(...isQualifiedName(appProtocol).map((text) => invalid(path.child('appProtocol'), appProtocol, text)));
  return errors;
}

function subsetErrors(subset: EndpointSubset, path: Path): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  return [
    ...(addresses.length === 0 && notReadyAddresses.length === 0 ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...addresses.flatMap((address, i) => addressErrors(address, path.child('addresses').index(i))),
    ...notReadyAddresses.flatMap((address, i) => addressErrors(address, path.child('notReadyAddresses').index(i))),
    ...ports.flatMap((port, i) => portErrors(port, ports.length > 1, path.child('ports').index(i))),
  ];
}

const validate = (endpoints: Endpoints): FieldError[] => (endpoints.subsets ?? []).flatMap((subset, i) => subsetErrors(subset, Path.of('subsets').index(i)));

function warnings(endpoints: Endpoints): string[] {
  if (endpoints.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === MANAGED_BY_CONTROLLER) return [];
  return (endpoints.subsets ?? []).flatMap((subset, i) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap((list) => (subset[list] ?? []).flatMap((address, j) => warningsForIp(Path.of('subsets').index(i).child(list).index(j).child('ip'), address.ip))),
  );
}

/** `10.0.0.1:80,10.0.0.2:80 + 3 more...` */
function endpointsCell(endpoints: Endpoints): string {
  const subsets = endpoints.subsets ?? [];
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map((a) => a.ip) : ports.flatMap((port) => addresses.map((a) => (a.ip.includes(':') ? `[${a.ip}]:${port.port}` : `${a.ip}:${port.port}`))),
  );
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',');
}

export const endpointsKind = defineKind<Endpoints>(
  { group: '', version: 'v1', kind: 'Endpoints' },
  {
    deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    strategy: {
      generation: 'none',
      allowCreateOnUpdate: true,
      defaults(endpoints) {
        for (const subset of endpoints.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
      },
      validate,
      // What an older server stored may stay as it is.
      validateUpdate: (endpoints, old) => (semanticEqual(endpoints.subsets, old.subsets) ? [] : validate(endpoints)),
      warnings,
    },
    cells: (endpoints, nowMs) => [endpoints.metadata.name, endpointsCell(endpoints), age(endpoints.metadata.creationTimestamp, nowMs)],
  },
);
