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
    const claims = this.cache.get(token) ?? (await this.readClaims(token));
    if (!claims) return undefined;
    this.remember(token, claims);
    return claims.iss === LEGACY_ISSUER ? this.judgeSecretToken(token, claims) : this.judge(claims, audiences);
  }

  private judge(claims: Claims, audiences: readonly string[]): VerifiedToken | undefined {
    const now = Math.floor(this.options.clock.now() / 1000);
    const { exp, nbf, jti, kubernetes } = claims;
    if ((exp !== undefined && now > exp + LEEWAY_SECONDS) || (nbf !== undefined && now < nbf - LEEWAY_SECONDS)) return undefined;
    const accepted = claims.aud.filter((audience) => audiences.includes(audience));
    if (accepted.length === 0) return undefined;
    const { namespace, serviceaccount, pod, secret, node } = kubernetes;
    const boundNode = pod ? undefined : node;
    const alive =
      this.lives('serviceaccounts', namespace, serviceaccount) &&
      (!pod || this.lives('pods', namespace, pod)) &&
      (!secret || this.lives('secrets', namespace, secret)) &&
      (!boundNode || this.lives('nodes', '', { name: boundNode.name, uid: boundNode.uid ?? '' }));
    if (!alive) return undefined;
    const user = serviceAccountUser({ namespace, ...serviceaccount, pod, node, credentialId: jti ? `JTI=${jti}` : undefined });
    return { user, audiences: accepted };
  }

  private judgeSecretToken(token: string, { kubernetes }: Claims): VerifiedToken | undefined {
    const { namespace, serviceaccount, secret } = kubernetes;
    const stored = secret && this.options.lookUp('secrets', namespace, secret.name);
    const same = stored?.data?.['token'] === Buffer.from(token).toString('base64') && !stored.metadata.deletionTimestamp;
    return same && this.lives('serviceaccounts', namespace, serviceaccount) ? { user: serviceAccountUser({ namespace, ...serviceaccount }), audiences: [] } : undefined;
  }

  /** Whether the object is the one of the claim and has not been deleted for longer than a minute. */
  private lives(resource: Parameters<LookUpObject>[0], namespace: string, reference: ObjectReference): boolean {
    const metadata = this.options.lookUp(resource, namespace, reference.name)?.metadata;
    if (metadata?.uid !== reference.uid) return false;
    return !metadata.deletionTimestamp || Date.parse(metadata.deletionTimestamp) >= this.options.clock.now() - LEEWAY_SECONDS * 1000;
  }

  private async readClaims(token: string): Promise<Claims | undefined> {
    const { compactVerify } = await import('jose');
    try {
      const { payload } = await compactVerify(token, this.options.key.publicKey, { algorithms: [this.options.key.algorithm] });
      return claimsOf(JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>, this.options.issuer);
    } catch {
      return undefined;
    }
  }

  /** Keeps the tokens that were used last. */
  private remember(token: string, claims: Claims): void {
    this.cache.delete(token);
    this.cache.set(token, claims);
    if (this.cache.size > CACHED_TOKENS) this.cache.delete(this.cache.keys().next().value as string);
  }
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
