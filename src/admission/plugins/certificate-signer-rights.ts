import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { refuse } from '../refuse.js';
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from '../types.js';

const GROUP = 'certificates.k8s.io';

/** Approving takes the right to `approve` for the request's signer, or for all of its domain (`example.com/*`). */
export function certificateApproval({ isAllowed }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    validate(attributes) {
      if (!isRequest(attributes, 'approval')) return;
      demand(attributes, isAllowed, 'approve');
    },
  };
}

/** Changing certificate or conditions takes the right to `sign`. */
export function certificateSigning({ isAllowed }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    validate(attributes) {
      if (!isRequest(attributes, 'status')) return;
      const [before, after] = [statusOf(attributes.oldObject), statusOf(attributes.object)];
      if ((before.certificate ?? '') === (after.certificate ?? '') && deepEqual(before.conditions ?? [], after.conditions ?? [])) return;
      demand(attributes, isAllowed, 'sign');
    },
  };
}

function isRequest({ resource, subresource }: AdmissionAttributes, wanted: string): boolean {
  return resource.group === GROUP && resource.resource === 'certificatesigningrequests' && subresource === wanted;
}

/** By the stored object: who writes may not choose the signer anew. */
function demand(attributes: AdmissionAttributes, isAllowed: AdmissionDependencies['isAllowed'], verb: 'approve' | 'sign'): void {
  const { signerName } = (attributes.oldObject as CertificateSigningRequest).spec;
  const may = (name: string): boolean => isAllowed?.(attributes.user, { verb, group: GROUP, resource: 'signers', name }) ?? true;
  if (!may(signerName) && !may(`${signerName.split('/')[0]}/*`)) throw refuse(attributes, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}

function statusOf(object: AdmissionAttributes['object']): NonNullable<CertificateSigningRequest['status']> {
  return (object as CertificateSigningRequest | undefined)?.status ?? {};
}
