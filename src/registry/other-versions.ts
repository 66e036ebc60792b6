import { apiVersionOf, parseApiVersion } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { OtherVersion } from '../apply/index.js';
import { toTyped } from '../schema/typed.js';
import type { KindCatalogue } from './catalogue.js';
import type { Kind } from './kind.js';
import { convertRemotely } from './remote-conversion.js';
import { schemaOf } from './schema-of.js';

/**
 * The other versions of a kind in its own group, in which managers of its objects may be known. Those of other groups
 * (Events) are forgotten, as in Kubernetes.
 */
export function otherVersions(catalogue: KindCatalogue, kind: Kind): (apiVersion: string) => OtherVersion | undefined {
  return (apiVersion) => {
    const { group, version } = parseApiVersion(apiVersion);
    if (group !== kind.gvk.group) return undefined;
    const other = catalogue.kind({ group, version, kind: kind.gvk.kind });
    if (!other || other.storage.prefix !== kind.storage.prefix) return undefined;
    return {
      schema: schemaOf(other),
      fromCurrent: (object) => convertVersion(kind, other, object),
      toCurrent: (object) => convertVersion(other, kind, object),
    };
  };
}

/**
 * An object in another version of its kind, by the stored one. Those that are being merged may have nothing left in a part: they are
 * decoded before they are converted, as in Kubernetes.
 */
export function convertVersion(from: Kind, to: Kind, object: KubeObject): KubeObject {
  const typed = toTyped(from.definition, object).object as unknown as KubeObject;
  const { remote } = from.storage;
  if (remote) return convertRemotely(remote, typed, apiVersionOf(to.gvk));
  const stored = from.storage.toStorage?.(typed) ?? typed;
  return to.storage.fromStorage?.(stored) ?? stored;
}
