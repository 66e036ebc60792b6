import type { FieldFilter } from '../apply/field-filter.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { FieldError } from '../api/field.js';
import type { GroupVersionKind } from '../api/gvk.js';
import type { NameCheck } from '../api/names.js';
import type { KubeObject } from '../api/object.js';
import type { UserInfo } from '../api/user.js';
import type { ResourceFact } from '../schema/catalogue.js';
import type { JsonSchema, SchemaNode } from '../schema/node.js';
import type { Reader } from '../watch/types.js';
import type { ObjectVerbs, Subresource } from './subresource.js';

/**
 * A kind of object as the server serves it: facts (names, verbs, columns, from openapi/resources.json) plus the
 * little that differs. Built-in kinds come from `defineKind`, custom ones are built from a CRD at run time.
 */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly facts: ResourceFact;
  readonly gvk: GroupVersionKind;
  /** Name of the definition in openapi/schemas.json. */
  readonly definition: string | undefined;
  /** Kinds served in several groups or versions share one stored form. */
  readonly storage: StorageForm<T>;
  readonly strategy: Strategy<T>;
  readonly subresources: ReadonlyMap<string, Subresource>;
  readonly printer: Printer<T>;
  /**
   * Fields that field selectors of this kind may name, beyond metadata.name and metadata.namespace.
   * A label that is not in the result is answered with 400.
   */
  readonly selectableFields: ReadonlyMap<string, (object: T) => string>;
  /** What is said of any other field; kinds that have only the common ones have a common text. */
  readonly unknownFieldText?: ((field: string) => string) | undefined;
  /** The selectable field that kube-apiserver keeps an index of: lists by it do not look at other objects. */
  readonly indexedField: string | undefined;
  /** Sent as a Warning with every answer: `v1 Endpoints is deprecated in v1.33+; use …`. */
  readonly deprecation: string | undefined;
  /** What OpenAPI documents say of a kind that is no part of Kubernetes' own API. */
  readonly ownDefinitions?: OwnDefinitions | undefined;
  /** What a custom resource has in place of a definition. */
  readonly custom?: CustomForm | undefined;
  /** Kinds that are not stored: reviews, Binding, ComponentStatus. */
  readonly virtual: VirtualResource | undefined;
}

/** How objects of a kind are read that a CustomResourceDefinition has made. */
export interface CustomForm {
  /** Kind of its lists. */
  readonly listKind: string;
  /** What discovery tells: while its definition goes, fewer than the routes allow. */
  readonly discoveryVerbs: readonly string[];
  /** For patch and server-side apply. */
  readonly schema: SchemaNode;
  /** Takes away what the schema does not know; returns the paths of what went. */
  readonly prune: (object: KubeObject) => string[];
  /** Aborted when the kind is served no longer, or otherwise: its watches end. */
  readonly retired: AbortController;
}

/** Definitions that openapi/schemas.json does not have. */
export interface OwnDefinitions {
  /** Names of the definitions of the kind and of its lists. */
  readonly item: string;
  readonly list: string;
  /** By name, with descriptions; they may refer to those of Kubernetes. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  /** As documents of version 2 have them, where that differs. */
  readonly schemasV2?: Readonly<Record<string, JsonSchema>>;
}

/** A resource without storage: a POST is answered, nothing is kept; or a list is computed. */
export interface VirtualResource {
  readonly create?: (action: VirtualAction) => Promise<{ readonly code?: number; readonly object: KubeObject }>;
  /** Of the context's namespace, all for ''; selectors are applied to what comes back. */
  readonly list?: (context: StrategyContext) => Promise<readonly KubeObject[]>;
  /** One object, where finding it in the list would be dear or says too little. Throws ApiError 404. */
  readonly get?: (name: string, context: StrategyContext) => Promise<KubeObject>;
}

export interface VirtualAction extends StrategyContext {
  readonly body: KubeObject;
  readonly query: URLSearchParams;
  readonly verbs: ObjectVerbs;
}

/** How the objects of a kind are stored: under which key prefix and in which version. */
export interface StorageForm<T extends KubeObject = KubeObject> {
  /** `group/resource/` of the stored form, '/' at the end, 'core' for the core group. */
  readonly prefix: string;
  readonly gvk: GroupVersionKind;
  /** Stored object → this version; absent where they are the same. Must not change its argument. */
  readonly fromStorage?: (stored: KubeObject) => T;
  readonly toStorage?: (object: T) => KubeObject;
  /** Present where versions are converted by somebody who must be asked (a definition's webhook): `fromStorage` does for its own version alone. */
  readonly remote?: RemoteConversion;
  /** Seconds after which an object is gone (Events). */
  readonly ttlSeconds?: number;
}

/** Converts objects of a kind by asking a webhook. */
export interface RemoteConversion {
  /** A stored object in this kind's version. Rejects with ApiError 500, as `convert`. */
  fromStorage(stored: KubeObject): Promise<KubeObject>;
  convert(object: KubeObject, apiVersion: string): Promise<KubeObject>;
}

/** What a strategy may know of the request it serves. */
export interface StrategyContext {
  /** The cluster's time as RFC 3339 with seconds: what creationTimestamp is set to. */
  readonly now: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly user: UserInfo;
  /** Durable state of the cluster, for looking up other objects. Reads only. */
  readonly reader: Reader;
  readonly dryRun: boolean;
  readonly namespace: string;
  /** '' for the main resource. */
  readonly subresource: string;
  /** Sends a Warning header. */
  warn(text: string): void;
}

/**
 * The differences of a kind (k8s.io/apiserver/pkg/registry/rest strategies). Functions are pure but for their first
 * argument, which `defaults` and `prepare…` change in place; validation never changes anything.
 * Order on create: defaults, (mutating admission, defaults again), prepareForCreate, allocate, validate, (validating admission), commit.
 */
export interface Strategy<T extends KubeObject = KubeObject> {
  /**
   * Whether the requester may write exactly this, beyond the right to the route: throws ApiError. Runs after mutating
   * admission, before anything else looks at the object; `old` is undefined on create. (RBAC: no escalation.)
   */
  readonly authorize?: (object: T, old: T | undefined, context: StrategyContext) => void;
  /** Fills in what was left out. Runs again after every mutation, so it must be idempotent. */
  readonly defaults?: (object: T) => void;
  /** Clears what a client may not set (status) and derives what the server sets. */
  readonly prepareForCreate?: (object: T, context: StrategyContext) => void;
  readonly prepareForUpdate?: (object: T, old: T, context: StrategyContext) => void;
  /**
   * Who judges metadata on create. Unless said otherwise the registry does, before `validate`: the rules of all kinds, and that finalizers
   * are qualified names. 'lenient': finalizers may have any name. 'own': the kind's `validate` looks at metadata itself, or not at all.
   */
  readonly metadata?: 'lenient' | 'own' | undefined;
  /** Errors of everything but metadata (which the registry checks), all at once, in Kubernetes' order. */
  readonly validate?: (object: T, context: StrategyContext) => FieldError[];
  readonly validateUpdate?: (object: T, old: T, context: StrategyContext) => FieldError[];
  /** Errors of metadata.name beyond being a path segment; DNS-1123 subdomain unless said otherwise. `prefix`: a generateName. */
  readonly nameErrors?: NameCheck;
  readonly warnings?: (object: T, old: T | undefined, context: StrategyContext) => string[];
  /** PUT of a name that does not exist creates it. */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without a resourceVersion overwrites (true unless said otherwise). */
  readonly allowUnconditionalUpdate?: boolean;
  /** 'spec': metadata.generation is 1 at first and counts changes of everything but metadata and status. */
  readonly generation?: 'spec' | 'none';
  /**
   * The registry drops `status` on create and keeps the old one on update, before `prepare…` runs (true where the
   * kind has a status subresource, unless said otherwise: Nodes may be created with a status).
   */
  readonly keepsStatus?: boolean;
  /** DELETE answers with the object instead of a Status (pods, services, claims, …). */
  readonly returnsDeleted?: boolean;
  /**
   * What becomes of dependents where a deletion does not say. 'orphan': they stay. 'unsupported': Events take no part in
   * garbage collection, no orphan or foreground finalizers.
   */
  readonly garbageCollection?: 'default' | 'orphan' | 'unsupported';
  /** Sent as a Warning with a deletion that says nothing about dependents. */
  readonly deletionWarning?: string;
  /**
   * Graceful deletion (pods): seconds until the object may go, or undefined to delete at once.
   * Called with the object as stored and the grace period asked for.
   */
  readonly gracePeriod?: (object: T, asked: number | undefined, context: StrategyContext) => number | undefined;
  /** Finalizers beyond metadata.finalizers that hold the object back (Namespace: spec.finalizers). */
  readonly pendingFinalizers?: (object: T) => boolean;
  /** Changes made when deletionTimestamp is set first (Namespace: phase Terminating). */
  readonly markDeleting?: (object: T) => void;
  /**
   * Takes what must be unique in the cluster (cluster IPs, node ports), changing the object; runs before validation, also for
   * dry runs (which give back at once). `release` is called when the write did not happen.
   */
  readonly allocate?: (object: T, old: T | undefined, context: StrategyContext) => Reservation | undefined;
  /**
   * Objects that the server itself keeps beside each object of the kind (IPAddresses of a Service): written and removed
   * in the same commit, past their own kind's rules. In canonical form, but for uid and creation time. `now` as in StrategyContext.
   */
  readonly attendants?: (object: T, now: string) => readonly KubeObject[];
  /** The object is gone from the store: give back what it held. */
  readonly afterDelete?: (object: T) => void;
  /** What writes through this route never own (server-side apply): paths such as ['status'], or a filter for routes that own little. */
  readonly resetFields?: ReadonlyArray<readonly string[]> | FieldFilter;
}

export interface Reservation {
  /** The write is committed. */
  confirm(): void;
  /** The write did not happen. */
  release(): void;
}

/** Cells of a Table row; a column is as in the facts of the kind. */
export type Cell = string | number | boolean | null;

export interface Printer<T extends KubeObject = KubeObject> {
  readonly columns: readonly Column[];
  /** One cell for each column, in order. `nowMs` is for ages. */
  cells(object: T, nowMs: number): readonly Cell[];
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}
