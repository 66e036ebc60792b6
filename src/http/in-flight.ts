import { SYSTEM_MASTERS, type UserInfo } from '../api/user.js';
import { LIMITS, type RequestLimits } from './limits.js';

type Sort = 'read' | 'write';

/**
 * Bounds the requests that are being worked on, reads and writes apart. Administrators are never turned away (as the
 * FlowSchema "exempt" says), the cluster's own components find a reserve when others have used up their share.
 */
export class InFlight {
  private readonly counts: Record<Sort, number> = { read: 0, write: 0 };
  private readonly bounds: Readonly<Record<Sort, number>>;

  constructor({ maxRequestsInFlight = LIMITS.readsInFlight, maxMutatingRequestsInFlight = LIMITS.writesInFlight }: RequestLimits = {}) {
    this.bounds = { read: maxRequestsInFlight, write: maxMutatingRequestsInFlight };
  }

  /** Takes a place; false when the request must be told to come again. */
  enter(user: UserInfo, method: string): boolean {
    const sort = sortOf(method);
    const bound = this.bounds[sort];
    const count = this.counts[sort];
    if (count >= bound && !isExempt(user) && (!isSystem(user) || count >= bound + Math.ceil(bound / 2))) return false;
    this.counts[sort]++;
    return true;
  }

  leave(method: string): void {
    this.counts[sortOf(method)]--;
  }

  get current(): Readonly<Record<Sort, number>> {
    return this.counts;
  }
}

const sortOf = (method: string): Sort => (method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'read' : 'write');

const isExempt = (user: UserInfo): boolean => user.groups.includes(SYSTEM_MASTERS);

const isSystem = (user: UserInfo): boolean => user.groups.includes('system:nodes') || user.groups.includes('system:serviceaccounts:kube-system') || user.name.startsWith('system:kube-');
