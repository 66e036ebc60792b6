import { createPublicKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { SystemClock } from '../../base/clock.js';
import { pem } from './certificate.js';
import { bitString, context, octetString, oid, sequence, tlv, TAG, utf8String } from './der.js';
import { ensurePki } from './pki.js';
import { requestSigner } from './request-signer.js';

/** A PKCS #10 request for a user with a host name, as openssl writes it. */
function request(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const attribute = (id: string, value: string): Buffer => tlv(TAG.set, sequence(oid(id), utf8String(value)));
  const names = sequence(oid('2.5.29.17'), octetString(sequence(context(2, Buffer.from('host.example')), context(7, Buffer.from([192, 0, 2, 1])))));
  const extensions = sequence(oid('1.2.840.113549.1.9.14'), tlv(TAG.set, sequence(names)));
  const info = sequence(
    tlv(TAG.integer, Buffer.from([0])),
    sequence(attribute('2.5.4.3', 'jane'), attribute('2.5.4.10', 'devs')),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    context(0, extensions, true),
  );
  return pem('CERTIFICATE REQUEST', sequence(info, sequence(oid('1.2.840.10045.4.3.2')), bitString(sign('sha256', info, privateKey))));
}

const { ca } = ensurePki({ clock: new SystemClock() });
const signer = requestSigner(ca);
const now = new SystemClock().now();

test('reads what a request asks for', () => {
  expect(signer.read(request())).toEqual({ commonName: 'jane', organizations: ['devs'], dnsNames: 1, ipAddresses: 1, emailAddresses: 0, uris: 0 });
});

test('the certificate has subject, names and usages of the request and is signed by the authority', () => {
  const certificate = new X509Certificate(signer.sign(request(), { usages: ['client auth', 'digital signature'], notBefore: now - 1000, notAfter: now + 3_600_000 }));
  expect(certificate.subject).toBe('O=devs\nCN=jane');
  expect(certificate.subjectAltName).toBe('DNS:host.example, IP Address:192.0.2.1');
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(certificate.checkIssued(new X509Certificate(ca.cert))).toBe(true);
  expect(certificate.verify(new X509Certificate(ca.cert).publicKey)).toBe(true);
});

test('a certificate does not outlive its authority', () => {
  const far = now + 100 * 365 * 86_400_000;
  expect(new X509Certificate(signer.sign(request(), { usages: [], notBefore: now, notAfter: far })).validTo).toBe(new X509Certificate(ca.cert).validTo);
});

test.each([['no PEM', 'nonsense'], ['cut short', pem('CERTIFICATE REQUEST', sequence())]])('refuses what is no request: %s', (_, text) => expect(() => signer.read(text)).toThrow(RangeError));

test('refuses unknown usages', () => expect(() => signer.sign(request(), { usages: ['world domination'], notBefore: now, notAfter: now })).toThrow(RangeError));
