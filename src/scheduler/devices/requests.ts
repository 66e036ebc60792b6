import type { CapacityRequirements, DeviceClass, DeviceRequest, DeviceSelector, DeviceToleration, ResourceClaim } from '../../api/types/resource-v1.js';

/** A request for devices, or one of the alternatives of such a request. */
export interface WantedDevices {
  /** As the allocation names it: `request` or `request/alternative`. */
  readonly name: string;
  readonly request: string;
  readonly alternative: string | undefined;
  readonly className: string;
  readonly all: boolean;
  readonly count: number;
  readonly adminAccess: boolean | undefined;
  readonly selectors: readonly DeviceSelector[];
  readonly tolerations: readonly DeviceToleration[] | undefined;
  readonly capacity: CapacityRequirements;
}

/** What a request can be met by, the preferred first. */
export function alternativesOf({ name, exactly, firstAvailable = [] }: DeviceRequest): WantedDevices[] {
  const wanted = ({ deviceClassName, allocationMode, count = 1, selectors = [], tolerations, capacity = {} }: NonNullable<DeviceRequest['firstAvailable']>[number] | NonNullable<DeviceRequest['exactly']>, alternative?: string): WantedDevices => ({
    name: alternative === undefined ? name : `${name}/${alternative}`,
    request: name,
    alternative,
    className: deviceClassName,
    all: allocationMode === 'All',
    count,
    adminAccess: undefined,
    selectors,
    tolerations,
    capacity,
  });
  if (exactly) return [{ ...wanted(exactly), adminAccess: exactly.adminAccess }];
  return firstAvailable.map((one) => wanted(one, one.name));
}

export const requestsOf = ({ spec }: ResourceClaim): readonly DeviceRequest[] => spec.devices?.requests ?? [];

export const keyOfClaim = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`;

/** The class of a device request; undefined where there is none of that name. */
export type ClassLookup = (name: string) => DeviceClass | undefined;
