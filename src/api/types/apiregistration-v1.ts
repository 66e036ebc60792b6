// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { ListMeta, ObjectMeta, Time } from './meta-v1.js';

export interface APIService {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: APIServiceSpec;
  status?: APIServiceStatus | undefined;
}

export interface APIServiceCondition {
  lastTransitionTime?: Time | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  status: string;
  type: string;
}

export interface APIServiceList {
  apiVersion: string;
  items: APIService[];
  kind: string;
  metadata: ListMeta;
}

export interface APIServiceSpec {
  caBundle?: string | undefined;
  group?: string | undefined;
  groupPriorityMinimum: number;
  insecureSkipTLSVerify?: boolean | undefined;
  service?: ServiceReference | undefined;
  version?: string | undefined;
  versionPriority: number;
}

export interface APIServiceStatus {
  conditions?: APIServiceCondition[] | undefined;
}

export interface ServiceReference {
  name?: string | undefined;
  namespace?: string | undefined;
  port?: number | undefined;
}
