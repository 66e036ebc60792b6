import type { Secret } from '../../api/types/core-v1.js';
import { signedData } from './signer.js';
import { detachedSignature, expirationMs, isBootstrapToken, signingToken } from './token.js';

const NOW = Date.UTC(2026, 0, 1);
const VALID = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true' };

const secret = (values: Record<string, string>, name = 'bootstrap-token-abcdef'): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'kube-system' },
  type: 'bootstrap.kubernetes.io/token',
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
});

/** The vector of k8s.io/cluster-bootstrap/token/jws. */
test('signs as kubeadm expects it', () => {
  expect(detachedSignature('Hello from the other side. I must have called a thousand times.', { id: 'joshua', secret: 'my voice is my passcode' })).toBe(
    'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8',
  );
});

test.each<[string, Secret, boolean]>([
  ['valid', secret(VALID), true],
  ['valid for long', secret({ ...VALID, expiration: '2027-01-01T00:00:00Z' }), true],
  ['out of date', secret({ ...VALID, expiration: '2025-12-31T23:59:59Z' }), false],
  ['of a time that cannot be read', secret({ ...VALID, expiration: 'soon' }), false],
  ['not for signing', secret({ ...VALID, 'usage-bootstrap-signing': 'yes' }), false],
  ['of another name', secret(VALID, 'bootstrap-token-ghijkl'), false],
  ['without a secret', secret({ ...VALID, 'token-secret': '' }), false],
])('a token that is %s', (_, token, signs) => {
  expect(signingToken(token, NOW)).toEqual(signs ? { id: 'abcdef', secret: '0123456789abcdef' } : undefined);
});

test('tokens without an end have none, those with a strange one have ended', () => {
  expect([expirationMs(secret(VALID)), expirationMs(secret({ expiration: 'soon' })), expirationMs(secret({ expiration: '2026-01-01T00:00:00Z' }))]).toEqual([undefined, 0, NOW]);
  expect([isBootstrapToken(secret({})), isBootstrapToken({ ...secret({}), type: 'Opaque' })]).toEqual([true, false]);
});

test('cluster-info has a signature of each token and of no other', () => {
  const token = { id: 'abcdef', secret: 's' };
  const data = signedData({ kubeconfig: 'k', 'jws-kubeconfig-gonego': 'old', other: 'kept' }, [token]);
  expect(data).toEqual({ kubeconfig: 'k', other: 'kept', 'jws-kubeconfig-abcdef': detachedSignature('k', token) });
  expect(signedData({ 'jws-kubeconfig-gonego': 'old' }, [token])).toEqual({ 'jws-kubeconfig-gonego': 'old' });
});
