import { parseApiVersion } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import { formatTime } from '../api/time.js';
import type { Operation } from '../storage/types.js';
import { objectKey } from './context.js';
import type { RegistryDependencies } from './dependencies.js';
import type { Kind } from './kind.js';
import { stamp } from './seed.js';

const NONE: readonly Operation[] = [];

/**
 * What happens to an object's attendants (Strategy.attendants) when it becomes `next`, or goes: part of the same commit.
 * One that somebody else has made is left alone, and so is one that is gone already.
 */
export function attendantOperations(registry: RegistryDependencies, kind: Kind, next: KubeObject | undefined, old: KubeObject | undefined): readonly Operation[] {
  const { attendants } = kind.strategy;
  if (!attendants) return NONE;
  const now = formatTime(registry.clock.now());
  const byKey = (object: KubeObject | undefined): Map<string, KubeObject> => new Map((object ? attendants(object, now) : []).map((attendant) => [keyOf(registry, attendant), attendant]));
  const [wanted, before] = [byKey(next), byKey(old)];
  const operations: Operation[] = [];
  for (const [key, attendant] of wanted) if (!before.has(key) && !registry.store.head(key)) operations.push({ key, expected: 0, object: stamp(attendant, now, registry.ids.uid()) });
  for (const key of before.keys()) {
    const entry = wanted.has(key) ? undefined : registry.store.head(key);
    if (entry) operations.push({ key, expected: entry.revision, object: null });
  }
  return operations;
}

function keyOf({ catalogue }: RegistryDependencies, { apiVersion, kind: name, metadata }: KubeObject): string {
  const kind = catalogue.kind({ ...parseApiVersion(apiVersion), kind: name });
  if (!kind) throw new Error(`nothing serves ${apiVersion} ${name}`);
  return objectKey({ kind, namespace: metadata.namespace ?? '' }, metadata.name);
}
