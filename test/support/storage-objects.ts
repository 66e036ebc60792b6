import type { KubeObject } from '../../src/api/object.js';
import type { Change, Entry } from '../../src/storage/types.js';

/** The key of a pod in the namespace `default` unless the name says `namespace/name`. */
export function podKey(name: string): string {
  return `core/pods/${name.includes('/') ? name : `default/${name}`}`;
}

export interface TestPod extends KubeObject {
  spec: { nodeName?: string; text?: string };
}

/** A new, mutable pod. */
export function pod(name: string, more: { labels?: Record<string, string>; nodeName?: string; text?: string } = {}): TestPod {
  const { labels, ...spec } = more;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', ...(labels ? { labels } : {}) }, spec };
}

/** What a test compares: `key@revision`. */
export const place = ({ key, revision }: Entry | Change): string => `${key}@${revision}`;

/** `type key@revision <- previous revision`. */
export function line(change: Change): string {
  return `${change.type} ${change.key.split('/').slice(2).join('/')}@${change.revision}${change.previous ? ` <- ${change.previous.revision}` : ''}`;
}

export const text = (entry: Entry | undefined): string | undefined => (entry?.object as TestPod | undefined)?.spec.text;
