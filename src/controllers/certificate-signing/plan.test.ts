import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { isToBeSigned, refusal, validity } from './plan.js';

const node = { commonName: 'system:node:n', organizations: ['system:nodes'], dnsNames: 0, ipAddresses: 0, emailAddresses: 0, uris: 0 };

test.each<[string, string[], Partial<typeof node>, string | undefined]>([
  ['kubernetes.io/kube-apiserver-client', ['client auth'], {}, undefined],
  ['kubernetes.io/kube-apiserver-client', ['server auth'], {}, 'invalid usage for client certificate: server auth'],
  ['kubernetes.io/kube-apiserver-client', ['digital signature'], {}, 'missing required usage for client certificate: client auth'],
  ['kubernetes.io/kubelet-serving', ['server auth', 'digital signature'], { dnsNames: 1 }, undefined],
  ['kubernetes.io/kubelet-serving', ['server auth', 'digital signature'], {}, 'DNS or IP subjectAltName is required'],
  ['kubernetes.io/kubelet-serving', ['client auth'], { dnsNames: 1 }, 'usages did not match [digital signature key encipherment server auth]'],
  ['kubernetes.io/kube-apiserver-client-kubelet', ['client auth', 'digital signature', 'key encipherment'], {}, undefined],
  ['kubernetes.io/kube-apiserver-client-kubelet', ['client auth', 'digital signature'], { dnsNames: 1 }, 'DNS subjectAltNames are not allowed'],
  ['kubernetes.io/kube-apiserver-client-kubelet', ['client auth', 'digital signature'], { organizations: [] }, 'subject organization is not system:nodes'],
  ['kubernetes.io/legacy-unknown', ['code signing'], {}, undefined],
])('%s with %j and %j: %s', (signer, usages, change, expected) => expect(refusal(signer, usages, { ...node, ...change })).toBe(expected));

test.each([
  [undefined, -300, 365 * 86_400 - 300],
  [60, -300, 600],
  [3600, -300, 3600],
  [86_400, -300, 86_400 - 300],
  [1e9, -300, 365 * 86_400 - 300],
])('%s seconds asked for are valid from %i to %i', (seconds, from, to) => expect(validity(seconds, 0)).toEqual({ notBefore: from * 1000, notAfter: to * 1000 }));

test.each<[string, Partial<CertificateSigningRequest['status']>, boolean]>([
  ['nothing', {}, false],
  ['approval', { conditions: [{ type: 'Approved', status: 'True' }] }, true],
  ['a failure', { conditions: [{ type: 'Approved', status: 'True' }, { type: 'Failed', status: 'True' }] }, false],
  ['a certificate', { conditions: [{ type: 'Approved', status: 'True' }], certificate: 'x' }, false],
])('a request with %s is signed: %#', (_, status, expected) => {
  const request = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'r' }, spec: { request: '', signerName: 'kubernetes.io/legacy-unknown' }, status } as CertificateSigningRequest;
  expect(isToBeSigned(request)).toBe(expected);
});
