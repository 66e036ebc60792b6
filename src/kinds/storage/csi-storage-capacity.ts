import { invalid, Path, type FieldError } from '../../api/field.js';
import { nameIsDnsSubdomain } from '../../api/names.js';
import { Quantity } from '../../api/quantity.js';
import type { LabelSelector } from '../../api/types/meta-v1.js';
import type { CSIStorageCapacity } from '../../api/types/storage-v1.js';
import { immutableField } from '../common/equality.js';
import { nodeSelectorTermWarnings } from '../common/node-selector-warnings.js';
import { immutableSelector } from '../common/workload.js';
import { defineKind } from '../define-kind.js';
import { validateLabelSelector } from '../shared/label-validation.js';
import { deprecatedNodeLabel } from '../shared/node-labels.js';
import { NEGATIVE_TEXT } from '../shared/simple-checks.js';

const TOPOLOGY = Path.of('nodeTopology');
const CLASS = Path.of('storageClassName');

function errorsOf({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity, old?: CSIStorageCapacity): FieldError[] {
  const allowInvalidValues = old !== undefined && validateLabelSelector(old.nodeTopology, TOPOLOGY).length > 0;
  return [
    ...validateLabelSelector(nodeTopology, TOPOLOGY, { allowInvalidValues }),
    ...nameIsDnsSubdomain(storageClassName, false).map((text) => invalid(CLASS, storageClassName, text)),
    ...(capacity !== undefined && Quantity.parse(capacity).sign < 0 ? [invalid(Path.of('capacity'), capacity, NEGATIVE_TEXT)] : []),
  ];
}

function topologyWarnings(selector: LabelSelector | undefined): string[] {
  const labels = Object.keys(selector?.matchLabels ?? {}).flatMap((key) => {
    const why = deprecatedNodeLabel(key);
    return why === undefined ? [] : [`${String(TOPOLOGY.child('matchLabels', key))}: ${why}`];
  });
  return [...nodeSelectorTermWarnings({ matchExpressions: selector?.matchExpressions ?? [] }, TOPOLOGY), ...labels];
}

/** CSIStorageCapacities: how much room a driver has left where (KEP-1472). */
export const csiStorageCapacityKind = defineKind<CSIStorageCapacity>(
  { group: 'storage.k8s.io', version: 'v1', kind: 'CSIStorageCapacity' },
  {
    strategy: {
      generation: 'none',
      allowUnconditionalUpdate: false,
      validate: (capacity) => errorsOf(capacity),
      validateUpdate: (capacity, old) => [
        ...errorsOf(capacity, old),
        ...immutableSelector(capacity.nodeTopology, old.nodeTopology, TOPOLOGY),
        ...immutableField(capacity.storageClassName, old.storageClassName, CLASS),
      ],
      warnings: ({ nodeTopology }) => topologyWarnings(nodeTopology),
    },
  },
);
