import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { makeCertificate, pem, type CertificateProfile } from './certificate.js';
import { PkiFolder } from './pki-folder.js';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a cluster proves its identity with. */
export interface Pki {
  readonly ca: KeyPair;
  readonly serving: KeyPair;
  /** Of the user kubernetes-admin, in the group system:masters. */
  readonly admin: KeyPair;
  /** PKCS #8 PEM of the EC key that signs service account tokens. */
  readonly serviceAccountKey: string;
}

export interface PkiOptions {
  /** Where keys and certificates are kept; undefined keeps them in this process, shared by all clusters in it. */
  readonly directory?: string | undefined;
  /** Real time: clients check validity by it, whatever a cluster's own clock says. */
  readonly clock: Clock;
  /** Names and addresses of the serving certificate beyond the usual ones, such as the bind address. */
  readonly hosts?: readonly string[];
}

const DAY_MS = 86_400_000;
/** Apple's verifiers refuse serving certificates of more than 825 days. */
const LEAF_DAYS = 365;
const CA_DAYS = 3650;
/** A certificate this close to its end is made anew when the cluster starts. */
const RENEW_DAYS = 30;
const SKEW_MS = 3_600_000;
const SERVING_HOSTS = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost', '127.0.0.1', '::1', '10.96.0.1'];

/** Keys of clusters without a data directory. */
let inMemory: { ca: KeyPair; admin: KeyPair; serviceAccountKey: string; serving: Map<string, KeyPair> } | undefined;

/**
 * Loads the cluster's keys and certificates, makes what is missing, unusable or near its end.
 * A new CA replaces everything it has signed. Throws when the directory cannot be written.
 */
export function ensurePki({ directory, clock, hosts = [] }: PkiOptions): Pki {
  const names = [...new Set([...SERVING_HOSTS, ...hosts])].filter((host) => host !== '0.0.0.0' && host !== '::');
  if (directory !== undefined) return ensureInFolder(new PkiFolder(directory), clock.now(), names);
  const now = clock.now();
  if (!inMemory || !usable(inMemory.ca, undefined, now, CA_DAYS / 2) || !usable(inMemory.admin, inMemory.ca, now)) {
    const ca = makeCa(now);
    inMemory = { ca, admin: makeAdmin(ca, now), serviceAccountKey: makeKey().pem, serving: new Map() };
  }
  const id = names.join();
  let serving = inMemory.serving.get(id);
  if (!serving || !usable(serving, inMemory.ca, now)) inMemory.serving.set(id, (serving = makeServing(inMemory.ca, now, names)));
  return { ca: inMemory.ca, admin: inMemory.admin, serviceAccountKey: inMemory.serviceAccountKey, serving };
}

function ensureInFolder(folder: PkiFolder, now: number, hosts: readonly string[]): Pki {
  const keep = (name: string, load: (pair: KeyPair) => boolean, make: () => KeyPair): KeyPair => {
    const kept = folder.readPair(name);
    if (kept && load(kept)) return kept;
    const made = make();
    folder.writePair(name, made);
    return made;
  };
  const ca = keep('ca', (pair) => usable(pair, undefined, now), () => makeCa(now));
  const serving = keep('apiserver', (pair) => usable(pair, ca, now) && covers(pair, hosts), () => makeServing(ca, now, hosts));
  const admin = keep('admin', (pair) => usable(pair, ca, now), () => makeAdmin(ca, now));
  let serviceAccountKey = folder.read('sa.key');
  if (serviceAccountKey === undefined || !isPrivateKey(serviceAccountKey)) {
    serviceAccountKey = makeKey().pem;
    folder.write('sa.key', serviceAccountKey);
    folder.write('sa.pub', createPublicKey(serviceAccountKey).export({ type: 'spki', format: 'pem' }) as string);
  }
  return { ca, serving, admin, serviceAccountKey };
}

const makeCa = (now: number): KeyPair => makePair({ subject: { commonName: 'kubernetes' }, ca: true }, undefined, now, CA_DAYS);

const makeAdmin = (ca: KeyPair, now: number): KeyPair =>
  makePair({ subject: { commonName: 'kubernetes-admin', organizations: ['system:masters'] }, usages: ['client auth'] }, ca, now, LEAF_DAYS);

const makeServing = (ca: KeyPair, now: number, hosts: readonly string[]): KeyPair => servingCertificate(ca, { commonName: 'kube-apiserver', hosts, now });

/** A key and a certificate that servers of these names and addresses show, signed by the authority. `now` in real milliseconds. */
export function servingCertificate(ca: KeyPair, { commonName, hosts, now }: { readonly commonName: string; readonly hosts: readonly string[]; readonly now: number }): KeyPair {
  return makePair(
    {
      subject: { commonName },
      usages: ['server auth'],
      dnsNames: hosts.filter((host) => !isIP(host)),
      ipAddresses: hosts.filter((host) => isIP(host)),
    },
    ca,
    now,
    LEAF_DAYS,
  );
}

function makePair(profile: Omit<CertificateProfile, 'publicKey' | 'notBefore' | 'notAfter'>, ca: KeyPair | undefined, now: number, days: number): KeyPair {
  const { key, pem: keyPem } = makeKey();
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const issuer = ca ? { certificate: new X509Certificate(ca.cert).raw, key: createPrivateKey(ca.key) } : { certificate: undefined, key };
  const der = makeCertificate({ ...profile, publicKey, notBefore: now - SKEW_MS, notAfter: now + days * DAY_MS }, issuer);
  return { cert: pem('CERTIFICATE', der), key: keyPem };
}

function makeKey(): { key: KeyObject; pem: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { key: privateKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

/** Whether key and certificate belong together, `ca` has signed them (or they themselves), and time is left. */
function usable(pair: KeyPair, ca: KeyPair | undefined, now: number, daysLeft = RENEW_DAYS): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    const parent = ca ? new X509Certificate(ca.cert) : certificate;
    return (
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
      certificate.verify(parent.publicKey) &&
      Date.parse(certificate.validFrom) <= now &&
      Date.parse(certificate.validTo) > now + daysLeft * DAY_MS
    );
  } catch {
    return false;
  }
}

function covers(pair: KeyPair, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(pair.cert);
  return hosts.every((host) => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined);
}

function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).type === 'private';
  } catch {
    return false;
  }
}
