import { parseApiVersion } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import { formatTime } from '../api/time.js';
import type { Operation } from '../storage/types.js';
import { objectKey } from './context.js';
import type { RegistryDependencies } from './dependencies.js';

/**
 * Stores objects as they are, all in one write, and leaves alone those that are there already: what a new cluster
 * starts with. They must be whole and in canonical form, for no defaults, admission or validation run; they only get
 * a uid and a creation time. Objects of kinds that are not served are left out.
 */
export async function seed(registry: Pick<RegistryDependencies, 'store' | 'catalogue' | 'clock' | 'ids'>, objects: readonly KubeObject[]): Promise<void> {
  const now = formatTime(registry.clock.now());
  const operations: Operation[] = [];
  for (const object of objects) {
    const kind = registry.catalogue.kind({ ...parseApiVersion(object.apiVersion), kind: object.kind });
    if (!kind) continue;
    const key = objectKey({ kind, namespace: object.metadata.namespace ?? '' }, object.metadata.name ?? '');
    if (registry.store.head(key)) continue;
    const whole = stamp(object, now, registry.ids.uid());
    operations.push({ key, expected: 0, object: kind.storage.toStorage?.(whole) ?? whole });
  }
  await registry.store.commit(operations);
}

/** Fields stand in Kubernetes' order; the store fills in resourceVersion. */
export function stamp(object: KubeObject, now: string, uid: string): KubeObject {
  const { name, namespace, generation, ...rest } = object.metadata;
  return {
    ...object,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion: '0',
      ...(generation === undefined ? {} : { generation }),
      creationTimestamp: now,
      ...rest,
    },
  } as KubeObject;
}
