import type { GroupVersionKind } from '../api/gvk.js';
import type { Kind } from './kind.js';

/**
 * All kinds that the server serves, by resource and by kind. Built-in ones are added at start-up,
 * custom ones come and go with their CRDs; `version` counts the changes, for caches of discovery documents.
 */
export class KindCatalogue {
  private readonly byResource = new Map<string, Kind>();
  private readonly byKind = new Map<string, Kind>();
  private changes = 0;

  constructor(kinds: Iterable<Kind> = []) {
    for (const kind of kinds) this.add(kind);
  }

  get version(): number {
    return this.changes;
  }

  add(kind: Kind): void {
    this.byResource.set(`${kind.gvk.group}/${kind.gvk.version}/${kind.facts.plural}`, kind);
    this.byKind.set(kindKey(kind.gvk), kind);
    this.changes++;
  }

  remove(kind: Kind): void {
    this.byResource.delete(`${kind.gvk.group}/${kind.gvk.version}/${kind.facts.plural}`);
    this.byKind.delete(kindKey(kind.gvk));
    this.changes++;
  }

  /** The kind that a REST path names. */
  resource(group: string, version: string, plural: string): Kind | undefined {
    return this.byResource.get(`${group}/${version}/${plural}`);
  }

  /** Any served version of a resource: the one that is stored where there are several. */
  groupResource(group: string, plural: string): Kind | undefined {
    let found: Kind | undefined;
    for (const kind of this.byResource.values()) {
      if (kind.gvk.group !== group || kind.facts.plural !== plural) continue;
      if (!kind.storage.fromStorage || (kind.storage.remote && kind.storage.gvk.version === kind.gvk.version)) return kind;
      found ??= kind;
    }
    return found;
  }

  kind(gvk: GroupVersionKind): Kind | undefined {
    return this.byKind.get(kindKey(gvk));
  }

  /** In the order in which they were added. */
  all(): Iterable<Kind> {
    return this.byResource.values();
  }

  /** Whether a group has kinds that are Kubernetes' own, not a CRD's. */
  hasBuiltinGroup(group: string): boolean {
    for (const kind of this.byResource.values()) if (kind.gvk.group === group && kind.definition !== undefined) return true;
    return false;
  }
}

function kindKey({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}
