import type { Secret, ServiceAccount } from '../../api/types/core-v1.js';
import { base64, planToken } from './plan.js';

const CA = 'PEM';
const account: ServiceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'ns', uid: 'u1' } };
const annotations = { 'kubernetes.io/service-account.name': 'robot', 'kubernetes.io/service-account.uid': 'u1' };

function secret(data: Record<string, string> | undefined, more: Record<string, string> = { 'kubernetes.io/service-account.name': 'robot' }): Secret {
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', metadata: { name: 's', namespace: 'ns', annotations: more }, ...(data ? { data } : {}) };
}

describe('planToken', () => {
  test('an empty Secret gets a token, the CA, its namespace and the uid of the account', () => {
    expect(planToken(secret(undefined), account, CA)).toEqual({ action: 'fill', needsToken: true, annotations, data: { 'ca.crt': base64(CA), namespace: base64('ns') } });
  });

  test('other data and a token that is there already stay', () => {
    const plan = planToken(secret({ token: 'dA==', extra: 'eA==' }), account, CA);
    expect(plan).toMatchObject({ action: 'fill', needsToken: false, data: { token: 'dA==', extra: 'eA==', 'ca.crt': base64(CA) } });
  });

  test('an old CA is replaced', () => {
    expect(planToken(secret({ token: 'dA==', namespace: base64('ns'), 'ca.crt': base64('old') }), account, CA)).toMatchObject({ action: 'fill', needsToken: false });
  });

  test('a whole Secret is left alone', () => {
    expect(planToken(secret({ token: 'dA==', namespace: base64('ns'), 'ca.crt': base64(CA) }, annotations), account, CA)).toEqual({ action: 'none' });
  });

  test.each([
    ['the account is gone', undefined, annotations],
    ['the account was made anew', { ...account, metadata: { ...account.metadata, uid: 'u2' } }, annotations],
  ])('the Secret goes when %s', (_, found, known) => {
    expect(planToken(secret({ token: 'dA==' }, known), found, CA)).toEqual({ action: 'delete' });
  });
});
