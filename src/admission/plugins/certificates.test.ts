import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import type { AdmissionAttributes, AdmissionDependencies } from '../types.js';
import { certificateApproval, certificateSigning } from './certificate-signer-rights.js';
import { certificateSubjectRestriction } from './certificate-subject-restriction.js';

const request = (signerName: string, status?: object): CertificateSigningRequest =>
  ({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'r' }, spec: { signerName, request: '' }, ...(status ? { status } : {}) }) as CertificateSigningRequest;

function attributes(subresource: string, object: CertificateSigningRequest, oldObject?: CertificateSigningRequest): AdmissionAttributes {
  return {
    operation: oldObject ? 'UPDATE' : 'CREATE',
    kind: { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' },
    resource: { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' },
    subresource,
    namespace: '',
    name: 'r',
    object,
    oldObject,
    user: { name: 'jane', groups: [] },
    dryRun: false,
    warn: () => {},
  } as unknown as AdmissionAttributes;
}

/** Rights that name these signers. */
const allowing = (...allowed: string[]): AdmissionDependencies => ({ isAllowed: (_, { verb, resource, name }) => resource === 'signers' && allowed.includes(`${verb} ${name}`) }) as AdmissionDependencies;
const approved = { conditions: [{ type: 'Approved', status: 'True' }] };
const prefix = 'certificatesigningrequests.certificates.k8s.io "r" is forbidden: ';

test.each<[string[], boolean]>([
  [['approve example.com/a'], true],
  [['approve example.com/*'], true],
  [['approve example.com/b', 'sign example.com/a'], false],
])('with %j a request may be approved: %s', (rights, may) => {
  const validate = () => certificateApproval(allowing(...rights)).validate?.(attributes('approval', request('other.io/x', approved), request('example.com/a')));
  if (may) expect(validate).not.toThrow();
  else expect(validate).toThrow(`${prefix}user not permitted to approve requests with signerName "example.com/a"`);
});

test('signing takes a right, other changes of the status do not', () => {
  const plugin = certificateSigning(allowing('sign example.com/a'));
  const change = (signer: string, status: object) => () => plugin.validate?.(attributes('status', request(signer, status), request(signer, approved)));
  expect(change('example.com/a', { ...approved, certificate: 'x' })).not.toThrow();
  expect(change('example.com/b', approved)).not.toThrow();
  expect(change('example.com/b', { ...approved, certificate: 'x' })).toThrow(`${prefix}user not permitted to sign requests with signerName "example.com/b"`);
  expect(change('example.com/b', {})).toThrow('user not permitted to sign');
});

test('client certificates of the API server are not for the group system:masters', () => {
  const plugin = certificateSubjectRestriction({ organizationsOf: () => ['a', 'system:masters'] } as unknown as AdmissionDependencies);
  expect(() => plugin.validate?.(attributes('', request('kubernetes.io/kube-apiserver-client')))).toThrow(`${prefix}use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed`);
  expect(() => plugin.validate?.(attributes('', request('kubernetes.io/kubelet-serving')))).not.toThrow();
});
