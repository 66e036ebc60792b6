import type { KubeObject } from '../api/object.js';
import { canonical, toTyped } from '../schema/typed.js';
import { deepClone, deepEqual } from '../base/freeze.js';
import type { Kind } from './kind.js';

/**
 * The object in the form in which it is stored: in Kubernetes' order of fields, without empty values. Parts that are the
 * same as `before`, which is in that form, are taken from there.
 */
export function finishObject(kind: Kind, object: KubeObject, before?: KubeObject): KubeObject {
  type Fields = Record<string, unknown>;
  return canonical(kind.definition, object as unknown as Fields, before as unknown as Fields | undefined) as unknown as KubeObject;
}

/**
 * A stored object as rules read objects, the same as one that has just been sent: what always prints is empty where the
 * stored form says null, and defaults that do not print are there.
 */
export function readable(kind: Kind, stored: KubeObject): KubeObject {
  if (!kind.definition) return kind.custom ? decodeCustom(stored) : stored;
  const object = toTyped(kind.definition, stored).object as unknown as KubeObject;
  kind.strategy.defaults?.(object);
  return object;
}

/** A custom resource's metadata is typed, the rest is as it is. */
function decodeCustom(stored: KubeObject): KubeObject {
  return toTyped(undefined, deepClone(stored)).object as unknown as KubeObject;
}

/** Whether anything but metadata and status differs, where no list and an empty one are the same: what metadata.generation counts. */
export function specChanged(kind: Kind, object: KubeObject, old: KubeObject): boolean {
  return contentDiffers(object, old) && contentDiffers(finishObject(kind, object), finishObject(kind, old));
}

function contentDiffers(object: KubeObject, old: KubeObject): boolean {
  const after = object as KubeObject & Record<string, unknown>;
  const before = old as KubeObject & Record<string, unknown>;
  for (const key of new Set([...Object.keys(after), ...Object.keys(before)])) {
    if (key === 'metadata' || key === 'status' || key === 'apiVersion' || key === 'kind') continue;
    if (!deepEqual(after[key], before[key])) return true;
  }
  return false;
}

/** The storage option that lets objects of a kind expire (Events), counted from each write. */
export function timeToLive(kind: Kind): { ttlMs?: number } {
  return kind.storage.ttlSeconds === undefined ? {} : { ttlMs: kind.storage.ttlSeconds * 1000 };
}
