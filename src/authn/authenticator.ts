import type { IncomingHttpHeaders } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { unauthorized } from '../api/errors.js';
import { ANONYMOUS, AUTHENTICATED, type UserInfo } from '../api/user.js';
import { certificateUser } from './client-certificate.js';
import { audienceError, type TokenVerifier, type VerifiedToken } from './token-verifier.js';

export interface AuthenticatorOptions {
  /** Tokens of users that never change (kube-apiserver's --token-auth-file). */
  readonly staticTokens?: ReadonlyMap<string, UserInfo> | undefined;
  readonly serviceAccountTokens?: TokenVerifier | undefined;
  /** Audiences of the API server; a service account token must name one. */
  readonly audiences?: readonly string[] | undefined;
  /**
   * Whether requests without credentials are those of system:anonymous (true unless said otherwise), or the paths for which
   * they are (AuthenticationConfiguration's anonymous.conditions); elsewhere they get 401.
   */
  readonly anonymous?: boolean | ReadonlySet<string> | undefined;
}

/** The parts of a request that tell who asks. */
export interface RequestCredentials {
  readonly headers: IncomingHttpHeaders;
  readonly socket: Duplex;
  /** Percent-decoded, without the query. */
  readonly path: string;
}

const INVALID = 'invalid bearer token';
const WEBSOCKET_TOKEN = 'base64url.bearer.authorization.k8s.io.';

/**
 * Finds out who asks: bearer token, token in a WebSocket subprotocol, client certificate, nobody. kube-apiserver looks at the
 * certificate first; but the kubeconfig that we write has one, and `kubectl --token=…` with it means the token.
 * Credentials that are not good make 401, also where nobody would be welcome.
 */
export class Authenticator {
  constructor(private readonly options: AuthenticatorOptions) {}

  /** Throws ApiError 401 (or rejects with it). Answers at once where it can: most requests come with a certificate. */
  authenticate({ headers, socket, path }: RequestCredentials): UserInfo | Promise<UserInfo> {
    const token = bearerToken(headers.authorization) ?? webSocketToken(headers);
    if (token !== undefined) return this.byToken(token);
    const verdict = socket instanceof TLSSocket ? certificateUser(socket) : 'none';
    if (typeof verdict === 'object') return withAuthenticated(verdict);
    if (verdict === 'untrusted' || !this.letsIn(path)) throw unauthorized();
    return ANONYMOUS;
  }

  /** Whether nobody in particular may ask for a path. */
  private letsIn(path: string): boolean {
    const { anonymous = true } = this.options;
    return typeof anonymous === 'boolean' ? anonymous : anonymous.has(path);
  }

  /**
   * For TokenReview: whose token it is, and which of `audiences` (the API server's own when empty) it is good for.
   * A token that names no audience is for the API server alone.
   */
  async reviewToken(token: string, audiences: readonly string[] = []): Promise<VerifiedToken | { readonly user?: undefined; readonly error: string }> {
    const own = this.options.audiences ?? [];
    const wanted = audiences.length > 0 ? audiences : own;
    const known = this.options.staticTokens?.get(token);
    const outcome = known ? { user: known, audiences: [] } : await this.options.serviceAccountTokens?.judge(token, wanted);
    if (!outcome?.user) return { error: outcome?.error === undefined ? INVALID : `[${INVALID}, ${outcome.error}]` };
    const accepted = outcome.audiences.length > 0 ? outcome.audiences : own.filter((audience) => wanted.includes(audience));
    // Tokens of a file are not worth a word, as the real server sees it.
    if (accepted.length === 0 && wanted.length > 0) return { error: known ? INVALID : `[${INVALID}, ${audienceError(own, wanted)}]` };
    return { user: withAuthenticated(outcome.user), audiences: accepted };
  }

  private async byToken(token: string): Promise<UserInfo> {
    const verdict = await this.reviewToken(token);
    if (!verdict.user) throw unauthorized();
    return verdict.user;
  }
}

const enriched = new WeakMap<UserInfo, UserInfo>();

function withAuthenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(AUTHENTICATED)) return user;
  let full = enriched.get(user);
  if (!full) enriched.set(user, (full = { ...user, groups: [...user.groups, AUTHENTICATED] }));
  return full;
}

function bearerToken(header: string | undefined): string | undefined {
  if (!header) return undefined;
  const [scheme = '', token = ''] = header.trim().split(' ', 2);
  return scheme.toLowerCase() === 'bearer' && token !== '' ? token : undefined;
}

/** Browsers cannot set headers on WebSockets: the token comes as one of the subprotocols, and is taken away here. */
function webSocketToken(headers: IncomingHttpHeaders): string | undefined {
  const offered = headers['sec-websocket-protocol'];
  if (!offered?.includes(WEBSOCKET_TOKEN) || headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
  const protocols = offered.split(',').map((protocol) => protocol.trim());
  const others = protocols.filter((protocol) => !protocol.startsWith(WEBSOCKET_TOKEN));
  const [encoded = '', ...more] = protocols.filter((protocol) => protocol.startsWith(WEBSOCKET_TOKEN)).map((protocol) => protocol.slice(WEBSOCKET_TOKEN.length));
  if (more.length > 0 || others.length === 0 || !/^[-_A-Za-z0-9]+$/.test(encoded)) throw unauthorized();
  headers['sec-websocket-protocol'] = others.join(', ');
  return Buffer.from(encoded, 'base64url').toString();
}
