import type { KubeObject } from '../api/object.js';

/** Whom an event is about: an object, or what is known of one (`uid` of a node is its name in the kubelet's events). */
export interface EventReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export type EventTarget = KubeObject | EventReference;

export interface EventOptions {
  /** A part of the object, e.g. `spec.containers{web}`. */
  readonly fieldPath?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What was done, for recorders of the events.k8s.io form (`Binding`, `Scheduling`). */
  readonly action?: string;
  /** The other object of what was done, for recorders of the events.k8s.io form. */
  readonly related?: EventTarget;
}

/**
 * Records events about objects as client-go's recorder does: made of a source (component and host) it was built with,
 * equal ones counted together. Never fails and never waits; an event that cannot be written is dropped.
 */
export interface EventRecorder {
  record(object: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string, options?: EventOptions): void;
}
