// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { ListMeta, ObjectMeta } from './meta-v1.js';

export interface PriorityClass {
  apiVersion: string;
  description?: string | undefined;
  globalDefault?: boolean | undefined;
  kind: string;
  metadata: ObjectMeta;
  preemptionPolicy?: string | undefined;
  value?: number | undefined;
}

export interface PriorityClassList {
  apiVersion: string;
  items: PriorityClass[];
  kind: string;
  metadata: ListMeta;
}
