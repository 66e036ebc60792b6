import type { GroupVersionKind, GroupVersionResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { UserInfo } from '../api/user.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Reader } from '../watch/types.js';
import type { WebhookEnvironment } from './webhooks/environment.js';

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
  /** CreateOptions, UpdateOptions or DeleteOptions as the client sent them. */
  readonly options?: object | undefined;
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
  mutate?(attributes: AdmissionAttributes, round: MutationRound): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** A pass through all mutations of one write. There is a second one, and no third, when a webhook has changed the object in the first. */
export interface MutationRound {
  readonly isSecond: boolean;
  /** What a plugin wants to know in the second round, by its name. */
  readonly memory: Map<string, unknown>;
  /** Asks for a second round. */
  again(): void;
}

/** What somebody might be allowed to do. */
export type RightsQuestion =
  | { readonly isResource: false; readonly path: string; readonly verb: string }
  | { readonly isResource: true; readonly verb: string; readonly group: string; readonly resource: string; readonly subresource: string; readonly namespace: string; readonly name: string };

export type Authorizer = (user: UserInfo, question: RightsQuestion) => { readonly allowed: boolean; readonly reason?: string | undefined };

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
  /** The server around webhooks; without it none are called. */
  readonly webhooks?: WebhookEnvironment | undefined;
  /** For expressions; without it everybody may do everything. */
  readonly authorizer?: Authorizer | undefined;
  /** Organizations of the subject of a certificate signing request in PEM. Throws an Error for what is none. */
  readonly organizationsOf?: ((request: string) => readonly string[]) | undefined;
}
