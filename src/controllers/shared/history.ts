import type { KubeObject } from '../../api/object.js';
import type { ControllerRevision } from '../../api/types/apps-v1.js';
import type { PodTemplateSpec } from '../../api/types/core-v1.js';
import { encodeJson } from '../../base/json.js';
import { fnv32, safeEncode } from './hash.js';

/** ControllerRevisions: templates that DaemonSets and StatefulSets had (k8s.io/kubernetes/pkg/controller/history). Pure. */

/** Of pods, and of a DaemonSet's revisions. */
export const REVISION_HASH_LABEL = 'controller-revision-hash';
/** Of a StatefulSet's revisions. */
export const STATEFUL_REVISION_HASH_LABEL = 'controller.kubernetes.io/hash';

/** What a revision keeps of its owner, as a patch that brings it back. */
export interface RevisionData {
  readonly spec: { readonly template: Readonly<Record<string, unknown>> };
}

export function revisionData(template: PodTemplateSpec): RevisionData {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** The template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _patch, ...template } = (revision.data as RevisionData | undefined)?.spec.template ?? {};
  return template as PodTemplateSpec;
}

const texts = new WeakMap<object, string>();

/** The bytes of the data as Go writes a map: keys sorted, on one line. */
export function dataText(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  let text = texts.get(data);
  if (text === undefined) texts.set(data, (text = encodeJson(sorted(data))));
  return text;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

/** The hash in names of a StatefulSet's revisions. */
export function revisionHash(data: unknown, collisionCount: number): string {
  return safeEncode(String(fnv32(Buffer.from(dataText(data)), Buffer.from(String(collisionCount)))));
}

export function sameData(a: ControllerRevision, data: unknown): boolean {
  return dataText(a.data) === dataText(data);
}

/** Oldest first. */
export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return Number(a.revision) - Number(b.revision) || compare(a, b, ({ metadata }) => metadata.creationTimestamp) || compare(a, b, ({ metadata }) => metadata.name);
}

function compare(a: KubeObject, b: KubeObject, read: (object: KubeObject) => string | undefined): number {
  const [left = '', right = ''] = [read(a), read(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
