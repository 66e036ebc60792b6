import { SYSTEM_MASTERS, type UserInfo } from '../api/user.js';

/**
 * Bounds the requests that are being worked on. Administrators are never turned away (as the FlowSchema "exempt" says),
 * the cluster's own components find a reserve when others have used up their share.
 */
export class InFlight {
  private count = 0;

  constructor(private readonly limit: number) {}

  /** Takes a place; false when the request must be told to come again. */
  enter(user: UserInfo): boolean {
    if (this.count >= this.limit && !isExempt(user) && (!isSystem(user) || this.count >= this.limit + Math.ceil(this.limit / 2))) return false;
    this.count++;
    return true;
  }

  leave(): void {
    this.count--;
  }

  get current(): number {
    return this.count;
  }
}

const isExempt = (user: UserInfo): boolean => user.groups.includes(SYSTEM_MASTERS);

const isSystem = (user: UserInfo): boolean => user.groups.includes('system:nodes') || user.groups.includes('system:serviceaccounts:kube-system') || user.name.startsWith('system:kube-');
