import { invalid, Path, type FieldError } from '../../api/field.js';
import type { Lease } from '../../api/types/coordination-v1.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';

/** `strategy` and `preferredHolder` belong to coordinated leader election, which is off in v1.36. */
function dropDisabledFields(lease: Lease, old?: Lease): void {
  const { spec } = lease;
  if (!spec) return;
  if (old?.spec?.strategy === undefined) delete spec.strategy;
  if (old?.spec?.preferredHolder === undefined) delete spec.preferredHolder;
}

function validate({ spec }: Lease): FieldError[] {
  const path = Path.of('spec');
  const errors: FieldError[] = [];
  if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) errors.push(invalid(path.child('leaseDurationSeconds'), spec.leaseDurationSeconds, 'must be greater than 0'));
  if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0) errors.push(invalid(path.child('leaseTransitions'), spec.leaseTransitions, 'must be greater than or equal to 0'));
  return errors;
}

export const leaseKind = defineKind<Lease>(
  { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
  {
    strategy: {
      metadata: 'lenient',
      generation: 'none',
      allowCreateOnUpdate: true,
      allowUnconditionalUpdate: false,
      prepareForCreate: (lease) => dropDisabledFields(lease),
      prepareForUpdate: (lease, old) => dropDisabledFields(lease, old),
      validate,
      validateUpdate: validate,
    },
    cells: (lease, nowMs) => [lease.metadata.name, lease.spec?.holderIdentity ?? '', age(lease.metadata.creationTimestamp, nowMs)],
  },
);
