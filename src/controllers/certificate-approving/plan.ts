import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { KUBELET_CLIENT, refusal, type RequestContent } from '../certificate-signing/plan.js';

/** A right whose holders' requests are approved, and what the approval says. */
export interface Recognition {
  /** Subresource of certificatesigningrequests that the requester must be allowed to create. */
  readonly subresource: 'selfnodeclient' | 'nodeclient';
  readonly message: string;
}

const SELF: Recognition = { subresource: 'selfnodeclient', message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' };
const NODE: Recognition = { subresource: 'nodeclient', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' };

/** Whether nobody has decided about a request yet. Pure. */
export function isUndecided({ status }: CertificateSigningRequest): boolean {
  return !status?.certificate && !status?.conditions?.some(({ type }) => type === 'Approved' || type === 'Denied');
}

/**
 * By which rights a kubelet's client certificate may be approved, in the order in which they are tried
 * (https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/#approval). Pure.
 */
export function recognitions({ spec: { signerName, usages = [], username } }: CertificateSigningRequest, content: RequestContent): readonly Recognition[] {
  if (signerName !== KUBELET_CLIENT || refusal(KUBELET_CLIENT, usages, content) !== undefined) return [];
  return username === content.commonName ? [SELF, NODE] : [NODE];
}
