// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { NodeSelector } from './core-v1.js';
import type { Condition, ListMeta, ObjectMeta, Time } from './meta-v1.js';
import type { Quantity } from './resource.js';
import type { RawExtension } from './runtime.js';

export interface AllocatedDeviceStatus {
  conditions?: Condition[] | undefined;
  data?: RawExtension | undefined;
  device: string;
  driver: string;
  networkData?: NetworkDeviceData | undefined;
  pool: string;
  shareID?: string | undefined;
}

export interface AllocationResult {
  allocationTimestamp?: Time | undefined;
  devices?: DeviceAllocationResult | undefined;
  nodeSelector?: NodeSelector | undefined;
}

export interface CELDeviceSelector {
  expression: string;
}

export interface CapacityRequestPolicy {
  default?: Quantity | undefined;
  validRange?: CapacityRequestPolicyRange | undefined;
  validValues?: Quantity[] | undefined;
}

export interface CapacityRequestPolicyRange {
  max?: Quantity | undefined;
  min: Quantity;
  step?: Quantity | undefined;
}

export interface CapacityRequirements {
  requests?: Record<string, Quantity> | undefined;
}

export interface Counter {
  value: Quantity;
}

export interface CounterSet {
  counters: Record<string, Counter>;
  name: string;
}

export interface Device {
  allNodes?: boolean | undefined;
  allowMultipleAllocations?: boolean | undefined;
  attributes?: Record<string, DeviceAttribute> | undefined;
  bindingConditions?: string[] | undefined;
  bindingFailureConditions?: string[] | undefined;
  bindsToNode?: boolean | undefined;
  capacity?: Record<string, DeviceCapacity> | undefined;
  consumesCounters?: DeviceCounterConsumption[] | undefined;
  name: string;
  nodeAllocatableResourceMappings?: Record<string, NodeAllocatableResourceMapping> | undefined;
  nodeName?: string | undefined;
  nodeSelector?: NodeSelector | undefined;
  taints?: DeviceTaint[] | undefined;
}

export interface DeviceAllocationConfiguration {
  opaque?: OpaqueDeviceConfiguration | undefined;
  requests?: string[] | undefined;
  source: string;
}

export interface DeviceAllocationResult {
  config?: DeviceAllocationConfiguration[] | undefined;
  results?: DeviceRequestAllocationResult[] | undefined;
}

export interface DeviceAttribute {
  bool?: boolean | undefined;
  bools?: boolean[] | undefined;
  int?: number | undefined;
  ints?: number[] | undefined;
  string?: string | undefined;
  strings?: string[] | undefined;
  version?: string | undefined;
  versions?: string[] | undefined;
}

export interface DeviceCapacity {
  requestPolicy?: CapacityRequestPolicy | undefined;
  value: Quantity;
}

export interface DeviceClaim {
  config?: DeviceClaimConfiguration[] | undefined;
  constraints?: DeviceConstraint[] | undefined;
  requests?: DeviceRequest[] | undefined;
}

export interface DeviceClaimConfiguration {
  opaque?: OpaqueDeviceConfiguration | undefined;
  requests?: string[] | undefined;
}

export interface DeviceClass {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: DeviceClassSpec;
}

export interface DeviceClassConfiguration {
  opaque?: OpaqueDeviceConfiguration | undefined;
}

export interface DeviceClassList {
  apiVersion: string;
  items: DeviceClass[];
  kind: string;
  metadata: ListMeta;
}

export interface DeviceClassSpec {
  config?: DeviceClassConfiguration[] | undefined;
  extendedResourceName?: string | undefined;
  selectors?: DeviceSelector[] | undefined;
}

export interface DeviceConstraint {
  distinctAttribute?: string | undefined;
  matchAttribute?: string | undefined;
  requests?: string[] | undefined;
}

export interface DeviceCounterConsumption {
  counterSet: string;
  counters: Record<string, Counter>;
}

export interface DeviceRequest {
  exactly?: ExactDeviceRequest | undefined;
  firstAvailable?: DeviceSubRequest[] | undefined;
  name: string;
}

export interface DeviceRequestAllocationResult {
  adminAccess?: boolean | undefined;
  bindingConditions?: string[] | undefined;
  bindingFailureConditions?: string[] | undefined;
  consumedCapacity?: Record<string, Quantity> | undefined;
  device: string;
  driver: string;
  pool: string;
  request: string;
  shareID?: string | undefined;
  tolerations?: DeviceToleration[] | undefined;
}

export interface DeviceSelector {
  cel?: CELDeviceSelector | undefined;
}

export interface DeviceSubRequest {
  allocationMode?: string | undefined;
  capacity?: CapacityRequirements | undefined;
  count?: number | undefined;
  deviceClassName: string;
  name: string;
  selectors?: DeviceSelector[] | undefined;
  tolerations?: DeviceToleration[] | undefined;
}

export interface DeviceTaint {
  effect: string;
  key: string;
  timeAdded?: Time | undefined;
  value?: string | undefined;
}

export interface DeviceToleration {
  effect?: string | undefined;
  key?: string | undefined;
  operator?: string | undefined;
  tolerationSeconds?: number | undefined;
  value?: string | undefined;
}

export interface ExactDeviceRequest {
  adminAccess?: boolean | undefined;
  allocationMode?: string | undefined;
  capacity?: CapacityRequirements | undefined;
  count?: number | undefined;
  deviceClassName: string;
  selectors?: DeviceSelector[] | undefined;
  tolerations?: DeviceToleration[] | undefined;
}

export interface NetworkDeviceData {
  hardwareAddress?: string | undefined;
  interfaceName?: string | undefined;
  ips?: string[] | undefined;
}

export interface NodeAllocatableResourceMapping {
  allocationMultiplier?: Quantity | undefined;
  capacityKey?: string | undefined;
}

export interface OpaqueDeviceConfiguration {
  driver: string;
  parameters: RawExtension;
}

export interface ResourceClaim {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ResourceClaimSpec;
  status?: ResourceClaimStatus | undefined;
}

export interface ResourceClaimConsumerReference {
  apiGroup?: string | undefined;
  name: string;
  resource: string;
  uid: string;
}

export interface ResourceClaimList {
  apiVersion: string;
  items: ResourceClaim[];
  kind: string;
  metadata: ListMeta;
}

export interface ResourceClaimSpec {
  devices?: DeviceClaim | undefined;
}

export interface ResourceClaimStatus {
  allocation?: AllocationResult | undefined;
  devices?: AllocatedDeviceStatus[] | undefined;
  reservedFor?: ResourceClaimConsumerReference[] | undefined;
}

export interface ResourceClaimTemplate {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ResourceClaimTemplateSpec;
}

export interface ResourceClaimTemplateList {
  apiVersion: string;
  items: ResourceClaimTemplate[];
  kind: string;
  metadata: ListMeta;
}

export interface ResourceClaimTemplateSpec {
  metadata?: ObjectMeta | undefined;
  spec: ResourceClaimSpec;
}

export interface ResourcePool {
  generation: number;
  name: string;
  resourceSliceCount: number;
}

export interface ResourceSlice {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ResourceSliceSpec;
}

export interface ResourceSliceList {
  apiVersion: string;
  items: ResourceSlice[];
  kind: string;
  metadata: ListMeta;
}

export interface ResourceSliceSpec {
  allNodes?: boolean | undefined;
  devices?: Device[] | undefined;
  driver: string;
  nodeName?: string | undefined;
  nodeSelector?: NodeSelector | undefined;
  perDeviceNodeSelection?: boolean | undefined;
  pool: ResourcePool;
  sharedCounters?: CounterSet[] | undefined;
}
