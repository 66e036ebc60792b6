import type { GroupVersionKind, GroupVersionResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { UserInfo } from '../api/user.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Reader } from '../watch/types.js';

/**
 * What a plugin decides on (k8s.io/apiserver/pkg/admission Attributes). The registry makes one for each write, inside its
 * read-modify-write loop: plugins run again when somebody else was faster.
 */
export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  /** '' for the main resource. */
  readonly subresource: string;
  /** '' for cluster-scoped resources. */
  readonly namespace: string;
  /** '' where the server will generate it. */
  readonly name: string;
  /** The new state: `mutate` may change it in place, `validate` may not. Undefined for DELETE. */
  readonly object: KubeObject | undefined;
  /** The stored state, frozen. Undefined for CREATE. */
  readonly oldObject: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly reader: Reader;
  /** Sends a Warning header. */
  warn(text: string): void;
}

/**
 * One rule on writes. All `mutate`s run in the order of the chain before validation, all `validate`s after it. To refuse
 * is to throw ApiError; most plugins do so by `refuse` (403, `pods "x" is forbidden: …`).
 */
export interface AdmissionPlugin {
  /** The real server's name, as --enable-admission-plugins has it. */
  readonly name: string;
  mutate?(attributes: AdmissionAttributes): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** What plugins need beyond the write at hand. */
export interface AdmissionDependencies {
  readonly reader: Reader;
  readonly clock: Clock;
  readonly ids: Ids;
  /**
   * Writes the status of a ResourceQuota as the server itself; rejects with ApiError 409 when the object has changed since.
   * Without it quotas are still enforced by what their controller counted last.
   */
  readonly updateQuotaStatus?: ((quota: KubeObject) => Promise<void>) | undefined;
  /** Whether a user has a right on a cluster-scoped object, for plugins that ask for more than the route does; without it everybody has. */
  readonly isAllowed?: ((user: UserInfo, question: { readonly verb: string; readonly group: string; readonly resource: string; readonly name: string }) => boolean) | undefined;
  /** Organizations of the subject of a certificate signing request in PEM. Throws an Error for what is none. */
  readonly organizationsOf?: ((request: string) => readonly string[]) | undefined;
}
