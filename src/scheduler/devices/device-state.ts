import type { DeviceClass, ResourceClaim, ResourceSlice } from '../../api/types/resource-v1.js';
import type { Informers } from '../../client/informers.js';
import type { Informer } from '../../client/informer.js';
import type { Change } from '../framework.js';
import { AllocatedDevices } from './allocated-devices.js';
import { DeviceClasses } from './device-classes.js';
import type { SliceIndex } from './pools.js';

/** What the scheduler knows of devices: offered, asked for, given. */
export interface DeviceState {
  readonly claims: Informer<ResourceClaim>;
  readonly classes: DeviceClasses;
  readonly slices: SliceIndex;
  readonly allocated: AllocatedDevices;
}

const GROUP = { group: 'resource.k8s.io', version: 'v1' };

/** @param moved told of changes that may help pods that wait */
export function deviceState(informers: Informers, moved: (change: Change) => void): DeviceState {
  const claims = informers.for<ResourceClaim>({ ...GROUP, resource: 'resourceclaims' });
  const classes = informers.for<DeviceClass>({ ...GROUP, resource: 'deviceclasses' });
  const slices = informers.for<ResourceSlice>({ ...GROUP, resource: 'resourceslices' });
  slices.addIndex('node', ({ spec }) => [spec.nodeName ?? '']);
  slices.addIndex('pool', ({ spec }) => [`${spec.driver}/${spec.pool.name}`]);
  const state: DeviceState = {
    claims,
    classes: new DeviceClasses(classes),
    slices: { ofNode: (name) => slices.byIndex('node', name), ofPool: (driver, pool) => slices.byIndex('pool', `${driver}/${pool}`) },
    allocated: new AllocatedDevices(claims),
  };
  const offered = (): void => moved({ event: 'devices' });
  for (const informer of [classes, slices]) informer.addHandler({ onAdd: offered, onUpdate: offered });
  claims.addHandler({
    onAdd: (claim) => moved({ event: 'claims', claim }),
    onUpdate: (claim, oldClaim) => moved({ event: 'claims', claim, oldClaim }),
    onDelete: (oldClaim) => moved({ event: 'claims', oldClaim }),
  });
  return state;
}
