import type { AccessQuestion } from '../authz/index.js';
import type { ClusterNetwork, NodeDirectory } from '../api/streams.js';
import type { PolicyRule } from '../api/types/rbac-v1.js';
import type { UserInfo } from '../api/user.js';
import type { ExpressionCompiler } from './common/expressions.js';

/** What kinds need of the cluster beyond the request at hand; cluster.ts gives it. */
export interface KindEnvironment {
  readonly nodes: NodeDirectory;
  readonly network: ClusterNetwork;
  readonly tokens: TokenIssuer;
  readonly access: AccessControl;
  /** Whose token it is, for TokenReviews. `audiences`: who wants to know, the API server itself when empty. */
  reviewToken(token: string, audiences: readonly string[]): Promise<TokenVerdict>;
  /** e.g. 10.96.0.0/16 */
  readonly serviceClusterIpRange: string;
  /** First and last port of the NodePort range, 30000-32767 by default. */
  readonly serviceNodePortRange: readonly [number, number];
  /** Checks CEL in policies and webhooks; without one their expressions are taken unseen. */
  readonly expressions?: ExpressionCompiler | undefined;
}

/** Authorization as reviews and the checks of escalation ask for it. */
export interface AccessControl {
  decide(user: UserInfo, question: AccessQuestion): { readonly allowed: boolean; readonly reason?: string | undefined };
  /** Every rule that applies to a user in a namespace; `problem`: why there may be more. */
  rulesFor(user: UserInfo, namespace: string): { readonly rules: readonly PolicyRule[]; readonly problem?: string | undefined };
}

/** Either a user and those audiences that the token is good for, or why not. */
export type TokenVerdict = { readonly user: UserInfo; readonly audiences: readonly string[] } | { readonly user?: undefined; readonly error: string };

/** Signs service account tokens (serviceaccounts/token, projected volumes). */
export interface TokenIssuer {
  /** A JWT for the account, bound to `bound` where given; `expirationTimestamp` is RFC 3339. */
  issue(request: {
    namespace: string;
    name: string;
    uid: string;
    audiences: readonly string[];
    expirationSeconds: number;
    bound?: { readonly kind: string; readonly apiVersion: string; readonly name: string; readonly uid: string } | undefined;
    /** The node of a bound pod. */
    node?: { readonly name: string; readonly uid?: string | undefined } | undefined;
  }): Promise<{ token: string; expirationTimestamp: string }>;
  readonly issuer: string;
  readonly audiences: readonly string[];
}
