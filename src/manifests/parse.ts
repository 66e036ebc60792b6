import { badRequest } from '../api/errors.js';
import type { AnyObject, KubeObject } from '../api/object.js';
import { deepClone } from '../base/freeze.js';
import { decodeYaml } from '../schema/yaml.js';

/** YAML or JSON text, an object, a list of objects, or several of all these. */
export type Manifests = string | KubeObject | readonly Manifests[];

/** The objects of manifests, in order; lists are taken apart. Throws ApiError 400 for text that is no YAML, or an object without a kind. */
export function parseManifests(manifests: Manifests): AnyObject[] {
  if (typeof manifests === 'string') return splitDocuments(manifests).flatMap((text) => objectsOf(decodeYaml(Buffer.from(text))));
  if (Array.isArray(manifests)) return (manifests as readonly Manifests[]).flatMap(parseManifests);
  return objectsOf(deepClone(manifests));
}

/** The documents of a YAML text; those with nothing but comments in them are left out. */
function splitDocuments(text: string): string[] {
  return text.split(/^---(?=\s|$).*$/m).filter((document) => /^[^#\s]/m.test(document.replace(/^\s+/gm, '')));
}

function objectsOf(value: unknown): AnyObject[] {
  const object = value as Partial<AnyObject> & { items?: unknown };
  if (typeof object.kind !== 'string' || typeof object.apiVersion !== 'string') throw badRequest('an object has no kind or no apiVersion');
  if (object.kind.endsWith('List') && Array.isArray(object.items)) {
    const { apiVersion, kind } = object;
    // The items of a typed list need not name their kind.
    const own = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
    return (object.items as object[]).flatMap((item) => objectsOf({ ...own, ...item }));
  }
  if (typeof object.metadata !== 'object' || object.metadata === null) throw badRequest(`${object.kind} has no metadata`);
  return [object as AnyObject];
}

/** What others need to be there: they come first, whatever order they are written in. */
const FIRST = ['CustomResourceDefinition', 'Namespace', 'PriorityClass', 'StorageClass', 'IngressClass', 'RuntimeClass', 'ServiceAccount', 'LimitRange', 'ResourceQuota', 'Secret', 'ConfigMap', 'PersistentVolume'];

export function inOrder<T extends KubeObject>(objects: readonly T[]): T[] {
  const rank = ({ kind }: KubeObject): number => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length);
  return [...objects].sort((a, b) => rank(a) - rank(b));
}
