import { parseApiVersion } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { KindCatalogue } from '../registry/catalogue.js';
import type { Kind } from '../registry/kind.js';

/** The resources that a cluster serves, found by the names that people use for them. */
export class ResourceNames {
  constructor(private readonly catalogue: KindCatalogue) {}

  /** The kind of an object; undefined while nothing serves it (its CRD may be on its way). */
  ofObject({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): Kind | undefined {
    return this.catalogue.kind({ ...parseApiVersion(apiVersion), kind });
  }

  /**
   * A resource by plural, singular, short name or kind, with the group behind a dot where several share the name:
   * `pods`, `po`, `Deployment`, `deployments.apps`. Of several versions the one that is stored. Throws for what is none.
   */
  named(text: string): Kind {
    const dot = text.indexOf('.');
    const name = (dot < 0 ? text : text.slice(0, dot)).toLowerCase();
    const group = dot < 0 ? undefined : text.slice(dot + 1);
    let found: Kind | undefined;
    for (const kind of this.catalogue.all()) {
      const { facts, gvk } = kind;
      const names = [facts.plural, facts.singular, gvk.kind.toLowerCase(), ...(facts.shortNames ?? [])];
      if (!names.includes(name) || (group !== undefined && gvk.group !== group)) continue;
      const stored = this.catalogue.groupResource(gvk.group, facts.plural) ?? kind;
      // Core comes first, as kubectl sees it.
      if (!found || (gvk.group === '' && found.gvk.group !== '')) found = stored;
    }
    if (!found) throw new TypeError(`the cluster serves no resource ${JSON.stringify(text)}`);
    return found;
  }
}

/** What a client's path names. */
export function targetOf({ gvk, facts }: Kind): { group: string; version: string; resource: string } {
  return { group: gvk.group, version: gvk.version, resource: facts.plural };
}
