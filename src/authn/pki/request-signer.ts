import { createHash, createPrivateKey, randomBytes, sign, X509Certificate } from 'node:crypto';
import { bitString, context, elements, integer, octetString, oid, sequence, TAG, time, tlv, trueValue, type Element } from './der.js';
import { pem } from './certificate.js';
import type { KeyPair } from './pki.js';

/** What a certificate signing request (PKCS #10) asks for. */
export interface SigningRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: number;
  readonly ipAddresses: number;
  readonly emailAddresses: number;
  readonly uris: number;
}

export interface SigningTerms {
  /** As certificates.k8s.io names them: `client auth`, `digital signature`. Others are refused. */
  readonly usages: readonly string[];
  /** Milliseconds since the epoch; cut off at the end of the authority's own certificate. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Signs requests with a cluster's authority, as kube-controller-manager does: subject, key and names are the request's. */
export interface RequestSigner {
  /** `request`: PEM. Throws RangeError when it cannot be read. */
  read(request: string): SigningRequest;
  /** The certificate in PEM. Throws RangeError for unknown usages. */
  sign(request: string, terms: SigningTerms): string;
}

const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_ALT_NAME = '2.5.29.17';
/** Country, organization, unit, locality, province, street, postal code, common name, serial number. */
const NAME_ORDER = ['2.5.4.6', ORGANIZATION, '2.5.4.11', '2.5.4.7', '2.5.4.8', '2.5.4.9', '2.5.4.17', COMMON_NAME, '2.5.4.5'];
/** Attributes that a name has once: of several the last counts. */
const SINGLE = new Set([COMMON_NAME, '2.5.4.5']);
/** Bits of KeyUsage, the first being the highest of the first byte. */
const KEY_USAGES: ReadonlyMap<string, number> = new Map([['signing', 0], ['digital signature', 0], ['content commitment', 1], ['key encipherment', 2], ['data encipherment', 3], ['key agreement', 4], ['cert sign', 5], ['crl sign', 6], ['encipher only', 7], ['decipher only', 8]]);
const EXTENDED_USAGES: ReadonlyMap<string, string> = new Map([
  ['any', '2.5.29.37.0'],
  ['server auth', '1.3.6.1.5.5.7.3.1'],
  ['client auth', '1.3.6.1.5.5.7.3.2'],
  ['code signing', '1.3.6.1.5.5.7.3.3'],
  ['email protection', '1.3.6.1.5.5.7.3.4'],
  ['s/mime', '1.3.6.1.5.5.7.3.4'],
  ['ipsec end system', '1.3.6.1.5.5.7.3.5'],
  ['ipsec tunnel', '1.3.6.1.5.5.7.3.6'],
  ['ipsec user', '1.3.6.1.5.5.7.3.7'],
  ['timestamping', '1.3.6.1.5.5.7.3.8'],
  ['ocsp signing', '1.3.6.1.5.5.7.3.9'],
  ['microsoft sgc', '1.3.6.1.4.1.311.10.3.3'],
  ['netscape sgc', '2.16.840.1.113730.4.1'],
]);

export function requestSigner(authority: KeyPair): RequestSigner {
  return {
    read: (request) => describe(partsOf(request)),
    sign: (request, terms) => pem('CERTIFICATE', issue(partsOf(request), terms, authority)),
  };
}

interface RequestParts {
  readonly subject: Element;
  readonly publicKey: Element;
  /** The extension as it stands in the request. */
  readonly alternativeNames: Element | undefined;
}

function partsOf(request: string): RequestParts {
  const body = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]*?)-----END/.exec(request)?.[1];
  if (body === undefined) throw new RangeError('PEM block type must be CERTIFICATE REQUEST');
  const [outer] = elements(Buffer.from(body, 'base64'));
  const [info] = inside(outer);
  const [, subject, publicKey, ...attributes] = inside(info);
  if (!subject || !publicKey) throw new RangeError('the request is cut short');
  return { subject, publicKey, alternativeNames: attributes.flatMap(inside).flatMap(requestedExtensions).find((extension) => isA(inside(extension)[0], SUBJECT_ALT_NAME)) };
}

function requestedExtensions(attribute: Element): Element[] {
  const [type, values] = inside(attribute);
  return isA(type, EXTENSION_REQUEST) ? inside(inside(values)[0]) : [];
}

function describe({ subject, alternativeNames }: RequestParts): SigningRequest {
  const attributes = inside(subject).flatMap(inside).map(inside);
  const values = (id: string): string[] => attributes.flatMap(([type, value]) => (isA(type, id) && value ? [value.content.toString('utf8')] : []));
  const value = alternativeNames ? inside(alternativeNames).at(-1) : undefined;
  const names = value ? inside([...elements(value.content)][0]) : [];
  const count = (tag: number): number => names.filter((name) => (name.tag & 0x1f) === tag).length;
  return { commonName: values(COMMON_NAME).at(-1) ?? '', organizations: values(ORGANIZATION), emailAddresses: count(1), dnsNames: count(2), uris: count(6), ipAddresses: count(7) };
}

function issue({ subject, publicKey, alternativeNames }: RequestParts, { usages, notBefore, notAfter }: SigningTerms, authority: KeyPair): Buffer {
  const ca = new X509Certificate(authority.cert);
  const key = createPrivateKey(authority.key);
  const algorithm = key.asymmetricKeyType === 'rsa' ? sequence(oid('1.2.840.113549.1.1.11'), tlv(0x05)) : sequence(oid('1.2.840.10045.4.3.2'));
  const [whole] = elements(ca.raw);
  const [, , , , , issuer, issuerKey] = inside(inside(whole)[0]);
  if (!issuer || !issuerKey) throw new RangeError("the authority's certificate is no X.509 v3 certificate");
  const toBeSigned = sequence(
    context(0, integer(Buffer.from([2])), true),
    // 127 random bits: the sign bit stays clear.
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    issuer.whole,
    sequence(time(notBefore), time(Math.min(notAfter, Date.parse(ca.validTo)))),
    orderedName(subject),
    publicKey.whole,
    context(3, sequence(...usageExtensions(usages), extension('2.5.29.19', sequence(), true), extension('2.5.29.35', sequence(context(0, keyId(issuerKey)))), ...(alternativeNames ? [alternativeNames.whole] : [])), true),
  );
  return sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, key)));
}

/** A name as Go writes one that it has read: known attributes in its order, those of a kind together. */
function orderedName(subject: Element): Buffer {
  const attributes = inside(subject).flatMap(inside);
  return sequence(
    ...NAME_ORDER.flatMap((id) => {
      const found = attributes.filter((attribute) => isA(inside(attribute)[0], id)).map(({ whole }) => whole);
      const kept = SINGLE.has(id) ? found.slice(-1) : found.sort((a, b) => Buffer.compare(a, b));
      return kept.length > 0 ? [tlv(TAG.set, ...kept)] : [];
    }),
  );
}

function usageExtensions(usages: readonly string[]): Buffer[] {
  const bits = new Set<number>();
  const extended = new Set<string>();
  for (const usage of usages) {
    const bit = KEY_USAGES.get(usage);
    const id = EXTENDED_USAGES.get(usage);
    if (bit !== undefined) bits.add(bit);
    else if (id !== undefined) extended.add(id);
    else throw new RangeError(`unrecognized usage values: ["${usage}"]`);
  }
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc(highest > 7 ? 2 : 1);
  for (const bit of bits) bytes.writeUInt8(bytes.readUInt8(bit >> 3) | (0x80 >> (bit & 7)), bit >> 3);
  return [
    ...(bits.size > 0 ? [extension('2.5.29.15', bitString(bytes, 7 - (highest & 7)), true)] : []),
    ...(extended.size > 0 ? [extension('2.5.29.37', sequence(...[...extended].map(oid)))] : []),
  ];
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [trueValue()] : []), octetString(value));
}

/** SHA-1 of the key's bits (RFC 5280, section 4.2.1.2): a name, not a safeguard. */
function keyId(publicKey: Element): Buffer {
  return createHash('sha1').update(inside(publicKey)[1]?.content.subarray(1) ?? Buffer.alloc(0)).digest();
}

function inside(element: Element | undefined): Element[] {
  return element ? [...elements(element.content)] : [];
}

function isA(element: Element | undefined, id: string): boolean {
  return element?.tag === TAG.oid && element.whole.equals(oid(id));
}
