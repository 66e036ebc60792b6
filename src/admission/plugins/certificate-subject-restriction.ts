import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { isResource, refuse } from '../refuse.js';
import type { AdmissionDependencies, AdmissionPlugin } from '../types.js';

const SIGNER = 'kubernetes.io/kube-apiserver-client';

/** Nobody becomes an administrator by a client certificate for the group system:masters. */
export function certificateSubjectRestriction({ organizationsOf }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    validate(attributes) {
      if (attributes.operation !== 'CREATE' || !isResource(attributes, 'certificates.k8s.io', 'certificatesigningrequests')) return;
      const { signerName, request } = (attributes.object as CertificateSigningRequest).spec;
      if (signerName !== SIGNER) return;
      let organizations: readonly string[];
      try {
        organizations = organizationsOf?.(Buffer.from(request, 'base64').toString('latin1')) ?? [];
      } catch (error) {
        throw refuse(attributes, `failed to parse CSR: ${(error as Error).message}`);
      }
      if (organizations.includes('system:masters')) throw refuse(attributes, `use of ${SIGNER} signer with system:masters group is not allowed`);
    },
  };
}
