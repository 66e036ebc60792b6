import { createHash, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** The key that signs service account tokens: EC P-256 (ES256) or RSA (RS256). */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly algorithm: 'ES256' | 'RS256';
  /** Base64url SHA-256 of the public key in DER, as kube-apiserver names keys. */
  readonly id: string;
  /** The public key as it stands in the key set of /openid/v1/jwks. */
  readonly jwk: JsonWebKey;
}

/** Throws when `pem` is no private key, or of another kind. */
export function loadSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const type = privateKey.asymmetricKeyType;
  if (type !== 'ec' && type !== 'rsa') throw new TypeError(`service account keys are EC or RSA, not ${String(type)}`);
  const algorithm = type === 'ec' ? 'ES256' : 'RS256';
  const id = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url');
  const { kty, ...parameters } = publicKey.export({ format: 'jwk' });
  return { privateKey, publicKey, algorithm, id, jwk: { use: 'sig', kty: kty as string, kid: id, alg: algorithm, ...parameters } };
}
