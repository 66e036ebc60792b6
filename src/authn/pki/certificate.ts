import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { bitString, context, elements, integer, octetString, oid, sequence, time, TAG, tlv, trueValue, utf8String } from './der.js';

export interface Subject {
  readonly commonName: string;
  /** Groups, where the certificate is a client's. */
  readonly organizations?: readonly string[];
}

export interface CertificateProfile {
  readonly subject: Subject;
  /** SubjectPublicKeyInfo in DER: of a key of ours, or of a certificate signing request. */
  readonly publicKey: Buffer;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly ca?: boolean;
  readonly usages?: ReadonlyArray<'server auth' | 'client auth'>;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

export interface Issuer {
  /** The issuing certificate in DER; undefined for a self-signed one. */
  readonly certificate: Buffer | undefined;
  /** EC (P-256) or RSA. */
  readonly key: KeyObject;
}

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaWithSha256: '1.2.840.113549.1.1.11',
} as const;

/** Makes and signs an X.509 v3 certificate (RFC 5280); the result is DER. */
export function makeCertificate(profile: CertificateProfile, issuer: Issuer): Buffer {
  const subject = nameOf(profile.subject);
  const algorithm = issuer.key.asymmetricKeyType === 'rsa' ? sequence(oid(OID.rsaWithSha256), tlv(0x05)) : sequence(oid(OID.ecdsaWithSha256));
  const parent = issuer.certificate ? partsOf(issuer.certificate) : { subject, publicKey: profile.publicKey };
  const toBeSigned = sequence(
    context(0, integer(Buffer.from([2])), true),
    // 127 random bits: the sign bit stays clear.
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    parent.subject,
    sequence(time(profile.notBefore), time(profile.notAfter)),
    subject,
    profile.publicKey,
    context(3, sequence(...extensionsOf(profile, parent.publicKey)), true),
  );
  return sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, issuer.key)));
}

export function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
}

function nameOf({ commonName, organizations = [] }: Subject): Buffer {
  const attribute = (id: string, value: string): Buffer => tlv(TAG.set, sequence(oid(id), utf8String(value)));
  return sequence(...organizations.map((name) => attribute(OID.organization, name)), attribute(OID.commonName, commonName));
}

function extensionsOf(profile: CertificateProfile, issuerKey: Buffer): Buffer[] {
  const extension = (id: string, value: Buffer, critical = false): Buffer => sequence(oid(id), ...(critical ? [trueValue()] : []), octetString(value));
  const { ca = false, usages = [], dnsNames = [], ipAddresses = [] } = profile;
  // Bits from the left: digitalSignature, keyEncipherment (2), keyCertSign (5).
  const keyUsage = ca ? bitString(Buffer.from([0b1010_0100]), 2) : bitString(Buffer.from([0b1010_0000]), 5);
  const names = [...dnsNames.map((name) => context(2, Buffer.from(name, 'latin1'))), ...ipAddresses.map((ip) => context(7, addressOf(ip)))];
  return [
    extension(OID.keyUsage, keyUsage, true),
    ...(usages.length > 0 ? [extension(OID.extKeyUsage, sequence(...usages.map((usage) => oid(OID[usage]))))] : []),
    extension(OID.basicConstraints, sequence(...(ca ? [trueValue()] : [])), true),
    extension(OID.subjectKeyId, octetString(keyId(profile.publicKey))),
    extension(OID.authorityKeyId, sequence(context(0, keyId(issuerKey)))),
    ...(names.length > 0 ? [extension(OID.subjectAltName, sequence(...names))] : []),
  ];
}

/** SHA-1 of the key's bits (RFC 5280, section 4.2.1.2): a name, not a safeguard. */
function keyId(publicKey: Buffer): Buffer {
  const [whole] = elements(publicKey);
  const [, bits] = elements(whole?.content ?? Buffer.alloc(0));
  return createHash('sha1').update(bits?.content.subarray(1) ?? Buffer.alloc(0)).digest();
}

/** Subject and public key of a certificate, as they stand in it. */
function partsOf(certificate: Buffer): { subject: Buffer; publicKey: Buffer } {
  const [outer] = elements(certificate);
  const [toBeSigned] = elements(outer?.content ?? Buffer.alloc(0));
  const [, , , , , subject, publicKey] = elements(toBeSigned?.content ?? Buffer.alloc(0));
  if (!subject || !publicKey) throw new RangeError('not an X.509 v3 certificate');
  return { subject: subject.whole, publicKey: publicKey.whole };
}

/** 4 or 16 bytes. */
function addressOf(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number));
  if (!isIPv6(ip)) throw new TypeError(`not an IP address: ${ip}`);
  const [head = '', tail] = ip.split('%')[0]!.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${((+a << 8) | +b).toString(16)}:${((+c << 8) | +d).toString(16)}`).split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const groups = tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]));
}
