import type { ObjectMeta } from './types/meta-v1.js';

export type { LabelSelector, ManagedFieldsEntry, ObjectMeta, OwnerReference, Status } from './types/meta-v1.js';

/** Any Kubernetes object as plain JSON. Kinds narrow it with the generated interfaces of `api/types/`. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** A kubeobject whose fields beyond metadata are reached by name; for code that serves every kind alike. */
export type AnyObject = KubeObject & Record<string, unknown>;

/** JSON data as it comes off the wire. */
export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };
