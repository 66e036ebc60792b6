import type { ResourceDirectory, ServedResource } from '../api/served-resource.js';
import type { KindCatalogue } from './catalogue.js';

/** The catalogue as residents see it. Computed anew when kinds have come or gone. */
export function resourceDirectory(catalogue: KindCatalogue): ResourceDirectory {
  let version = -1;
  let known: readonly ServedResource[] = [];
  return {
    resources() {
      if (version === catalogue.version) return known;
      version = catalogue.version;
      known = [...catalogue.all()].map((kind) => ({
        group: kind.gvk.group,
        version: kind.gvk.version,
        resource: kind.facts.plural,
        kind: kind.gvk.kind,
        namespaced: kind.facts.namespaced,
        verbs: kind.facts.verbs,
        preferred: catalogue.groupResource(kind.gvk.group, kind.facts.plural) === kind,
      }));
      return known;
    },
  };
}
