import type { KubeObject } from '../../api/object.js';
import { notAcceptable } from '../../api/errors.js';
import type { ListResponse } from '../request.js';
import type { Kind } from '../../registry/kind.js';
import type { Negotiated } from '../negotiate.js';

/** metadata and nothing else, as metadata informers ask for. */
export function partialObject(object: KubeObject, version: string): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

export function partialList(response: ListResponse, version: string): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMeta(response),
    // A nil slice in Go, where nobody has appended anything.
    items: response.entries.length === 0 ? null : response.entries.map((entry) => partialObject(entry.object, version)),
  };
}

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

/** ListMeta in Kubernetes' order of fields. */
export function listMeta(response: { resourceVersion: string; continue?: string | undefined; remainingItemCount?: number | undefined }): ListMeta {
  return {
    ...(response.resourceVersion ? { resourceVersion: response.resourceVersion } : {}),
    ...(response.continue ? { continue: response.continue } : {}),
    ...(response.remainingItemCount ? { remainingItemCount: response.remainingItemCount } : {}),
  };
}

/** Throws 406 where `as=` does not fit what is answered: a list for one object, or the other way round. */
export function checkTransform({ as }: Negotiated, kind: Kind | undefined, isList: boolean): void {
  if (as === 'PartialObjectMetadata' && isList) throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${goType(kind, 'List')})`);
  if (as === 'PartialObjectMetadataList' && !isList) throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (${goType(kind, '')})`);
}

/** The type that the real server has for objects of a kind. */
function goType(kind: Kind | undefined, suffix: string): string {
  if (!kind) return '*v1.Status';
  if (kind.definition === undefined) return `*unstructured.Unstructured${suffix}`;
  const [folder = ''] = kind.gvk.group.split('.');
  return `*${folder === '' || folder === 'events' ? 'core' : folder}.${kind.gvk.kind}${suffix}`;
}

