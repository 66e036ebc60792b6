import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../api/types/core-v1.js';
import type { EndpointPort as SlicePort } from '../../api/types/discovery-v1.js';

/**
 * Kubernetes orders ports and subsets by the FNV-1a hash of how Go prints them (k8s.io/apimachinery/pkg/util/dump), so
 * kubectl shows them in that order. These are the prints of the types at hand.
 */

const OFFSET = 0x6c62272e07bb014262b821756295c58dn;
const PRIME = 0x0000000001000000000000000000013bn;
const MASK = (1n << 128n) - 1n;

/** 128-bit FNV-1a in hexadecimal. */
export function fnv128a(text: string): string {
  let hash = OFFSET;
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  return hash.toString(16).padStart(32, '0');
}

export function dumpPort(port: EndpointPort): string {
  return `(v1.EndpointPort)${portFields(port)}`;
}

export function dumpSlicePort({ name, protocol, port, appProtocol }: SlicePort): string {
  return `(v1.EndpointPort){Name:${pointer('string', name)} Protocol:${pointer('v1.Protocol', protocol)} Port:${pointer('int32', port)} AppProtocol:${pointer('string', appProtocol)}}`;
}

export function dumpSubset({ addresses, notReadyAddresses, ports }: EndpointSubset): string {
  const list = <T>(type: string, items: readonly T[] | undefined, print: (item: T) => string): string => `([]v1.${type})${items?.length ? `[${items.map(print).join(' ')}]` : '<nil>'}`;
  return `(v1.EndpointSubset){Addresses:${list('EndpointAddress', addresses, addressFields)} NotReadyAddresses:${list('EndpointAddress', notReadyAddresses, addressFields)} Ports:${list('EndpointPort', ports, portFields)}}`;
}

function portFields({ name = '', port, protocol = 'TCP', appProtocol }: EndpointPort): string {
  return `{Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol} AppProtocol:${pointer('string', appProtocol)}}`;
}

function addressFields({ ip, hostname = '', nodeName, targetRef: ref }: EndpointAddress): string {
  const target = ref
    ? `(*v1.ObjectReference){Kind:(string)${ref.kind ?? ''} Namespace:(string)${ref.namespace ?? ''} Name:(string)${ref.name ?? ''} UID:(types.UID)${ref.uid ?? ''} APIVersion:(string)${ref.apiVersion ?? ''} ResourceVersion:(string)${ref.resourceVersion ?? ''} FieldPath:(string)${ref.fieldPath ?? ''}}`
    : '(*v1.ObjectReference)<nil>';
  return `{IP:(string)${ip} Hostname:(string)${hostname} NodeName:${pointer('string', nodeName)} TargetRef:${target}}`;
}

function pointer(type: string, value: string | number | undefined): string {
  return `(*${type})${value ?? '<nil>'}`;
}
