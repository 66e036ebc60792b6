import type { KubeObject } from './object.js';

/** Amounts in use by resource: `cpu` in billionths of a core, `memory` in bytes. */
export type Usage = Readonly<Record<string, string>>;

/** metrics.k8s.io/v1beta1: what a pod's containers used over the window that ended at the timestamp. */
export interface PodMetrics extends KubeObject {
  readonly timestamp: string;
  /** A Go duration. */
  readonly window: string;
  readonly containers: ReadonlyArray<{ readonly name: string; readonly usage: Usage }>;
}

/** metrics.k8s.io/v1beta1: what a node used. */
export interface NodeMetrics extends KubeObject {
  readonly timestamp: string;
  readonly window: string;
  readonly usage: Usage;
}

export const METRICS_GROUP = 'metrics.k8s.io';
export const METRICS_VERSION = 'v1beta1';
