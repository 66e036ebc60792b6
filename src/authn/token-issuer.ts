import type { Clock } from '../base/clock.js';
import { RandomIds, type Ids } from '../base/ids.js';
import { serviceAccountUserName } from './service-account-user.js';
import type { SigningKey } from './signing-key.js';

/** Issuer of the tokens that Secrets of type kubernetes.io/service-account-token hold. */
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';

export interface ObjectReference {
  readonly name: string;
  readonly uid: string;
}

/** The private claim "kubernetes.io" of a token (k8s.io/kubernetes/pkg/serviceaccount). */
export interface KubernetesClaim {
  readonly namespace: string;
  readonly node?: { readonly name: string; readonly uid?: string | undefined } | undefined;
  readonly pod?: ObjectReference | undefined;
  readonly secret?: ObjectReference | undefined;
  readonly serviceaccount: ObjectReference;
}

export interface TokenRequest {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The API server's own when empty. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly bound?: { readonly kind: string; readonly apiVersion: string; readonly name: string; readonly uid: string } | undefined;
  readonly node?: { readonly name: string; readonly uid?: string | undefined } | undefined;
}

/** Signs service account tokens; the TokenIssuer of kinds/environment.ts is a part of it. */
export interface ServiceAccountTokenIssuer {
  readonly issuer: string;
  readonly audiences: readonly string[];
  issue(request: TokenRequest): Promise<{ token: string; expirationTimestamp: string }>;
  /** The never-expiring token that the tokens controller puts into a Secret. */
  issueForSecret(request: { readonly namespace: string; readonly name: string; readonly uid: string; readonly secretName: string }): Promise<string>;
}

export interface TokenIssuerOptions {
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly ids?: Ids;
  readonly issuer: string;
  /** What tokens for the API server are made out to; the issuer unless given. */
  readonly audiences?: readonly string[];
}

export function createTokenIssuer({ key, clock, ids = new RandomIds(), issuer, audiences = [issuer] }: TokenIssuerOptions): ServiceAccountTokenIssuer {
  // jose costs 20 ms to load: the first token pays, not the start.
  const sign = async (claims: Record<string, unknown>): Promise<string> => {
    const { SignJWT } = await import('jose');
    return new SignJWT(claims).setProtectedHeader({ alg: key.algorithm, kid: key.id }).sign(key.privateKey);
  };
  return {
    issuer,
    audiences,
    async issue(request) {
      const now = Math.floor(clock.now() / 1000);
      const exp = now + request.expirationSeconds;
      const token = await sign({
        aud: request.audiences.length > 0 ? request.audiences : audiences,
        exp,
        iat: now,
        iss: issuer,
        jti: ids.uid(),
        'kubernetes.io': claimOf(request),
        nbf: now,
        sub: serviceAccountUserName(request.namespace, request.name),
      });
      return { token, expirationTimestamp: new Date(exp * 1000).toISOString().replace('.000Z', 'Z') };
    },
    issueForSecret: ({ namespace, name, uid, secretName }) =>
      sign({
        iss: LEGACY_ISSUER,
        'kubernetes.io/serviceaccount/namespace': namespace,
        'kubernetes.io/serviceaccount/secret.name': secretName,
        'kubernetes.io/serviceaccount/service-account.name': name,
        'kubernetes.io/serviceaccount/service-account.uid': uid,
        sub: serviceAccountUserName(namespace, name),
      }),
  };
}

function claimOf({ namespace, name, uid, bound, node }: TokenRequest): KubernetesClaim {
  const reference = bound && { name: bound.name, uid: bound.uid };
  return {
    namespace,
    ...(bound?.kind === 'Node' ? { node: reference } : bound?.kind === 'Pod' && node ? { node: { name: node.name, ...(node.uid ? { uid: node.uid } : {}) } } : {}),
    ...(bound?.kind === 'Pod' ? { pod: reference } : {}),
    ...(bound?.kind === 'Secret' ? { secret: reference } : {}),
    serviceaccount: { name, uid },
  };
}
