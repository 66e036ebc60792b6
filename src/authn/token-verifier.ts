import type { Clock } from '../base/clock.js';
import type { UserInfo } from '../api/user.js';
import { parseServiceAccountUserName, serviceAccountUser } from './service-account-user.js';
import type { SigningKey } from './signing-key.js';
import { LEGACY_ISSUER, type KubernetesClaim, type ObjectReference } from './token-issuer.js';

/** The little that tokens need of the objects they are bound to; undefined when there is none of that name. */
export type LookUpObject = (
  resource: 'serviceaccounts' | 'pods' | 'secrets' | 'nodes',
  namespace: string,
  name: string,
) => { readonly metadata: { readonly uid?: string | undefined; readonly deletionTimestamp?: string | undefined }; readonly data?: Readonly<Record<string, unknown>> | undefined } | undefined;

export interface VerifiedToken {
  readonly user: UserInfo;
  /** Those of the token that were asked for; empty where the token names none. */
  readonly audiences: readonly string[];
}

export interface TokenVerifierOptions {
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly issuer: string;
  readonly lookUp: LookUpObject;
}

/**
 * The outcome of looking at a token. `error`: what is wrong with a token that our issuer signed; without it the token
 * is none of ours.
 */
export type TokenOutcome = VerifiedToken | { readonly user?: undefined; readonly error: string | undefined };

/** Claims by which a token is judged; their signature has been checked. */
interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number | undefined;
  readonly nbf: number | undefined;
  readonly jti: string | undefined;
  readonly kubernetes: KubernetesClaim;
}

const LEEWAY_SECONDS = 60;
const CACHED_TOKENS = 1024;

/**
 * Checks service account tokens: signature, issuer, time, audience, and that the account and the object
 * the token is bound to still are what they were. Signatures are checked once for each token.
 */
export class TokenVerifier {
  private readonly cache = new Map<string, Claims>();

  constructor(private readonly options: TokenVerifierOptions) {}

  /** Undefined when the token is not good (or not ours). */
  async verify(token: string, audiences: readonly string[]): Promise<VerifiedToken | undefined> {
    const outcome = await this.judge(token, audiences);
    return outcome.user ? outcome : undefined;
  }

  /** As `verify`, and says why not, with the texts of k8s.io/kubernetes/pkg/serviceaccount. */
  async judge(token: string, audiences: readonly string[]): Promise<TokenOutcome> {
    const claims = this.cache.get(token) ?? (await this.readClaims(token));
    if (typeof claims !== 'object') return { error: claims };
    this.remember(token, claims);
    return claims.iss === LEGACY_ISSUER ? this.judgeSecretToken(token, claims) : this.judgeClaims(claims, audiences);
  }

  private judgeClaims(claims: Claims, audiences: readonly string[]): TokenOutcome {
    const { exp, nbf, jti, kubernetes } = claims;
    const accepted = claims.aud.filter((audience) => audiences.includes(audience));
    if (accepted.length === 0) return { error: audienceError(claims.aud, audiences) };
    const now = Math.floor(this.options.clock.now() / 1000);
    if (exp !== undefined && now > exp + LEEWAY_SECONDS) return { error: 'service account token has expired' };
    if (nbf !== undefined && now < nbf - LEEWAY_SECONDS) return { error: 'service account token is not valid yet' };
    const { namespace, serviceaccount, pod, secret, node } = kubernetes;
    const boundNode = pod ? undefined : node;
    const error =
      this.accountError(namespace, serviceaccount) ??
      (secret && this.boundError('secrets', 'secret', namespace, secret)) ??
      (pod && this.boundError('pods', 'pod', namespace, pod)) ??
      (boundNode && this.boundError('nodes', 'node', '', { name: boundNode.name, uid: boundNode.uid ?? '' }));
    if (error !== undefined) return { error };
    const user = serviceAccountUser({ namespace, ...serviceaccount, pod, node, credentialId: jti ? `JTI=${jti}` : undefined });
    return { user, audiences: accepted };
  }

  private judgeSecretToken(token: string, { kubernetes }: Claims): TokenOutcome {
    const { namespace, serviceaccount, secret } = kubernetes;
    const stored = secret && this.options.lookUp('secrets', namespace, secret.name);
    if (!stored || stored.metadata.deletionTimestamp) return { error: 'Token has been invalidated' };
    if (stored.data?.['token'] !== Buffer.from(token).toString('base64')) return { error: "Token does not match server's copy" };
    const error = this.accountError(namespace, serviceaccount);
    return error === undefined ? { user: serviceAccountUser({ namespace, ...serviceaccount }), audiences: [] } : { error };
  }

  private accountError(namespace: string, { name, uid }: ObjectReference): string | undefined {
    const metadata = this.options.lookUp('serviceaccounts', namespace, name)?.metadata;
    if (!metadata) return `serviceaccounts ${JSON.stringify(name)} not found`;
    if (metadata.uid !== uid) return `service account UID (${metadata.uid}) does not match claim (${uid})`;
    return this.isGone(metadata.deletionTimestamp) ? `service account ${namespace}/${name} has been deleted` : undefined;
  }

  /** Whether the object is not the one that the token is bound to, or no longer there. */
  private boundError(resource: Parameters<LookUpObject>[0], noun: string, namespace: string, { name, uid }: ObjectReference): string | undefined {
    const metadata = this.options.lookUp(resource, namespace, name)?.metadata;
    if (!metadata || (metadata.uid === uid && this.isGone(metadata.deletionTimestamp))) return 'service account token has been invalidated';
    return metadata.uid === uid ? undefined : `${noun} UID (${metadata.uid}) does not match service account ${noun} ref claim (${uid})`;
  }

  /** Objects that are being deleted are good for a minute. */
  private isGone(deletionTimestamp: string | undefined): boolean {
    return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < this.options.clock.now() - LEEWAY_SECONDS * 1000;
  }

  /** The claims of a token of ours; a text says what is wrong with a token that claims to be one. */
  private async readClaims(token: string): Promise<Claims | string | undefined> {
    const { compactVerify, decodeJwt } = await import('jose');
    let claims: Claims | undefined;
    try {
      claims = claimsOf(decodeJwt(token) as Record<string, unknown>, this.options.issuer);
      if (claims) await compactVerify(token, this.options.key.publicKey, { algorithms: [this.options.key.algorithm] });
      return claims;
    } catch {
      return claims && 'go-jose/go-jose: error in cryptographic primitive';
    }
  }

  /** Keeps the tokens that were used last. */
  private remember(token: string, claims: Claims): void {
    this.cache.delete(token);
    this.cache.set(token, claims);
    if (this.cache.size > CACHED_TOKENS) this.cache.delete(this.cache.keys().next().value as string);
  }
}

/** k8s.io/kubernetes/pkg/serviceaccount's text for a token that is meant for somebody else. */
export function audienceError(found: readonly string[], wanted: readonly string[]): string {
  const list = (audiences: readonly string[]): string => `[${audiences.map((audience) => JSON.stringify(audience)).join(' ')}]`;
  return `token audiences ${list(found)} is invalid for the target audiences ${list(wanted)}`;
}

function claimsOf(payload: Record<string, unknown>, issuer: string): Claims | undefined {
  const { iss, sub, aud, exp, nbf, jti } = payload;
  const account = typeof sub === 'string' ? parseServiceAccountUserName(sub) : undefined;
  if (!account || typeof iss !== 'string' || typeof sub !== 'string') return undefined;
  const kubernetes = iss === LEGACY_ISSUER ? legacyClaim(payload) : (payload['kubernetes.io'] as KubernetesClaim | undefined);
  if ((iss !== LEGACY_ISSUER && iss !== issuer) || kubernetes?.namespace !== account.namespace || kubernetes.serviceaccount.name !== account.name) return undefined;
  return {
    iss,
    sub,
    aud: Array.isArray(aud) ? (aud as string[]) : typeof aud === 'string' ? [aud] : [],
    exp: typeof exp === 'number' ? exp : undefined,
    nbf: typeof nbf === 'number' ? nbf : undefined,
    jti: typeof jti === 'string' ? jti : undefined,
    kubernetes,
  };
}

function legacyClaim(payload: Record<string, unknown>): KubernetesClaim {
  const claim = (name: string): string => String(payload[`kubernetes.io/serviceaccount/${name}`]);
  return {
    namespace: claim('namespace'),
    secret: { name: claim('secret.name'), uid: '' },
    serviceaccount: { name: claim('service-account.name'), uid: claim('service-account.uid') },
  };
}
