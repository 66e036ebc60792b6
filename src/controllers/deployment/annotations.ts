import type { KubeObject } from '../../api/object.js';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.js';

/** What a Deployment writes down on its ReplicaSets. Pure. */

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to';

const HISTORY_MAX = 2000;
const NOT_COPIED = new Set(['kubectl.kubernetes.io/last-applied-configuration', REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO]);

type Annotations = Readonly<Record<string, string>>;

/** 0 without the annotation, undefined when it is no number. */
export function revisionOf({ metadata }: KubeObject): number | undefined {
  const text = metadata.annotations?.[REVISION];
  if (text === undefined) return 0;
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

export function nonNegativeAnnotation({ metadata }: ReplicaSet, key: string): number | undefined {
  const text = metadata.annotations?.[key];
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value < 2 ** 31 ? value : undefined;
}

/** Annotations of the new ReplicaSet: the Deployment's own, its revision, and the revisions it had before. */
export function newReplicaSetAnnotations(deployment: Deployment, present: Annotations | undefined, revision: number): Record<string, string> {
  const annotations: Record<string, string> = { ...present };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!NOT_COPIED.has(key)) annotations[key] = value;
  const text = annotations[REVISION];
  const old = text === undefined || text === '' ? 0 : Number(text);
  if (!Number.isInteger(old) || old >= revision) return annotations;
  annotations[REVISION] = String(revision);
  if (text !== undefined) annotations[REVISION_HISTORY] = withRevision(annotations[REVISION_HISTORY] ?? '', text);
  return annotations;
}

/** Forgets the oldest revisions when the list becomes too long. */
function withRevision(history: string, revision: string): string {
  if (history === '') return revision;
  const revisions = history.split(',');
  while ([...revisions, revision].join(',').length > HISTORY_MAX && revisions.length > 0) revisions.shift();
  const text = [...revisions, revision].join(',');
  return text.length > HISTORY_MAX ? history : text;
}

/** What the sizes of ReplicaSets were made for; undefined when it is written down already. */
export function replicasAnnotations(present: Annotations | undefined, desired: number, max: number): Record<string, string> | undefined {
  if (present?.[DESIRED_REPLICAS] === String(desired) && present[MAX_REPLICAS] === String(max)) return undefined;
  return { ...present, [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(max) };
}

/** Annotations of a Deployment that goes back to a ReplicaSet: that one's, but its own bookkeeping. */
export function rolledBackAnnotations(deployment: Deployment, replicaSet: ReplicaSet): Record<string, string> {
  const keep = ([key]: [string, string]): boolean => NOT_COPIED.has(key);
  return {
    ...Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(keep)),
    ...Object.fromEntries(Object.entries(replicaSet.metadata.annotations ?? {}).filter((entry) => !keep(entry))),
  };
}
