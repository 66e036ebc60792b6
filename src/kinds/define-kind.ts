import type { GroupVersionKind } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { Cell, Column, Kind, OwnDefinitions, StorageForm, Strategy, VirtualResource } from '../registry/kind.js';
import type { Subresource } from '../registry/subresource.js';
import { definitionOf, resourceFacts, type ResourceFact } from '../schema/catalogue.js';

/** What a kind adds to its facts. Every part is optional: a kind states only how it differs. */
export interface KindDefinition<T extends KubeObject> {
  readonly strategy?: Strategy<T>;
  /** By name of the subresource; `status` and those the facts name must all be here or have a generic meaning. */
  readonly subresources?: Readonly<Record<string, Subresource>>;
  /** Cells of a Table row for the columns of openapi/resources.json, in that order. */
  readonly cells?: (object: T, nowMs: number) => readonly Cell[];
  /** Fields to select by beyond the common ones; undefined for a common one that the kind does not have. */
  readonly selectableFields?: Readonly<Record<string, ((object: T) => string) | undefined>>;
  /** See Kind.unknownFieldText. */
  readonly unknownFieldText?: (field: string) => string;
  /** See Kind.indexedField. */
  readonly indexedField?: string;
  readonly storage?: Partial<StorageForm<T>>;
  readonly virtual?: VirtualResource;
  readonly ownDefinitions?: OwnDefinitions;
  /** See Kind.deprecation. */
  readonly deprecation?: string;
}

/** Field selectors that every kind has. */
const COMMON_FIELDS: Readonly<Record<string, (object: KubeObject) => string>> = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
};

/** Builds a kind from its facts and its differences. Throws at start-up when there are no facts of that name. */
export function defineKind<T extends KubeObject = KubeObject>(gvk: GroupVersionKind, definition: KindDefinition<T> = {}): Kind<T> {
  const facts = resourceFacts().find((f) => f.group === gvk.group && f.version === gvk.version && f.kind === gvk.kind);
  if (!facts) throw new Error(`openapi/resources.json knows no kind ${gvk.kind} in ${gvk.group || 'core'}/${gvk.version}`);
  return kindOf(facts, definition);
}

/** Builds a kind that is no part of Kubernetes' own API from facts of its own. */
export function kindOf<T extends KubeObject = KubeObject>(facts: ResourceFact, definition: KindDefinition<T> = {}): Kind<T> {
  const gvk = { group: facts.group, version: facts.version, kind: facts.kind };
  const hasStatus = facts.subresources.some((s) => s.name === 'status');
  const strategy: Strategy<T> = { keepsStatus: hasStatus, ...(hasStatus ? { resetFields: [['status']] } : {}), ...definition.strategy };
  const subresources = new Map<string, Subresource>(Object.entries(definition.subresources ?? {}));
  if (hasStatus && !subresources.has('status')) subresources.set('status', { type: 'object', strategy: statusStrategy(strategy as Strategy) });
  const columns: Column[] = (facts.columns ?? []).map((c) => ({ name: c.name, type: c.type, format: c.format ?? '', description: c.description ?? '', priority: c.priority ?? 0 }));
  return {
    facts,
    gvk,
    definition: definitionOf(gvk),
    storage: { prefix: `${gvk.group || 'core'}/${facts.plural}/`, gvk, ...definition.storage },
    strategy,
    subresources,
    printer: { columns, cells: definition.cells ?? ((object) => plainCells(columns, object)) },
    selectableFields: new Map(Object.entries({ ...COMMON_FIELDS, ...definition.selectableFields }).filter((entry): entry is [string, (object: T) => string] => entry[1] !== undefined)),
    unknownFieldText: definition.unknownFieldText ?? (definition.selectableFields ? (field) => `field label not supported: ${field}` : undefined),
    indexedField: definition.indexedField,
    virtual: definition.virtual,
    ownDefinitions: definition.ownDefinitions,
    deprecation: definition.deprecation,
  };
}

/** Cells of a kind that Kubernetes has no printer for: `Name` and `Created At`. */
function plainCells(columns: readonly Column[], { metadata }: KubeObject): Cell[] {
  return columns.map(({ name }) => (name === 'Name' ? metadata.name : name === 'Created At' ? (metadata.creationTimestamp ?? '0001-01-01T00:00:00Z') : '<unknown>'));
}

/**
 * The usual rules of a status route: spec and the rest of the object stay as they are, metadata and status are taken.
 * A kind whose status has rules of its own passes `overrides`.
 */
export function statusStrategy<T extends KubeObject>(main: Strategy<T>, overrides: Strategy<T> = {}): Strategy<T> {
  return {
    ...(main.defaults ? { defaults: main.defaults } : {}),
    generation: 'none',
    keepsStatus: false,
    ...(main.allowUnconditionalUpdate === undefined ? {} : { allowUnconditionalUpdate: main.allowUnconditionalUpdate }),
    prepareForUpdate: keepAllButStatus,
    resetFields: [['spec']],
    ...overrides,
  };
}

/** Puts everything but status and metadata back to what it was. */
export function keepAllButStatus(object: KubeObject, old: KubeObject): void {
  const draft = object as KubeObject & Record<string, unknown>;
  const before = old as KubeObject & Record<string, unknown>;
  for (const key of new Set([...Object.keys(draft), ...Object.keys(before)])) {
    if (key === 'status' || key === 'metadata' || key === 'apiVersion' || key === 'kind') continue;
    if (before[key] === undefined) delete draft[key];
    else draft[key] = before[key];
  }
}
