import { createPublicKey, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { BIT_STRING, DerError, objectIdentifier, readSequence } from './der.js';

interface PemBlock {
  readonly type: string;
  readonly headers: boolean;
  readonly bytes: Buffer;
}

const BLOCK = /-----BEGIN ([^-\n]+)-----\r?\n([\s\S]*?)-----END \1-----/g;

function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([, type = '', body = '']) => {
    const lines = body.split(/\r?\n/);
    const headers = lines.some((line) => line.includes(':'));
    return { type, headers, bytes: Buffer.from(lines.filter((line) => !line.includes(':')).join(''), 'base64') };
  });
}

/** Hash of each signature algorithm that Go's crypto/x509 checks; null: the algorithm has its own. */
const ALGORITHMS: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.1', 'sha1'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', null],
]);

const FAILURES: Readonly<Record<string, string>> = { rsa: 'crypto/rsa: verification error', ec: 'x509: ECDSA verification failure', ed25519: 'x509: Ed25519 verification failure' };

/**
 * What is wrong with a PKCS#10 request in PEM, told as Go does: its form, or a signature that its own key did not make.
 * Undefined if nothing is.
 */
export function signingRequestProblem(pem: string): string | undefined {
  const [block] = pemBlocks(pem);
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  try {
    return requestProblem(block.bytes);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

function requestProblem(bytes: Buffer): string | undefined {
  const [info, algorithm, signature] = readSequence(bytes, 'certificateRequest');
  if (!info || !algorithm || signature?.tag !== BIT_STRING) throw new DerError('asn1: syntax error: sequence truncated');
  // Version, subject, key, attributes.
  const keyInfo = readSequence(info.whole, 'certificateRequestInfo')[2];
  if (!keyInfo) throw new DerError('asn1: syntax error: sequence truncated');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: keyInfo.whole, format: 'der', type: 'spki' });
  } catch {
    return 'x509: unsupported public key algorithm';
  }
  const [identifier] = readSequence(algorithm.whole, 'AlgorithmIdentifier');
  const hash = identifier ? ALGORITHMS.get(objectIdentifier(identifier)) : undefined;
  if (hash === undefined) return 'x509: cannot verify signature: algorithm unimplemented';
  // The first byte of a bit string says how many bits of the last are none.
  return verify(hash, info.whole, key, signature.content.subarray(1)) ? undefined : (FAILURES[key.asymmetricKeyType ?? ''] ?? 'x509: cannot verify signature');
}

/** What is wrong with an issued certificate (one or more in PEM); undefined if nothing is. */
export function certificateProblem(pem: string): string | undefined {
  if (pem === '') return undefined;
  const blocks = pemBlocks(pem);
  for (const { type, headers, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (headers) return 'no PEM block headers are permitted';
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    try {
      new X509Certificate(bytes);
    } catch {
      return 'x509: malformed certificate';
    }
  }
  return blocks.length > 0 ? undefined : 'must contain at least one CERTIFICATE PEM block';
}
