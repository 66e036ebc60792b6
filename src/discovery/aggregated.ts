import type { Kind } from '../registry/kind.js';
import type { ServedGroup } from './groups.js';

/** The aggregated form (KEP-3352): everything in one document, apidiscovery.k8s.io/v2. */
export function aggregatedDiscovery(groups: readonly ServedGroup[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name ? { name } : {},
      versions: versions.map(({ version, kinds }) => ({
        version,
        resources: kinds.toSorted((a, b) => (a.facts.plural < b.facts.plural ? -1 : 1)).map(resourceOf),
        freshness: 'Current',
      })),
    })),
  };
}

function resourceOf({ facts, gvk, custom }: Kind): object {
  // Of built-in kinds Kubernetes leaves out what the document says already; of custom ones it does not.
  const own = custom ? { group: gvk.group, version: gvk.version, kind: facts.kind } : { group: '', version: '', kind: facts.kind };
  return {
    resource: facts.plural,
    responseKind: own,
    scope: facts.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: facts.singular,
    verbs: custom?.discoveryVerbs ?? facts.verbs,
    ...(facts.shortNames.length > 0 ? { shortNames: facts.shortNames } : {}),
    ...(facts.categories.length > 0 ? { categories: facts.categories } : {}),
    ...(facts.subresources.length > 0
      ? {
          subresources: facts.subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: subresource.kind.version ? { group: subresource.kind.group, version: subresource.kind.version, kind: subresource.kind.kind } : { ...own, kind: subresource.kind.kind },
            verbs: subresource.verbs,
          })),
        }
      : {}),
  };
}
