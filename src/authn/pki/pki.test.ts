import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '../../base/fake-clock.js';
import { SystemClock } from '../../base/clock.js';
import { ensurePki, type Pki } from './pki.js';

const DAY = 86_400_000;
const clock = new SystemClock();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kubette-pki-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const pki = (path = join(directory, 'pki'), hosts: string[] = []): Pki => ensurePki({ directory: path, clock, hosts });

describe('the cluster\'s keys and certificates', () => {
  test('are kept: a second start reads what the first one made', () => {
    expect(pki()).toEqual(pki());
  });

  test('are readable by their owner only', () => {
    pki();
    expect(statSync(join(directory, 'pki')).mode & 0o777).toBe(0o700);
    for (const name of ['ca.key', 'ca.crt', 'apiserver.key', 'admin.key', 'sa.key', 'sa.pub']) {
      expect(statSync(join(directory, 'pki', name)).mode & 0o777).toBe(0o600);
    }
  });

  test('name the admin, and are signed by the CA', () => {
    const { ca, admin } = pki();
    const certificate = new X509Certificate(admin.cert);
    expect(certificate.subject.split('\n')).toEqual(['O=system:masters', 'CN=kubernetes-admin']);
    expect(certificate.checkIssued(new X509Certificate(ca.cert))).toBe(true);
    expect(new X509Certificate(ca.cert).ca).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  test.each(['localhost', 'kubernetes', 'kubernetes.default.svc.cluster.local', 'my.host'])('serve the name %s', (host) => {
    expect(new X509Certificate(pki(undefined, ['my.host']).serving.cert).checkHost(host)).toBe(host);
  });

  test.each(['127.0.0.1', '::1', '10.96.0.1', '192.168.1.7', 'fd00::1:2', '::ffff:1.2.3.4'])('serve the address %s', (ip) => {
    const certificate = new X509Certificate(pki(undefined, ['192.168.1.7', 'fd00::1:2', '::ffff:1.2.3.4', '0.0.0.0']).serving.cert);
    expect(certificate.checkIP(ip)).toBe(ip);
  });

  test('a new host makes a new serving certificate and leaves the rest', () => {
    const before = pki();
    const after = pki(undefined, ['10.1.1.1']);
    expect(after.serving).not.toEqual(before.serving);
    expect(after.ca).toEqual(before.ca);
    expect(after.admin).toEqual(before.admin);
  });

  test('are renewed when less than a month is left, the CA stays', async () => {
    const path = join(directory, 'pki');
    const fake = new FakeClock();
    const before = ensurePki({ directory: path, clock: fake });
    await fake.advance(300 * DAY);
    expect(ensurePki({ directory: path, clock: fake })).toEqual(before);
    await fake.advance(40 * DAY);
    const after = ensurePki({ directory: path, clock: fake });
    expect(after.ca).toEqual(before.ca);
    expect(after.admin).not.toEqual(before.admin);
    expect(after.serving).not.toEqual(before.serving);
    expect(after.serviceAccountKey).toEqual(before.serviceAccountKey);
  });

  test.each(['ca.key', 'ca.crt'])('a broken %s makes a new CA and all that it signs', (file) => {
    const before = pki();
    writeFileSync(join(directory, 'pki', file), 'nonsense');
    const after = pki();
    expect(after.ca.cert).not.toBe(before.ca.cert);
    expect(new X509Certificate(after.serving.cert).verify(new X509Certificate(after.ca.cert).publicKey)).toBe(true);
    expect(pki()).toEqual(after);
  });

  test('a key of another certificate is not taken', () => {
    const before = pki();
    writeFileSync(join(directory, 'pki', 'admin.key'), before.serving.key);
    expect(new X509Certificate(pki().admin.cert).checkPrivateKey(createPrivateKey(readFileSync(join(directory, 'pki', 'admin.key'))))).toBe(true);
  });

  test('in memory, clusters share a CA but not the serving certificates of other hosts', () => {
    const one = ensurePki({ clock });
    expect(ensurePki({ clock })).toEqual(one);
    const other = ensurePki({ clock, hosts: ['10.0.0.9'] });
    expect(other.ca).toEqual(one.ca);
    expect(other.serving).not.toEqual(one.serving);
  });

  test('TLS accepts them on both sides', async () => {
    const { ca, serving, admin } = ensurePki({ clock });
    const server = createServer({ ...serving, ca: ca.cert, requestCert: true, rejectUnauthorized: false }, (socket) => socket.end(String(socket.authorized)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ca: ca.cert, ...admin });
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(String(answer)).toBe('true');
    expect(client.authorized).toBe(true);
    client.destroy();
    server.close();
  });
});
