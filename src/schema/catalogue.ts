import type { GroupVersionKind } from '../api/gvk.js';
import { lazy, loadFact } from './facts.js';
import { SchemaResolver, type JsonSchema, type SchemaNode } from './node.js';

/** A subresource as discovery lists it, e.g. `pods/eviction` with the kind policy/v1 Eviction. */
export interface SubresourceFact {
  readonly name: string;
  /** Group and version are '' where they are the parent's. */
  readonly kind: GroupVersionKind;
  readonly verbs: readonly string[];
  readonly acceptedTypes: readonly string[];
}

/** A column of Tables of a kind. */
export interface ColumnFact {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** A built-in kind as Kubernetes v1.36 serves it (openapi/resources.json). */
export interface ResourceFact {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceFact[];
  readonly columns?: readonly ColumnFact[];
}

const META_KEY = 'meta.k8s.io/v1/';

const facts = lazy(() => loadFact('resources') as ResourceFact[]);
const definitions = lazy(() => new Map(Object.entries(loadFact('definitions') as Record<string, string>)));
const resolver = lazy(() => new SchemaResolver(loadFact('schemas') as Record<string, JsonSchema>));

/** Every built-in kind. Read from disk on first use, like everything of this file. */
export function resourceFacts(): readonly ResourceFact[] {
  return facts();
}

/**
 * The definition of a kind, e.g. `io.k8s.api.core.v1.Pod`; lists and kinds of subresources (Scale, Eviction, TokenRequest, …) too.
 * Kinds that exist in every group (DeleteOptions, Status, …) mean meta/v1 whatever the group is.
 */
export function definitionOf({ group, version, kind }: GroupVersionKind): string | undefined {
  return definitions().get(`${group}/${version}/${kind}`) ?? definitions().get(META_KEY + kind);
}

/** The schemas of all definitions (openapi/schemas.json), shared by all clusters of the process. */
export function schemas(): SchemaResolver {
  return resolver();
}

/** The schema of a built-in kind. */
export function schemaFor(gvk: GroupVersionKind): SchemaNode | undefined {
  const definition = definitionOf(gvk);
  return definition === undefined ? undefined : schemas().definition(definition);
}
