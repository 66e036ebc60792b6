// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { LabelSelector, ListMeta, ObjectMeta } from './meta-v1.js';

export interface AggregationRule {
  clusterRoleSelectors?: LabelSelector[] | undefined;
}

export interface ClusterRole {
  aggregationRule?: AggregationRule | undefined;
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  rules?: PolicyRule[] | undefined;
}

export interface ClusterRoleBinding {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  roleRef: RoleRef;
  subjects?: Subject[] | undefined;
}

export interface ClusterRoleBindingList {
  apiVersion: string;
  items: ClusterRoleBinding[];
  kind: string;
  metadata: ListMeta;
}

export interface ClusterRoleList {
  apiVersion: string;
  items: ClusterRole[];
  kind: string;
  metadata: ListMeta;
}

export interface PolicyRule {
  apiGroups?: string[] | undefined;
  nonResourceURLs?: string[] | undefined;
  resourceNames?: string[] | undefined;
  resources?: string[] | undefined;
  verbs: string[];
}

export interface Role {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  rules?: PolicyRule[] | undefined;
}

export interface RoleBinding {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  roleRef: RoleRef;
  subjects?: Subject[] | undefined;
}

export interface RoleBindingList {
  apiVersion: string;
  items: RoleBinding[];
  kind: string;
  metadata: ListMeta;
}

export interface RoleList {
  apiVersion: string;
  items: Role[];
  kind: string;
  metadata: ListMeta;
}

export interface RoleRef {
  apiGroup?: string | undefined;
  kind: string;
  name: string;
}

export interface Subject {
  apiGroup?: string | undefined;
  kind: string;
  name: string;
  namespace?: string | undefined;
}
