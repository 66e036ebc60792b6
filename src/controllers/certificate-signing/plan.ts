import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';

/** What a request asks for, as far as signers judge it. */
export interface RequestContent {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: number;
  readonly ipAddresses: number;
  readonly emailAddresses: number;
  readonly uris: number;
}

const CLIENT = 'kubernetes.io/kube-apiserver-client';
export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';
const LEGACY = 'kubernetes.io/legacy-unknown';
export const SIGNERS: ReadonlySet<string> = new Set([CLIENT, KUBELET_CLIENT, KUBELET_SERVING, LEGACY]);

/** kube-controller-manager's --cluster-signing-duration. */
const MAX_MS = 365 * 86_400_000;
const MIN_MS = 600_000;
/** Clocks differ: certificates are valid from a little before. */
const BACKDATE_MS = 300_000;
const SHORT_MS = 8 * 3_600_000;

/** Whether a request is to be signed now: approved, not failed, not signed. Pure. */
export function isToBeSigned({ spec, status }: CertificateSigningRequest): boolean {
  const has = (type: string): boolean => status?.conditions?.some((condition) => condition.type === type && condition.status !== 'False') ?? false;
  return SIGNERS.has(spec.signerName) && !status?.certificate && has('Approved') && !has('Denied') && !has('Failed');
}

/** Why a signer of Kubernetes refuses a request (https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers). Pure. */
export function refusal(signer: string, usages: readonly string[], content: RequestContent): string | undefined {
  switch (signer) {
    case CLIENT:
      return clientRefusal(usages);
    case KUBELET_CLIENT: {
      if (content.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
      if (content.dnsNames > 0) return 'DNS subjectAltNames are not allowed';
      if (content.emailAddresses > 0) return 'Email subjectAltNames are not allowed';
      if (content.ipAddresses > 0) return 'IP subjectAltNames are not allowed';
      if (content.uris > 0) return 'URI subjectAltNames are not allowed';
      if (!content.commonName.startsWith('system:node:')) return 'subject common name does not begin with system:node:';
      return kubeletUsages(usages, 'client auth');
    }
    case KUBELET_SERVING: {
      if (content.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
      if (content.dnsNames === 0 && content.ipAddresses === 0) return 'DNS or IP subjectAltName is required';
      if (content.emailAddresses > 0) return 'Email subjectAltNames are not allowed';
      if (content.uris > 0) return 'URI subjectAltNames are not allowed';
      return kubeletUsages(usages, 'server auth') ?? (content.commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:');
    }
    default:
      return undefined;
  }
}

/** From when to when a certificate is valid. Pure. */
export function validity(expirationSeconds: number | undefined, now: number): { notBefore: number; notAfter: number } {
  const duration = expirationSeconds === undefined ? MAX_MS : Math.min(Math.max(expirationSeconds * 1000, MIN_MS), MAX_MS);
  return { notBefore: now - BACKDATE_MS, notAfter: now + duration - (duration < SHORT_MS ? 0 : BACKDATE_MS) };
}

function clientRefusal(usages: readonly string[]): string | undefined {
  const odd = usages.find((usage) => usage !== 'digital signature' && usage !== 'key encipherment' && usage !== 'client auth');
  if (odd !== undefined) return `invalid usage for client certificate: ${odd}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

function kubeletUsages(usages: readonly string[], auth: string): string | undefined {
  const wanted = [auth, 'digital signature', 'key encipherment'].sort();
  const given = [...new Set(usages)].sort();
  const withoutRsa = wanted.filter((usage) => usage !== 'key encipherment');
  return [wanted, withoutRsa].some((set) => set.join() === given.join()) ? undefined : `usages did not match [${wanted.join(' ')}]`;
}
