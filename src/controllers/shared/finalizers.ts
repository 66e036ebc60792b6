import type { KubeObject } from '../../api/object.js';

/**
 * The finalizers that a protected object should have instead of those it has; undefined when they are right. What is
 * not being deleted has the finalizer, what is being deleted loses it once it is not in use. Pure.
 */
export function planFinalizer({ metadata }: KubeObject, finalizer: string, inUse: boolean): string[] | undefined {
  const present = metadata.finalizers ?? [];
  const has = present.includes(finalizer);
  if (metadata.deletionTimestamp) return has && !inUse ? present.filter((name) => name !== finalizer) : undefined;
  return has ? undefined : [...present, finalizer];
}
