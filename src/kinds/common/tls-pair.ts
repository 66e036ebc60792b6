import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

interface PemBlock {
  readonly type: string;
  readonly text: string;
}

const BLOCK = /-----BEGIN ([^-\n]+)-----\r?\n[\s\S]*?-----END \1-----/g;
const blocksOf = (pem: string): PemBlock[] => [...pem.matchAll(BLOCK)].map((match) => ({ type: match[1] ?? '', text: match[0] }));
const typesText = (blocks: readonly PemBlock[]): string => `[${blocks.map((block) => block.type).join(' ')}]`;

/**
 * What Go's tls.X509KeyPair finds wrong with a certificate and its key, both PEM: kube-apiserver warns with it about
 * secrets of type kubernetes.io/tls. Undefined when they fit.
 */
export function tlsPairProblem(certPem: string, keyPem: string): string | undefined {
  const certBlocks = blocksOf(certPem);
  const cert = certBlocks.find((block) => block.type === 'CERTIFICATE');
  if (!cert) {
    if (certBlocks.length === 0) return 'tls: failed to find any PEM data in certificate input';
    if (certBlocks.length === 1 && certBlocks[0]?.type.endsWith('PRIVATE KEY')) {
      return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
    }
    return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: ${typesText(certBlocks)}`;
  }
  const keyBlocks = blocksOf(keyPem);
  const key = keyBlocks.find((block) => block.type === 'PRIVATE KEY' || block.type.endsWith(' PRIVATE KEY'));
  if (!key) {
    if (keyBlocks.length === 0) return 'tls: failed to find any PEM data in key input';
    if (keyBlocks.length === 1 && keyBlocks[0]?.type === 'CERTIFICATE') return 'tls: found a certificate rather than a key in the PEM for the private key';
    return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: ${typesText(keyBlocks)}`;
  }
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert.text);
  } catch {
    return 'x509: malformed certificate';
  }
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(key.text);
  } catch {
    return 'tls: failed to parse private key';
  }
  if (certificate.publicKey.asymmetricKeyType !== privateKey.asymmetricKeyType) return 'tls: private key type does not match public key type';
  return certificate.checkPrivateKey(privateKey) ? undefined : 'tls: private key does not match public key';
}
