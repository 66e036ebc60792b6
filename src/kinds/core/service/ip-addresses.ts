import { formatIp, parseIp } from '../../../api/ip.js';
import type { Service } from '../../../api/types/core-v1.js';
import type { IPAddress } from '../../../api/types/networking-v1.js';
import type { Reader } from '../../../watch/types.js';
import { addressesOf } from './facts.js';

const PREFIX = 'networking.k8s.io/ipaddresses/';
const OWNED = { 'f:metadata': { 'f:labels': { '.': {}, 'f:ipaddress.kubernetes.io/ip-family': {}, 'f:ipaddress.kubernetes.io/managed-by': {} } }, 'f:spec': { 'f:parentRef': { '.': {}, 'f:name': {}, 'f:namespace': {}, 'f:resource': {} } } };

/** The IPAddresses of a Service: one for each cluster IP, which reserves it (KEP-1880). */
export function ipAddressesOf(service: Service, now: string): IPAddress[] {
  const { name, namespace = '' } = service.metadata;
  return addressesOf(service).map((address) => ({
    kind: 'IPAddress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: {
      name: canonicalIp(address),
      labels: { 'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
      managedFields: [{ manager: 'kube-apiserver', operation: 'Update', apiVersion: 'networking.k8s.io/v1', time: now, fieldsType: 'FieldsV1', fieldsV1: OWNED }],
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  }));
}

/** Whether somebody has reserved the address. */
export const isReserved = (address: string, reader: Reader): boolean => reader.get(PREFIX + canonicalIp(address)) !== undefined;

function canonicalIp(address: string): string {
  const ip = parseIp(address);
  return ip ? formatIp(ip) : address;
}
