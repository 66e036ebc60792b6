import type { ClusterNetwork, NodeDirectory } from '../api/streams.js';
import type { KubeObject } from '../api/object.js';

/** What kinds need of the cluster beyond the request at hand; cluster.ts gives it. */
export interface KindEnvironment {
  readonly nodes: NodeDirectory;
  readonly network: ClusterNetwork;
  readonly tokens: TokenIssuer;
  /** e.g. 10.96.0.0/16 */
  readonly serviceClusterIpRange: string;
  /** First and last port of the NodePort range, 30000-32767 by default. */
  readonly serviceNodePortRange: readonly [number, number];
}

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

/** A factory of a kind that needs the environment; kinds that do not are plain values. */
export type KindFactory<K> = (environment: KindEnvironment) => K;

export type { KubeObject };
