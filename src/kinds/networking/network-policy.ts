import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { cidrContains, parseCidr, validateCidrForLegacyField, warningsForCidr } from '../../api/ip.js';
import { isPortName, isPortNumber } from '../../api/names.js';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../api/types/networking-v1.js';
import { age, selectorCell } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { validateLabelSelector } from '../shared/label-validation.js';

const SPEC = Path.of('spec');
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TYPES = ['Ingress', 'Egress'];

/** What stored policies may keep although it is not allowed any more. */
interface Tolerated {
  readonly allowInvalidValues: boolean;
  readonly cidrs: readonly string[];
}

/** The rules of both directions in one form. */
const rulesOf = ({ spec }: NetworkPolicy): Array<{ path: Path; ports: NetworkPolicyPort[]; peers: NetworkPolicyPeer[]; peersName: 'from' | 'to' }> => [
  ...(spec?.ingress ?? []).map(({ from, ports }, i) => ({ path: SPEC.child('ingress').index(i), ports: ports ?? [], peers: from ?? [], peersName: 'from' as const })),
  ...(spec?.egress ?? []).map(({ to, ports }, i) => ({ path: SPEC.child('egress').index(i), ports: ports ?? [], peers: to ?? [], peersName: 'to' as const })),
];

function defaults(policy: NetworkPolicy): void {
  policy.spec ??= { podSelector: {} };
  policy.spec.podSelector ??= {};
  for (const { ports } of rulesOf(policy)) for (const port of ports) port.protocol ??= 'TCP';
  if ((policy.spec.policyTypes ?? []).length === 0) policy.spec.policyTypes = (policy.spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function portErrors({ protocol, port, endPort }: NetworkPolicyPort, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) errors.push(notSupported(path.child('protocol'), protocol, PROTOCOLS));
  const [at, end] = [path.child('port'), path.child('endPort')];
  if (typeof port === 'number') {
    errors.push(...isPortNumber(port).map((text) => invalid(at, port, text)));
    if (endPort === undefined) return errors;
    if (endPort < port) errors.push(invalid(end, port, 'must be greater than or equal to `port`'));
    return [...errors, ...isPortNumber(endPort).map((text) => invalid(end, endPort, text))];
  }
  if (endPort !== undefined) errors.push(invalid(end, endPort, `may not be specified when \`port\` is ${port === undefined ? 'not specified' : 'non-numeric'}`));
  return port === undefined ? errors : [...errors, ...isPortName(port).map((text) => invalid(at, port, text))];
}

function blockErrors({ cidr, except = [] }: IPBlock, path: Path, { cidrs }: Tolerated): FieldError[] {
  const at = path.child('cidr');
  if (!cidr) return [required(at)];
  const errors = validateCidrForLegacyField(at, cidr, true, cidrs);
  const block = parseCidr(cidr);
  if (!block) return errors;
  for (const [i, text] of except.entries()) {
    const exceptPath = path.child('except').index(i);
    errors.push(...validateCidrForLegacyField(exceptPath, text, true, cidrs));
    const part = parseCidr(text);
    if (!part) continue;
    const inside = cidrContains(block, { family: part.family, value: part.network }) && block.prefixLength < part.prefixLength;
    if (!inside) errors.push(invalid(exceptPath, text, 'must be a strict subset of `cidr`'));
  }
  return errors;
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: Path, tolerated: Tolerated): FieldError[] {
  const errors = [...validateLabelSelector(podSelector, path.child('podSelector'), tolerated), ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector'), tolerated)];
  if (ipBlock) errors.push(...blockErrors(ipBlock, path.child('ipBlock'), tolerated));
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(path, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector)) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
  return errors;
}

const blocksOf = (policy: NetworkPolicy): Array<{ block: IPBlock; path: Path }> =>
  rulesOf(policy).flatMap(({ path, peers, peersName }) => peers.flatMap(({ ipBlock }, j) => (ipBlock ? [{ block: ipBlock, path: path.child(peersName).index(j).child('ipBlock') }] : [])));

function errorsOf(policy: NetworkPolicy, old?: NetworkPolicy): FieldError[] {
  const tolerated: Tolerated = {
    allowInvalidValues: old !== undefined && validateLabelSelector(old.spec?.podSelector, SPEC).length > 0,
    cidrs: old ? blocksOf(old).flatMap(({ block }) => [block.cidr, ...(block.except ?? [])]) : [],
  };
  const errors = validateLabelSelector(policy.spec?.podSelector, SPEC.child('podSelector'), tolerated);
  for (const { path, ports, peers, peersName } of rulesOf(policy)) {
    errors.push(...ports.flatMap((port, i) => portErrors(port, path.child('ports').index(i))));
    errors.push(...peers.flatMap((peer, i) => peerErrors(peer, path.child(peersName).index(i), tolerated)));
  }
  const types = policy.spec?.policyTypes ?? [];
  const at = SPEC.child('policyTypes');
  if (types.length > TYPES.length) return [...errors, invalid(at, types, 'may not specify more than two policyTypes')];
  return [...errors, ...types.flatMap((type, i) => (TYPES.includes(type) ? [] : [notSupported(at.index(i), type, TYPES)]))];
}

/** NetworkPolicies: https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
export const networkPolicyKind = defineKind<NetworkPolicy>(
  { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
  {
    strategy: {
      generation: 'spec',
      defaults,
      validate: (policy) => errorsOf(policy),
      validateUpdate: errorsOf,
      warnings: (policy) =>
        blocksOf(policy).flatMap(({ block, path }) => [
          ...warningsForCidr(path.child('cidr'), block.cidr),
          ...(block.except ?? []).flatMap((text, i) => warningsForCidr(path.child('except').index(i), text)),
        ]),
    },
    cells: ({ metadata, spec }, nowMs) => [metadata.name, selectorCell(spec?.podSelector), age(metadata.creationTimestamp, nowMs)],
  },
);
