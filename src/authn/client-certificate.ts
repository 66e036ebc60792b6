import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';
import type { UserInfo } from '../api/user.js';
import { CREDENTIAL_ID } from './service-account-user.js';

/** What a connection's certificate says: a user, nothing (none was shown), or that it is not to be trusted. */
export type CertificateVerdict = UserInfo | 'none' | 'untrusted';

const verdicts = new WeakMap<TLSSocket, CertificateVerdict>();

/**
 * The user of a client certificate: common name and organizations, as kube-apiserver's x509 authenticator reads them.
 * TLS has checked the chain against the cluster's CA; the answer is kept for the connection.
 */
export function certificateUser(socket: TLSSocket): CertificateVerdict {
  let verdict = verdicts.get(socket);
  if (verdict === undefined) verdicts.set(socket, (verdict = judge(socket)));
  return verdict;
}

function judge(socket: TLSSocket): CertificateVerdict {
  const certificate: PeerCertificate | DetailedPeerCertificate | Record<string, never> | null = socket.getPeerCertificate();
  if (!certificate || !certificate.subject) return 'none';
  const name = list(certificate.subject.CN).at(-1);
  if (!socket.authorized || !name) return 'untrusted';
  // OpenSSL's "ssl client" check has passed a certificate without usages; Kubernetes wants client auth if any are named.
  const usages = certificate.ext_key_usage;
  if (usages && !usages.includes('1.3.6.1.5.5.7.3.2') && !usages.includes('2.5.29.37.0')) return 'untrusted';
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return { name, groups: list(certificate.subject.O), extra: { [CREDENTIAL_ID]: [`X509SHA256=${fingerprint}`] } };
}

/** Node gives a string for one value and an array for several. */
function list(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}
