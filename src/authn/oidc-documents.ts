import type { SigningKey } from './signing-key.js';

/** The two documents by which others verify service account tokens (KEP-1393). Bytes as kube-apiserver's. */
export interface OidcDocuments {
  /** /.well-known/openid-configuration, application/json */
  readonly configuration: string;
  /** /openid/v1/jwks, application/jwk-set+json */
  readonly keySet: string;
}

export const OIDC_CONFIGURATION_PATH = '/.well-known/openid-configuration';
export const OIDC_KEY_SET_PATH = '/openid/v1/jwks';

/** `serverUrl` is where clients reach the API server: https://HOST:PORT. */
export function oidcDocuments(options: { readonly key: SigningKey; readonly issuer: string; readonly serverUrl: string }): OidcDocuments {
  const { key, issuer, serverUrl } = options;
  return {
    configuration: JSON.stringify({
      issuer,
      jwks_uri: `${serverUrl}${OIDC_KEY_SET_PATH}`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [key.algorithm],
    }),
    keySet: JSON.stringify({ keys: [key.jwk] }),
  };
}
