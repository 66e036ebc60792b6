import { invalid, Path, required, type FieldError } from '../../api/field.js';
import { nameIsDnsSubdomain } from '../../api/names.js';
import type { ResourceSlice, ResourceSliceSpec } from '../../api/types/resource-v1.js';
import { immutableField } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { validateNodeSelector } from '../shared/affinity-validation.js';
import { validateCsiDriverName } from '../shared/volume-source-validation.js';
import { poolNameErrors, setErrors } from './collections.js';
import { countersErrors, deviceErrors } from './device.js';
import { goTerms } from './go-structs.js';

const SPEC = Path.of('spec');
const MAX_DEVICES = 128;
/** Where any device has taints or consumes counters. */
const MAX_COMPLEX_DEVICES = 64;
const MAX_COUNTER_SETS = 8;
const ONE_PLACE = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

/** Drops what is off in v1.36: DRAListTypeAttributes, DRANodeAllocatableResources. Times of new taints are the server's. */
function prepare({ spec }: ResourceSlice, now: string): void {
  for (const device of spec.devices ?? []) {
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) for (const name of ['bools', 'ints', 'strings', 'versions'] as const) delete attribute[name];
    for (const taint of device.taints ?? []) taint.timeAdded ??= now;
  }
}

function placeErrors({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: ResourceSliceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const at = SPEC.child('nodeName');
  if (nodeName) errors.push(...nameIsDnsSubdomain(nodeName, false).map((text) => invalid(at, nodeName, text)));
  if (nodeName === '') errors.push(invalid(at, nodeName, 'must be either unset or set to a non-empty string'));
  if (nodeSelector) {
    const path = SPEC.child('nodeSelector');
    errors.push(...validateNodeSelector(nodeSelector, path, false));
    if (nodeSelector.nodeSelectorTerms.length !== 1) errors.push(invalid(path.child('nodeSelectorTerms'), goTerms(nodeSelector), 'must have exactly one node selector term'));
  }
  for (const [name, value] of Object.entries({ allNodes, perDeviceNodeSelection })) {
    if (value === false) errors.push(invalid(SPEC.child(name), value, 'must be either unset or set to true'));
  }
  const set = Object.entries({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection })
    .filter(([, value]) => value)
    .map(([name]) => `\`${name}\``);
  if (set.length === 0) errors.push(required(SPEC, ONE_PLACE));
  if (set.length > 1) errors.push(invalid(SPEC, `{${set.join(', ')}}`, `${ONE_PLACE}, but multiple fields are set`));
  return errors;
}

function errorsOf({ spec }: ResourceSlice, old?: ResourceSlice): FieldError[] {
  const { driver, pool, devices, sharedCounters, perDeviceNodeSelection } = spec;
  const poolPath = SPEC.child('pool');
  const complex = (devices ?? []).some(({ taints, consumesCounters }) => (taints ?? []).length + (consumesCounters ?? []).length > 0);
  const errors = [...validateCsiDriverName(driver, SPEC.child('driver')), ...poolNameErrors(pool.name, poolPath.child('name'))];
  if (pool.resourceSliceCount <= 0) errors.push(invalid(poolPath.child('resourceSliceCount'), pool.resourceSliceCount, 'must be greater than zero'));
  if (pool.generation < 0) errors.push(invalid(poolPath.child('generation'), pool.generation, 'must be greater than or equal to zero'));
  if (old) {
    errors.push(
      ...immutableField(pool.name, old.spec.pool.name, poolPath.child('name')),
      ...immutableField(driver, old.spec.driver, SPEC.child('driver')),
      ...immutableField(spec.nodeName, old.spec.nodeName, SPEC.child('nodeName')),
    );
  }
  errors.push(...placeErrors(spec));
  if (sharedCounters && devices) errors.push(invalid(SPEC, '', 'only one of `sharedCounters` or `devices` is allowed'));
  const before = (name: string) => old?.spec.devices?.find((device) => device.name === name);
  return [
    ...errors,
    ...setErrors(
      devices,
      complex ? MAX_COMPLEX_DEVICES : MAX_DEVICES,
      (device, at) => deviceErrors(device, before(device.name), perDeviceNodeSelection === true, at),
      ({ name }) => name,
      SPEC.child('devices'),
    ),
    ...setErrors(sharedCounters, MAX_COUNTER_SETS, ({ name, counters }, at) => countersErrors(name, 'name', counters, at), ({ name }) => name, SPEC.child('sharedCounters')),
  ];
}

/** ResourceSlices: the devices of a driver on a node, or on many. */
export const resourceSliceKind = defineKind<ResourceSlice>(
  { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceSlice' },
  {
    strategy: {
      generation: 'spec',
      returnsDeleted: true,
      prepareForCreate: (slice, { now }) => prepare(slice, now),
      prepareForUpdate: (slice, _old, { now }) => prepare(slice, now),
      validate: (slice) => errorsOf(slice),
      validateUpdate: errorsOf,
      warnings: ({ spec: { driver } }) => (driver === driver.toLowerCase() ? [] : [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`]),
    },
    unknownFieldText: (field) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
    selectableFields: { 'metadata.namespace': undefined, 'spec.nodeName': ({ spec }) => spec.nodeName ?? '', 'spec.driver': ({ spec }) => spec.driver },
    indexedField: 'spec.nodeName',
    cells: ({ metadata, spec }, nowMs) => [metadata.name, spec.nodeName ?? '', spec.driver, spec.pool.name, age(metadata.creationTimestamp, nowMs)],
  },
);
