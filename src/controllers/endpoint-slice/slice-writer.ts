import { ApiError } from '../../api/errors.js';
import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import type { Client } from '../../client/types.js';
import { isNamespaceTerminating } from '../endpoints/index.js';
import type { SliceTracker } from './slice-tracker.js';

export const SLICES = { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' };

export interface SliceChanges {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

/**
 * Turns creations into updates of slices that would go otherwise; `mayReuse` says which. Others watch less churn that way.
 */
export function reuseSlices(changes: SliceChanges, mayReuse: (slice: EndpointSlice) => boolean): SliceChanges {
  const create = [...changes.create];
  const update = [...changes.update];
  const gone: EndpointSlice[] = [];
  for (const old of changes.delete) {
    const last = create.at(-1);
    if (!last || last.addressType !== old.addressType || !mayReuse(old)) {
      gone.push(old);
      continue;
    }
    create.pop();
    update.push({ ...last, metadata: { ...last.metadata, name: old.metadata.name } });
  }
  return { create, update, delete: gone };
}

/** Performs changes; a namespace that is being deleted ends them quietly. */
export async function writeSlices(client: Client, owner: string, changes: SliceChanges, tracker: SliceTracker): Promise<void> {
  const slices = client.resource<EndpointSlice>(SLICES);
  for (const slice of changes.create) {
    try {
      tracker.wrote(owner, await slices.create(slice));
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      throw error;
    }
  }
  for (const slice of changes.update) tracker.wrote(owner, await slices.update(slice));
  for (const slice of changes.delete) {
    const { name, namespace } = slice.metadata;
    try {
      await slices.delete({ name, namespace });
      tracker.deleted(owner, slice);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
  }
}
