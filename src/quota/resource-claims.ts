import { addAmounts, raiseAmounts, type ResourceAmounts } from '../api/pod-resources.js';
import type { ResourceClaim } from '../api/types/resource-v1.js';
import { countName } from './object-count.js';
import type { QuotaEvaluator } from './types.js';

const CLAIMS = { group: 'resource.k8s.io', resource: 'resourceclaims' };
const COUNT = countName(CLAIMS);
const PER_CLASS = '.deviceclass.resource.k8s.io/devices';
/** What "all devices" can come to. */
const MOST_DEVICES = 32;

interface DeviceWish {
  readonly deviceClassName: string;
  readonly allocationMode?: string | undefined;
  readonly count?: number | undefined;
}

/** Claims cost devices by their class. Where a request has alternatives, the dearest counts. */
export const resourceClaimEvaluator: QuotaEvaluator<ResourceClaim> = {
  resource: CLAIMS,
  covers: (name) => name === COUNT || name.endsWith(PER_CLASS),
  concerns: ({ subresource }) => subresource === '',
  usage({ spec }) {
    const usage: ResourceAmounts = { [COUNT]: '1' };
    for (const { exactly, firstAvailable } of spec.devices?.requests ?? []) {
      const dearest: ResourceAmounts = {};
      for (const wish of firstAvailable?.length ? firstAvailable : exactly ? [exactly] : []) raiseAmounts(dearest, devices(wish));
      addAmounts(usage, dearest);
    }
    return usage;
  },
};

function devices({ deviceClassName, allocationMode, count }: DeviceWish): ResourceAmounts {
  const wanted = allocationMode === 'All' ? MOST_DEVICES : allocationMode === 'ExactCount' ? (count ?? 0) : 0;
  return { [`${deviceClassName}${PER_CLASS}`]: String(wanted) };
}
