import { invalid, Path, required, type FieldError } from '../../api/field.js';
import { parseCidr, validateCidr } from '../../api/ip.js';
import type { ServiceCIDR } from '../../api/types/networking-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { IMMUTABLE_TEXT } from '../common/equality.js';
import { keepMetadata } from '../common/keep-metadata.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';

const CIDRS = Path.of('spec', 'cidrs');

const cidrsOf = ({ spec }: ServiceCIDR): readonly string[] => spec?.cidrs ?? [];

function errorsOf(range: ServiceCIDR): FieldError[] {
  const cidrs = cidrsOf(range);
  if (cidrs.length === 0) return [required(CIDRS, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(CIDRS, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => validateCidr(CIDRS.index(i), cidr));
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.family);
  if (cidrs.length === 2 && first !== undefined && first === second) {
    errors.push(invalid(CIDRS, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  }
  return errors;
}

/** A second family may be added; nothing else changes. */
function updateErrors(range: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const [cidrs, before] = [cidrsOf(range), cidrsOf(old)];
  const changed = before.flatMap((cidr, i) => (cidrs[i] === cidr ? [] : [invalid(CIDRS.index(i), cidrs[i], IMMUTABLE_TEXT)]));
  if (cidrs.length === before.length) return changed;
  if (before.length === 1 && cidrs.length === 2) return [...changed, ...errorsOf(range)];
  return [invalid(CIDRS, cidrs.length > 0 ? cidrs : null, IMMUTABLE_TEXT)];
}

const strategy: Strategy<ServiceCIDR> = {
  generation: 'none',
  prepareForCreate(range) {
    range.status = {};
  },
  validate: errorsOf,
  validateUpdate: updateErrors,
};

/** Its metadata is not the status route's to change. */
const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(range, old) {
    range.spec = old.spec;
    keepMetadata(range, old);
  },
  resetFields: [['metadata'], ['spec']],
});

/** ServiceCIDRs: the ranges that addresses of Services come from (KEP-1880). */
export const serviceCidrKind = defineKind<ServiceCIDR>(
  { group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
    cells: (range, nowMs) => [range.metadata.name, cidrsOf(range).join(','), age(range.metadata.creationTimestamp, nowMs)],
  },
);
