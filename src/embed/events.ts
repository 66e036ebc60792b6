import type { Event } from '../api/types/core-v1.js';
import type { Client } from '../client/types.js';
import type { ResourceNames } from '../manifests/resources.js';

export interface EventFilter {
  readonly namespace?: string | undefined;
  /** The object that they are about: `pod/web`. */
  readonly for?: string | undefined;
  readonly reason?: string | undefined;
  readonly type?: 'Normal' | 'Warning' | undefined;
}

/** Events that fit, in the order in which they were last seen. */
export async function clusterEvents(client: Client, resources: ResourceNames, filter: EventFilter): Promise<Event[]> {
  const [type = '', name = ''] = filter.for?.split('/') ?? [];
  const kind = filter.for === undefined ? undefined : resources.named(type).gvk.kind;
  const selectors = [
    ...(kind === undefined ? [] : [`involvedObject.kind=${kind}`, `involvedObject.name=${name}`]),
    ...(filter.reason === undefined ? [] : [`reason=${filter.reason}`]),
    ...(filter.type === undefined ? [] : [`type=${filter.type}`]),
  ];
  const { items } = await client.resource<Event>({ group: '', version: 'v1', resource: 'events' }).list({ namespace: filter.namespace, ...(selectors.length > 0 ? { fieldSelector: selectors.join(',') } : {}) });
  // Their own times are whole seconds, in one form of events, and microseconds in the other: they cannot be compared.
  return [...items].sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
}
