// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { PersistentVolumeSpec, TopologySelectorTerm } from './core-v1.js';
import type { LabelSelector, ListMeta, ObjectMeta, Time } from './meta-v1.js';
import type { Quantity } from './resource.js';

export interface CSIDriver {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: CSIDriverSpec;
}

export interface CSIDriverList {
  apiVersion: string;
  items: CSIDriver[];
  kind: string;
  metadata: ListMeta;
}

export interface CSIDriverSpec {
  attachRequired?: boolean | undefined;
  fsGroupPolicy?: string | undefined;
  nodeAllocatableUpdatePeriodSeconds?: number | undefined;
  podInfoOnMount?: boolean | undefined;
  preventPodSchedulingIfMissing?: boolean | undefined;
  requiresRepublish?: boolean | undefined;
  seLinuxMount?: boolean | undefined;
  serviceAccountTokenInSecrets?: boolean | undefined;
  storageCapacity?: boolean | undefined;
  tokenRequests?: TokenRequest[] | undefined;
  volumeLifecycleModes?: string[] | undefined;
}

export interface CSINode {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: CSINodeSpec;
}

export interface CSINodeDriver {
  allocatable?: VolumeNodeResources | undefined;
  name: string;
  nodeID: string;
  topologyKeys?: string[] | undefined;
}

export interface CSINodeList {
  apiVersion: string;
  items: CSINode[];
  kind: string;
  metadata: ListMeta;
}

export interface CSINodeSpec {
  drivers: CSINodeDriver[];
}

export interface CSIStorageCapacity {
  apiVersion: string;
  capacity?: Quantity | undefined;
  kind: string;
  maximumVolumeSize?: Quantity | undefined;
  metadata: ObjectMeta;
  nodeTopology?: LabelSelector | undefined;
  storageClassName: string;
}

export interface CSIStorageCapacityList {
  apiVersion: string;
  items: CSIStorageCapacity[];
  kind: string;
  metadata: ListMeta;
}

export interface StorageClass {
  allowVolumeExpansion?: boolean | undefined;
  allowedTopologies?: TopologySelectorTerm[] | undefined;
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  mountOptions?: string[] | undefined;
  parameters?: Record<string, string> | undefined;
  provisioner: string;
  reclaimPolicy?: string | undefined;
  volumeBindingMode?: string | undefined;
}

export interface StorageClassList {
  apiVersion: string;
  items: StorageClass[];
  kind: string;
  metadata: ListMeta;
}

export interface TokenRequest {
  audience: string;
  expirationSeconds?: number | undefined;
}

export interface VolumeAttachment {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: VolumeAttachmentSpec;
  status?: VolumeAttachmentStatus | undefined;
}

export interface VolumeAttachmentList {
  apiVersion: string;
  items: VolumeAttachment[];
  kind: string;
  metadata: ListMeta;
}

export interface VolumeAttachmentSource {
  inlineVolumeSpec?: PersistentVolumeSpec | undefined;
  persistentVolumeName?: string | undefined;
}

export interface VolumeAttachmentSpec {
  attacher: string;
  nodeName: string;
  source: VolumeAttachmentSource;
}

export interface VolumeAttachmentStatus {
  attachError?: VolumeError | undefined;
  attached: boolean;
  attachmentMetadata?: Record<string, string> | undefined;
  detachError?: VolumeError | undefined;
}

export interface VolumeAttributesClass {
  apiVersion: string;
  driverName: string;
  kind: string;
  metadata: ObjectMeta;
  parameters?: Record<string, string> | undefined;
}

export interface VolumeAttributesClassList {
  apiVersion: string;
  items: VolumeAttributesClass[];
  kind: string;
  metadata: ListMeta;
}

export interface VolumeError {
  errorCode?: number | undefined;
  message?: string | undefined;
  time?: Time | undefined;
}

export interface VolumeNodeResources {
  count?: number | undefined;
}
