import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { cleanAfterMs } from './plan.js';

const HOUR = 3_600_000;
const T = '2026-01-01T00:00:00Z';
const AT = Date.parse(T);

const request = (status: object): CertificateSigningRequest =>
  ({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'r', creationTimestamp: T }, spec: { request: '', signerName: 's' }, status }) as CertificateSigningRequest;
const condition = (type: string, hours = 0): object => ({ type, status: 'True', lastUpdateTime: new Date(AT + hours * HOUR).toISOString() });

test.each<[string, object, number | undefined]>([
  ['pending', {}, 24],
  ['denied', { conditions: [condition('Denied', 3)] }, 4],
  ['failed', { conditions: [condition('Approved'), condition('Failed', 2)] }, 3],
  ['approved, never issued', { conditions: [condition('Approved', 1)] }, 25],
  ['issued', { conditions: [condition('Approved', 1)], certificate: 'bm9uZQ==' }, 2],
  ['approved at no known time', { conditions: [{ type: 'Approved', status: 'True' }] }, undefined],
])('a request that is %s is deleted after hours: %#', (_, status, hours) => {
  expect(cleanAfterMs(request(status))).toBe(hours === undefined ? undefined : AT + hours * HOUR);
});
