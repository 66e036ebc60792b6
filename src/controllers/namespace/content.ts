import { ApiError } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import type { ServedResource } from '../../api/served-resource.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { Client } from '../../client/types.js';
import { isPodFinished } from '../shared/pods.js';

/** Seconds that finalizers are given before the namespace is looked at again. */
const FINALIZER_ESTIMATE_SECONDS = 15;

/** What is left of a resource after its deletion was asked for. */
export interface Remains {
  readonly count: number;
  readonly finalizers: ReadonlyMap<string, number>;
  /** Seconds until it should be gone; 0: no idea. */
  readonly estimateSeconds: number;
  readonly failure?: string;
}

const NOTHING: Remains = { count: 0, finalizers: new Map(), estimateSeconds: 0 };

/** Deletes all objects of a resource in a namespace and says what remains. `silentSeconds`: since the namespace was deleted. */
export async function deleteContent(client: Client, resource: ServedResource, namespace: string, silentSeconds: number): Promise<Remains> {
  const objects = client.resource(resource);
  let graceSeconds = 0;
  try {
    const before = resource.verbs.includes('list') ? (await objects.list({ namespace })).items : undefined;
    if (before?.length === 0) return NOTHING;
    const grace = before && resource.group === '' && resource.resource === 'pods' ? longestGrace(before as readonly Pod[]) : 0;
    graceSeconds = silentSeconds >= grace ? 0 : grace;
    if (resource.verbs.includes('deletecollection')) await objects.deleteCollection({ namespace }, { propagationPolicy: 'Background' });
    else for (const { metadata } of before ?? []) await deleteOne(client, resource, namespace, metadata.name);
    if (!before) return { ...NOTHING, estimateSeconds: graceSeconds };
    return remains(resource, namespace, (await objects.list({ namespace })).items, graceSeconds);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 404 || error.code === 405) return NOTHING;
    return { ...NOTHING, estimateSeconds: graceSeconds, failure: error.message };
  }
}

async function deleteOne(client: Client, resource: ServedResource, namespace: string, name: string): Promise<void> {
  try {
    await client.resource(resource).delete({ name, namespace }, { propagationPolicy: 'Background' });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
}

function remains({ group, version, resource }: ServedResource, namespace: string, items: readonly KubeObject[], graceSeconds: number): Remains {
  if (items.length === 0) return NOTHING;
  const finalizers = new Map<string, number>();
  for (const { metadata } of items) for (const name of metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  if (graceSeconds > 0) return { count: items.length, finalizers, estimateSeconds: graceSeconds };
  if (finalizers.size > 0) return { count: items.length, finalizers, estimateSeconds: FINALIZER_ESTIMATE_SECONDS };
  const gvr = `${group}/${version}, Resource=${resource}`;
  return { count: items.length, finalizers, estimateSeconds: 0, failure: `unexpected items still remain in namespace: ${namespace} for gvr: ${gvr}` };
}

function longestGrace(pods: readonly Pod[]): number {
  return Math.max(0, ...pods.filter((pod) => !isPodFinished(pod)).map(({ spec }) => spec.terminationGracePeriodSeconds ?? 0));
}
