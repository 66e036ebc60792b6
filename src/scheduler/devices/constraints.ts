import type { DeviceAttribute, DeviceConstraint } from '../../api/types/resource-v1.js';
import type { OfferedDevice } from './pools.js';

/** What the devices of a claim have to have in common, or to differ in. Devices are added one by one, and taken back in reverse. */
export interface Constraint {
  /** False where the device does not go with those that were added. */
  add(request: string, subRequest: string | undefined, device: OfferedDevice): boolean;
  remove(request: string, subRequest: string | undefined): void;
}

/** Throws RangeError for one of an unknown type. */
export function constraintOf({ matchAttribute, distinctAttribute, requests = [] }: DeviceConstraint): Constraint {
  const attribute = matchAttribute ?? distinctAttribute;
  if (attribute === undefined) throw new RangeError('empty constraint (unsupported constraint type?)');
  const isDistinct = matchAttribute === undefined;
  const values: string[] = [];
  const concerns = (request: string, subRequest: string | undefined): boolean => requests.length === 0 || requests.includes(request) || (subRequest !== undefined && requests.includes(`${request}/${subRequest}`));
  return {
    add: (request, subRequest, device) => {
      if (!concerns(request, subRequest)) return true;
      const value = valueOf(device, attribute);
      if (value === undefined) return false;
      if (isDistinct ? values.includes(value) : values.length > 0 && values[0] !== value) return false;
      values.push(value);
      return true;
    },
    remove: (request, subRequest) => {
      if (concerns(request, subRequest)) values.pop();
    },
  };
}

/** Attributes without a domain are the driver's. */
function valueOf({ device: { attributes = {} }, slice }: OfferedDevice, name: string): string | undefined {
  const slash = name.indexOf('/');
  const found = own(attributes, name) ?? (slash >= 0 && name.slice(0, slash) === slice.spec.driver ? own(attributes, name.slice(slash + 1)) : undefined);
  if (!found) return undefined;
  const { string, int, bool, version } = found;
  if (string === undefined && int === undefined && bool === undefined && version === undefined) return undefined;
  return JSON.stringify({ string, int, bool, version });
}

function own(attributes: Readonly<Record<string, DeviceAttribute>>, name: string): DeviceAttribute | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}
