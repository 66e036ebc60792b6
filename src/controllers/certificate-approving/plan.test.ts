import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { isUndecided, recognitions } from './plan.js';

const content = { commonName: 'system:node:n', organizations: ['system:nodes'], dnsNames: 0, ipAddresses: 0, emailAddresses: 0, uris: 0 };

const request = (spec: object, status: object = {}): CertificateSigningRequest =>
  ({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'r' },
    spec: { request: '', signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['client auth', 'digital signature'], username: 'system:bootstrap:abcdef', ...spec },
    status,
  }) as CertificateSigningRequest;

test.each<[string, object, object, string[]]>([
  ['a bootstrap token asks for a node', {}, {}, ['nodeclient']],
  ['a node asks for itself', { username: 'system:node:n' }, {}, ['selfnodeclient', 'nodeclient']],
  ['a node asks for another', { username: 'system:node:m' }, {}, ['nodeclient']],
  ['another signer is asked', { signerName: 'kubernetes.io/kube-apiserver-client' }, {}, []],
  ['the serving signer is asked', { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth', 'digital signature'] }, { dnsNames: 1 }, []],
  ['usages are others', { usages: ['client auth'] }, {}, []],
  ['the subject is no node', {}, { commonName: 'n' }, []],
  ['the organization is another', {}, { organizations: ['system:masters'] }, []],
  ['there are names', {}, { ipAddresses: 1 }, []],
])('when %s', (_, spec, change, expected) => {
  expect(recognitions(request(spec), { ...content, ...change }).map(({ subresource }) => subresource)).toEqual(expected);
});

test.each<[string, object, boolean]>([
  ['new', {}, true],
  ['failed', { conditions: [{ type: 'Failed', status: 'True' }] }, true],
  ['approved', { conditions: [{ type: 'Approved', status: 'True' }] }, false],
  ['denied', { conditions: [{ type: 'Denied', status: 'True' }] }, false],
  ['issued', { certificate: 'x' }, false],
])('whether a request that is %s is undecided: %#', (_, status, expected) => {
  expect(isUndecided(request({}, status))).toBe(expected);
});
