import { createHash } from 'node:crypto';
import { apiVersionOf } from '../api/gvk.js';
import type { Kind } from '../registry/kind.js';

/** The legacy documents (metav1.APIResourceList and friends), with their fields in Kubernetes' order. */

export interface ApiResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  group?: string;
  version?: string;
  kind: string;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
  storageVersionHash?: string;
}

/** `/apis/GROUP/VERSION`: resources and subresources, sorted by name. */
export function apiResourceList(group: string, version: string, kinds: readonly Kind[]): { readonly kind: string; readonly [field: string]: unknown } {
  const resources = kinds.filter(({ custom }) => !custom).flatMap((kind) => [resourceOf(kind), ...subresourcesOf(kind)]);
  resources.sort((a, b) => (a.name < b.name ? -1 : 1));
  // Of custom resources each comes with its subresources behind it.
  const custom = kinds.filter((kind) => kind.custom).sort((a, b) => (a.facts.plural < b.facts.plural ? -1 : 1));
  resources.push(...custom.flatMap((kind) => [resourceOf(kind), ...subresourcesOf(kind)]));
  return { kind: 'APIResourceList', ...(group ? { apiVersion: 'v1' } : {}), groupVersion: apiVersionOf({ group, version }), resources };
}

function resourceOf({ facts, virtual, storage, custom }: Kind): ApiResource {
  return {
    name: facts.plural,
    singularName: facts.singular,
    namespaced: facts.namespaced,
    kind: facts.kind,
    verbs: custom?.discoveryVerbs ?? facts.verbs,
    ...(facts.shortNames.length > 0 ? { shortNames: facts.shortNames } : {}),
    ...(facts.categories.length > 0 ? { categories: facts.categories } : {}),
    ...(virtual ? {} : { storageVersionHash: storageVersionHash(storage.gvk) }),
  };
}

function subresourcesOf({ facts }: Kind): ApiResource[] {
  return facts.subresources.map((subresource) => ({
    name: `${facts.plural}/${subresource.name}`,
    singularName: '',
    namespaced: facts.namespaced,
    ...(subresource.kind.version ? { group: subresource.kind.group, version: subresource.kind.version } : {}),
    kind: subresource.kind.kind,
    verbs: subresource.verbs,
  }));
}

/** Tells storage migrators when the stored version of a resource changes (KEP-2339). */
export function storageVersionHash({ group, version, kind }: { group: string; version: string; kind: string }): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
}
