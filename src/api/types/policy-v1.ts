// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { IntOrString } from './intstr.js';
import type { Condition, DeleteOptions, LabelSelector, ListMeta, ObjectMeta, Time } from './meta-v1.js';

export interface Eviction {
  apiVersion: string;
  deleteOptions?: DeleteOptions | undefined;
  kind: string;
  metadata: ObjectMeta;
}

export interface PodDisruptionBudget {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: PodDisruptionBudgetSpec;
  status?: PodDisruptionBudgetStatus | undefined;
}

export interface PodDisruptionBudgetList {
  apiVersion: string;
  items: PodDisruptionBudget[];
  kind: string;
  metadata: ListMeta;
}

export interface PodDisruptionBudgetSpec {
  maxUnavailable?: IntOrString | undefined;
  minAvailable?: IntOrString | undefined;
  selector?: LabelSelector | undefined;
  unhealthyPodEvictionPolicy?: string | undefined;
}

export interface PodDisruptionBudgetStatus {
  conditions?: Condition[] | undefined;
  currentHealthy?: number | undefined;
  desiredHealthy?: number | undefined;
  disruptedPods?: Record<string, Time> | undefined;
  disruptionsAllowed?: number | undefined;
  expectedPods?: number | undefined;
  observedGeneration?: number | undefined;
}
