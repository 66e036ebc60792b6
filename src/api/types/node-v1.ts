// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { Toleration } from './core-v1.js';
import type { ListMeta, ObjectMeta } from './meta-v1.js';
import type { Quantity } from './resource.js';

export interface Overhead {
  podFixed?: Record<string, Quantity> | undefined;
}

export interface RuntimeClass {
  apiVersion: string;
  handler: string;
  kind: string;
  metadata: ObjectMeta;
  overhead?: Overhead | undefined;
  scheduling?: Scheduling | undefined;
}

export interface RuntimeClassList {
  apiVersion: string;
  items: RuntimeClass[];
  kind: string;
  metadata: ListMeta;
}

export interface Scheduling {
  nodeSelector?: Record<string, string> | undefined;
  tolerations?: Toleration[] | undefined;
}
