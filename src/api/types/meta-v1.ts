// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { RawExtension } from './runtime.js';

export interface APIGroup {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  name: string;
  preferredVersion?: GroupVersionForDiscovery | undefined;
  serverAddressByClientCIDRs?: ServerAddressByClientCIDR[] | undefined;
  versions: GroupVersionForDiscovery[];
}

export interface APIGroupList {
  apiVersion?: string | undefined;
  groups: APIGroup[];
  kind?: string | undefined;
}

export interface APIResource {
  categories?: string[] | undefined;
  group?: string | undefined;
  kind: string;
  name: string;
  namespaced: boolean;
  shortNames?: string[] | undefined;
  singularName: string;
  storageVersionHash?: string | undefined;
  verbs: string[];
  version?: string | undefined;
}

export interface APIResourceList {
  apiVersion?: string | undefined;
  groupVersion: string;
  kind?: string | undefined;
  resources: APIResource[];
}

export interface APIVersions {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  serverAddressByClientCIDRs: ServerAddressByClientCIDR[];
  versions: string[];
}

export interface Condition {
  lastTransitionTime: Time;
  message: string;
  observedGeneration?: number | undefined;
  reason: string;
  status: string;
  type: string;
}

export interface DeleteOptions {
  apiVersion?: string | undefined;
  dryRun?: string[] | undefined;
  gracePeriodSeconds?: number | undefined;
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean | undefined;
  kind?: string | undefined;
  orphanDependents?: boolean | undefined;
  preconditions?: Preconditions | undefined;
  propagationPolicy?: string | undefined;
}

export interface FieldSelectorRequirement {
  key: string;
  operator: string;
  values?: string[] | undefined;
}

export type FieldsV1 = Record<string, unknown>;

export interface GroupVersionForDiscovery {
  groupVersion: string;
  version: string;
}

export interface LabelSelector {
  matchExpressions?: LabelSelectorRequirement[] | undefined;
  matchLabels?: Record<string, string> | undefined;
}

export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[] | undefined;
}

export interface ListMeta {
  continue?: string | undefined;
  remainingItemCount?: number | undefined;
  resourceVersion?: string | undefined;
  selfLink?: string | undefined;
  shardInfo?: ShardInfo | undefined;
}

export interface ManagedFieldsEntry {
  apiVersion?: string | undefined;
  fieldsType?: string | undefined;
  fieldsV1?: FieldsV1 | undefined;
  manager?: string | undefined;
  operation?: string | undefined;
  subresource?: string | undefined;
  time?: Time | undefined;
}

export type MicroTime = string;

export interface ObjectMeta {
  annotations?: Record<string, string> | undefined;
  creationTimestamp?: Time | undefined;
  deletionGracePeriodSeconds?: number | undefined;
  deletionTimestamp?: Time | undefined;
  finalizers?: string[] | undefined;
  generateName?: string | undefined;
  generation?: number | undefined;
  labels?: Record<string, string> | undefined;
  managedFields?: ManagedFieldsEntry[] | undefined;
  name: string;
  namespace?: string | undefined;
  ownerReferences?: OwnerReference[] | undefined;
  resourceVersion?: string | undefined;
  selfLink?: string | undefined;
  uid?: string | undefined;
}

export interface OwnerReference {
  apiVersion: string;
  blockOwnerDeletion?: boolean | undefined;
  controller?: boolean | undefined;
  kind: string;
  name: string;
  uid: string;
}

export type Patch = Record<string, unknown>;

export interface Preconditions {
  resourceVersion?: string | undefined;
  uid?: string | undefined;
}

export interface ServerAddressByClientCIDR {
  clientCIDR: string;
  serverAddress: string;
}

export interface ShardInfo {
  selector: string;
}

export interface Status {
  apiVersion: string;
  code?: number | undefined;
  details?: StatusDetails | undefined;
  kind: string;
  message?: string | undefined;
  metadata: ListMeta;
  reason?: string | undefined;
  status?: string | undefined;
}

export interface StatusCause {
  field?: string | undefined;
  message?: string | undefined;
  reason?: string | undefined;
}

export interface StatusDetails {
  causes?: StatusCause[] | undefined;
  group?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  retryAfterSeconds?: number | undefined;
  uid?: string | undefined;
}

export type Time = string;

export interface WatchEvent {
  object: RawExtension;
  type: string;
}
