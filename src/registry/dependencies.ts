import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import type { GroupVersionKind } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { UserInfo } from '../api/user.js';
import type { Store } from '../storage/types.js';
import type { Reader } from '../watch/types.js';
import type { KindCatalogue } from './catalogue.js';
import type { Kind } from './kind.js';

export interface RegistryDependencies {
  readonly store: Store;
  readonly reader: Reader;
  readonly catalogue: KindCatalogue;
  readonly clock: Clock;
  /** Real time, for how long streams last, whatever the cluster's own time does; `clock` unless said otherwise. */
  readonly streamClock?: Clock | undefined;
  readonly ids: Ids;
  readonly admission: AdmissionHooks;
  readonly logger: Logger;
}

/** The admission chain as the registry sees it: plain functions, run inside the read-modify-write loop. */
export interface AdmissionHooks {
  /** May change `attributes.object`. Throws ApiError to refuse. */
  mutate(attributes: AdmissionAttributes): Promise<void>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

/** What admission decides on (k8s.io/apiserver/pkg/admission Attributes). */
export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly kind: GroupVersionKind;
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined for DELETE. */
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** CreateOptions, UpdateOptions or DeleteOptions as the client sent them. */
  readonly options?: object | undefined;
  readonly reader: Reader;
  warn(text: string): void;
}

/** What every write of the registry is told about the request behind it. */
export interface WriteRequest {
  readonly kind: Kind;
  readonly namespace: string;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** '' for the main resource. */
  readonly subresource: string;
  /** Who owns the fields that are written (managedFields). */
  readonly fieldManager: string;
  /** What the client asked for beside the object, for admission: fieldManager, fieldValidation, dryRun. */
  readonly sentOptions?: object | undefined;
  readonly signal: AbortSignal;
  warn(text: string): void;
}
