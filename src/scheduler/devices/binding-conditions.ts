import type { ResourceClaim } from '../../api/types/resource-v1.js';

export const hasBindingConditions = ({ status }: ResourceClaim): boolean => (status?.allocation?.devices?.results ?? []).some(({ bindingConditions }) => bindingConditions?.length);

/** Whether all devices of a claim are prepared for binding (KEP-5007); the text of what failed where one says so. */
export function bindingReadiness({ metadata, status }: ResourceClaim): boolean | string {
  for (const { driver, pool, device, shareID, bindingConditions = [], bindingFailureConditions = [] } of status?.allocation?.devices?.results ?? []) {
    if (bindingConditions.length === 0) continue;
    const conditions = status?.devices?.find((one) => one.driver === driver && one.pool === pool && one.device === device && one.shareID === shareID)?.conditions ?? [];
    const failed = conditions.find((condition) => bindingFailureConditions.includes(condition.type) && condition.status === 'True');
    if (failed) return `device binding failed: claim=${metadata.name}, reason=${failed.reason}, message=${JSON.stringify(failed.message)}`;
    if (!bindingConditions.every((type) => conditions.some((condition) => condition.type === type && condition.status === 'True'))) return false;
  }
  return true;
}
