import type { ObjectMeta } from '../../api/object.js';
import type { Container, Pod } from '../../api/types/core-v1.js';
import type { Job } from '../../api/types/batch-v1.js';
import { timeMs } from '../../api/time.js';
import { podCondition } from '../shared/pods.js';
import { podFromTemplate } from '../shared/pod-control.js';

/** Pods of Jobs. Pure. */

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
const INDEX_KEY = 'batch.kubernetes.io/job-completion-index';
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count';
const GENERATED_NAME_MAX = 58;

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed';
}

export function isSuspended({ spec }: Job): boolean {
  return spec.suspend === true;
}

export function hasLimitPerIndex(job: Job): boolean {
  return isIndexed(job) && job.spec.backoffLimitPerIndex !== undefined;
}

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;
}

/** -1 without a valid one. */
export function indexOf({ metadata }: Pod): number {
  const text = metadata.annotations?.[INDEX_KEY];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : -1;
}

export function hasValidIndex(job: Job, pod: Pod): boolean {
  const index = indexOf(pod);
  return index >= 0 && index < (job.spec.completions ?? 0);
}

/** Whether the pod still carries the finalizer, as far as is known: `released` are uids that the cache shows with it although it is gone. */
export function isHeld(pod: Pod, released: ReadonlySet<string>): boolean {
  return isTracked(pod) && !released.has(pod.metadata.uid as string);
}

/** Whether the pod may be counted: with Indexed completion only one of a valid index. */
export function isCountable(job: Job, pod: Pod): boolean {
  return !isIndexed(job) || hasValidIndex(job, pod);
}

/** Whether pods are replaced only once they have failed, and not as soon as they are deleted. */
export function replacesFailedOnly({ spec }: Job): boolean {
  return spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;
}

export function isPodFailed(job: Job, { status, metadata }: Pod): boolean {
  if (status?.phase === 'Failed') return true;
  if (replacesFailedOnly(job)) return false;
  return metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded';
}

export function failureCount(pod: Pod): number {
  return annotationNumber(pod, FAILURES);
}

export function absoluteFailureCount(pod: Pod): number {
  return annotationNumber(pod, FAILURES) + annotationNumber(pod, IGNORED_FAILURES);
}

function annotationNumber({ metadata }: Pod, key: string): number {
  const text = metadata.annotations?.[key] ?? '';
  // Anybody may have written it: what is no int32 from 0 counts as 0.
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  return value < 2 ** 31 ? value : 0;
}

/** Milliseconds at which the pod came to its end, as well as can be told. */
export function finishedMs({ metadata, spec, status }: Pod): number {
  const sidecars = new Set((spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
  const containers = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name))];
  const times = containers.map(({ state }) => timeMs(state?.terminated?.finishedAt));
  if (times.length > 0 && times.every((time) => time !== undefined)) return Math.max(...(times as number[]));
  const ready = podCondition({ metadata, spec, status } as Pod, 'Ready');
  const unready = ready?.status === 'False' ? timeMs(ready.lastTransitionTime) : undefined;
  if (unready !== undefined) return unready;
  const deleted = timeMs(metadata.deletionTimestamp);
  if (deleted !== undefined) return deleted - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return timeMs(metadata.creationTimestamp) ?? 0;
}

/** Failures that the pod in place of another one starts with. */
export interface IndexFailures {
  readonly counted: number;
  readonly ignored: number;
}

export function nextFailures(replaced: Pod | undefined, counts: boolean): IndexFailures {
  if (!replaced) return { counted: 0, ignored: 0 };
  const counted = annotationNumber(replaced, FAILURES);
  const ignored = annotationNumber(replaced, IGNORED_FAILURES);
  return counts ? { counted: counted + 1, ignored } : { counted, ignored: ignored + 1 };
}

/** A pod of the Job, of a completion index if there are any. */
export function podOf(job: Job, index?: number, failures?: IndexFailures): Pod {
  const { template } = job.spec;
  const finalizers = template.metadata?.finalizers ?? [];
  const tracked = finalizers.includes(TRACKING_FINALIZER) ? finalizers : [...finalizers, TRACKING_FINALIZER];
  const pod = podFromTemplate({ ...template, metadata: { ...template.metadata, finalizers: tracked } as ObjectMeta }, job);
  if (index === undefined) return pod;
  const failureAnnotations = failures && {
    [FAILURES]: String(failures.counted),
    ...(failures.ignored > 0 ? { [IGNORED_FAILURES]: String(failures.ignored) } : {}),
  };
  const suffix = `-${index}-`;
  const { metadata, spec } = pod;
  return {
    ...pod,
    metadata: {
      ...metadata,
      generateName: job.metadata.name.slice(0, GENERATED_NAME_MAX - suffix.length) + suffix,
      annotations: { ...metadata.annotations, [INDEX_KEY]: String(index), ...failureAnnotations },
      labels: { ...metadata.labels, [INDEX_KEY]: String(index) },
    },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: spec.containers.map(withIndexVariable),
      ...(spec.initContainers ? { initContainers: spec.initContainers.map(withIndexVariable) } : {}),
    },
  };
}

function withIndexVariable(container: Container): Container {
  const name = 'JOB_COMPLETION_INDEX';
  if (container.env?.some((variable) => variable.name === name)) return container;
  return { ...container, env: [...(container.env ?? []), { name, valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_KEY}']` } } }] };
}

