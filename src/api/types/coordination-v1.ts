// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { ListMeta, MicroTime, ObjectMeta } from './meta-v1.js';

export interface Lease {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: LeaseSpec;
}

export interface LeaseList {
  apiVersion: string;
  items: Lease[];
  kind: string;
  metadata: ListMeta;
}

export interface LeaseSpec {
  acquireTime?: MicroTime | undefined;
  holderIdentity?: string | undefined;
  leaseDurationSeconds?: number | undefined;
  leaseTransitions?: number | undefined;
  preferredHolder?: string | undefined;
  renewTime?: MicroTime | undefined;
  strategy?: string | undefined;
}
