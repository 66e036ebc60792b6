import { duplicate, invalid, Path, required, type FieldError } from '../../api/field.js';
import type { CSINode, CSINodeDriver } from '../../api/types/storage-v1.js';
import { IMMUTABLE_TEXT, semanticEqual } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { validateNonNegative, validateQualifiedName } from '../shared/simple-checks.js';
import { validateCsiDriverName } from '../shared/volume-source-validation.js';

const DRIVERS = Path.of('spec', 'drivers');
const NODE_ID_MAX = 256;

function driverErrors({ name, nodeID, allocatable, topologyKeys = [] }: CSINodeDriver, path: Path, again: boolean): FieldError[] {
  const keys = new Set<string>();
  return [
    ...validateCsiDriverName(name, path.child('name')),
    ...(nodeID ? [] : [required(path.child('nodeID'))]),
    ...(Buffer.byteLength(nodeID) > NODE_ID_MAX ? [invalid(path.child('nodeID'), nodeID, `must be ${NODE_ID_MAX} characters or less`)] : []),
    ...validateNonNegative(allocatable?.count, path.child('allocatable', 'count')),
    ...(again ? [duplicate(path.child('name'), name)] : []),
    ...topologyKeys.flatMap((key) => {
      const known = keys.has(key);
      keys.add(key);
      return [...(key ? [] : [required(path)]), ...(known ? [duplicate(path, key)] : []), ...validateQualifiedName(key, path)];
    }),
  ];
}

const driversErrors = ({ spec }: CSINode): FieldError[] =>
  spec.drivers.flatMap((driver, i) => driverErrors(driver, DRIVERS.index(i), spec.drivers.findIndex(({ name }) => name === driver.name) < i));

const withoutCount = ({ allocatable: _allocatable, ...driver }: CSINodeDriver): object => driver;

/** The internal struct, as Go shows it. */
const goDriver = ({ name, nodeID, topologyKeys }: CSINodeDriver): object => ({ Name: name, NodeID: nodeID, TopologyKeys: topologyKeys ?? null, Allocatable: null });

/** Of a driver that stays, only how many volumes it takes may change. */
function changeErrors(node: CSINode, old: CSINode): FieldError[] {
  return old.spec.drivers.flatMap((before) =>
    node.spec.drivers
      .filter((driver) => driver.name === before.name && !semanticEqual(withoutCount(driver), withoutCount(before)))
      .map((driver) => invalid(DRIVERS, goDriver(driver), IMMUTABLE_TEXT)),
  );
}

/** CSINodes: which CSI drivers a node has (https://kubernetes-csi.github.io/docs/csi-node-object.html). */
export const csiNodeKind = defineKind<CSINode>(
  { group: 'storage.k8s.io', version: 'v1', kind: 'CSINode' },
  {
    strategy: {
      generation: 'none',
      allowUnconditionalUpdate: false,
      returnsDeleted: true,
      validate: driversErrors,
      validateUpdate: (node, old) => [...driversErrors(node), ...changeErrors(node, old)],
    },
    cells: ({ metadata, spec }, nowMs) => [metadata.name, (spec.drivers as readonly object[] | null)?.length ?? 0, age(metadata.creationTimestamp, nowMs)],
  },
);
