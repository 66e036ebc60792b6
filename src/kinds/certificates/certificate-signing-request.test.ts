import { deepClone, deepFreeze } from '../../base/freeze.js';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/types/certificates-v1.js';
import type { StrategyContext } from '../../registry/kind.js';
import { certificateSigningRequestKind } from './certificate-signing-request.js';

const NOW = '2024-05-01T00:00:00Z';
const EARLIER = '2024-01-01T00:00:00Z';
const context = { now: NOW } as unknown as StrategyContext;

function requestWith(...conditions: CertificateSigningRequestCondition[]): CertificateSigningRequest {
  return {
    kind: 'CertificateSigningRequest',
    apiVersion: 'certificates.k8s.io/v1',
    metadata: { name: 'jane' },
    spec: { request: '', signerName: 'example.com/signer' },
    status: { conditions },
  };
}

function prepared(route: string, draft: CertificateSigningRequest, old: CertificateSigningRequest): readonly CertificateSigningRequestCondition[] {
  const subresource = certificateSigningRequestKind.subresources.get(route);
  if (subresource?.type !== 'object') throw new Error(`no route ${route}`);
  const object = deepClone(draft);
  subresource.strategy.prepareForUpdate?.(object, deepFreeze(deepClone(old)), context);
  return object.status?.conditions ?? [];
}

describe('conditions of a certificate signing request', () => {
  test('get the time of the request when they have none', () => {
    expect(prepared('approval', requestWith({ type: 'Approved', status: 'True' }), requestWith())).toEqual([{ type: 'Approved', status: 'True', lastUpdateTime: NOW, lastTransitionTime: NOW }]);
  });

  test('keep the time of their last transition while their status stays', () => {
    const old = requestWith({ type: 'Failed', status: 'True', lastTransitionTime: EARLIER });
    const [condition] = prepared('status', requestWith({ type: 'Failed', status: 'True', message: 'again' }), old);
    expect(condition).toEqual({ type: 'Failed', status: 'True', message: 'again', lastUpdateTime: NOW, lastTransitionTime: EARLIER });
  });

  test('that decide are not changed through status', () => {
    const approved: CertificateSigningRequestCondition = { type: 'Approved', status: 'True', reason: 'Fine', lastUpdateTime: EARLIER, lastTransitionTime: EARLIER };
    expect(prepared('status', requestWith({ type: 'Approved', status: 'True', reason: 'Other' }), requestWith(approved))).toEqual([approved]);
  });
});
