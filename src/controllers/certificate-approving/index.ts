import type { SubjectAccessReview } from '../../api/types/authorization-v1.js';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { TerminalError, type Controller, type ControllerContext, type ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import type { CertificateSigner } from '../certificate-signing/index.js';
import { SIGNING_REQUESTS } from '../shared/resources.js';
import { isUndecided, recognitions, type Recognition } from './plan.js';

const REVIEWS = { group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' };
/** Who may not have a certificate now may be given the right later: asked again ever more seldom. */
const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 1_000_000;

/** Approves client certificates of kubelets whose requesters may have them (csrapproving). */
export function certificateApprovingController(signer: Pick<CertificateSigner, 'read'>): Controller {
  let context: ControllerContext;
  const waits = new Map<string, number>();

  const isAllowed = async ({ spec }: CertificateSigningRequest, { subresource }: Recognition): Promise<boolean> => {
    const { username = '', uid, groups, extra } = spec;
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: username,
        ...(uid ? { uid } : {}),
        ...(groups ? { groups } : {}),
        ...(extra ? { extra } : {}),
        resourceAttributes: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource, version: '*' },
      },
    } as SubjectAccessReview & { metadata: { name: string } };
    const { status } = await context.client.resource<typeof review>(REVIEWS).create(review);
    return status?.allowed === true;
  };

  return {
    name: 'certificatesigningrequest-approving-controller',
    setUp(given) {
      context = given;
      const enqueue = (request: CertificateSigningRequest): void => (isUndecided(request) ? context.enqueue(keyOf(request)) : undefined);
      context.informers.for<CertificateSigningRequest>(SIGNING_REQUESTS).addHandler({ onAdd: enqueue, onUpdate: enqueue, onDelete: (request) => void waits.delete(keyOf(request)) });
    },
    async reconcile(key): Promise<ReconcileResult | void> {
      const request = context.informers.for<CertificateSigningRequest>(SIGNING_REQUESTS).get(splitKey(key).name);
      if (!request || !isUndecided(request)) {
        waits.delete(key);
        return;
      }
      const tried = recognitions(request, contentOf(signer, request));
      for (const recognition of tried) {
        if (!(await isAllowed(request, recognition))) continue;
        const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message: recognition.message };
        const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), approved] };
        await context.client.resource<CertificateSigningRequest>(SIGNING_REQUESTS).updateSubresource({ ...request, status }, 'approval');
        waits.delete(key);
        return;
      }
      if (tried.length === 0) return;
      const wait = Math.min((waits.get(key) ?? FIRST_RETRY_MS / 2) * 2, MAX_RETRY_MS);
      waits.set(key, wait);
      return { requeueAfterMs: wait };
    },
  };
}

function contentOf(signer: Pick<CertificateSigner, 'read'>, { metadata, spec }: CertificateSigningRequest): ReturnType<CertificateSigner['read']> {
  try {
    return signer.read(Buffer.from(spec.request, 'base64').toString('latin1'));
  } catch (error) {
    throw new TerminalError(`unable to parse csr ${JSON.stringify(metadata.name)}: ${(error as Error).message}`, { cause: error });
  }
}
