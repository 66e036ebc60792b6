import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { formatTime } from '../../api/time.js';
import { type Controller, type ControllerContext, TerminalError } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { SIGNING_REQUESTS } from '../shared/resources.js';
import { isToBeSigned, refusal, type RequestContent, validity } from './plan.js';

/** The cluster's certificate authority, as far as signing needs it. */
export interface CertificateSigner {
  /** Throws RangeError for what is no request. */
  read(request: string): RequestContent;
  sign(request: string, terms: { readonly usages: readonly string[]; readonly notBefore: number; readonly notAfter: number }): string;
}

/** Signs approved requests for the signers of Kubernetes. */
export function certificateSigningController(signer: CertificateSigner): Controller {
  let context: ControllerContext;
  return {
    name: 'certificatesigningrequest-signing-controller',
    setUp(given) {
      context = given;
      const enqueue = (request: CertificateSigningRequest): void => (isToBeSigned(request) ? context.enqueue(keyOf(request)) : undefined);
      context.informers.for<CertificateSigningRequest>(SIGNING_REQUESTS).addHandler({ onAdd: enqueue, onUpdate: enqueue });
    },
    async reconcile(key) {
      const request = context.informers.for<CertificateSigningRequest>(SIGNING_REQUESTS).get(splitKey(key).name);
      if (!request || !isToBeSigned(request)) return;
      const { spec, status } = request;
      const usages = spec.usages ?? [];
      const text = Buffer.from(spec.request, 'base64').toString('latin1');
      const write = (change: Partial<NonNullable<CertificateSigningRequest['status']>>): Promise<unknown> =>
        context.client.resource<CertificateSigningRequest>(SIGNING_REQUESTS).updateSubresource({ ...request, status: { ...status, ...change } }, 'status');
      try {
        const message = refusal(spec.signerName, usages, signer.read(text));
        if (message !== undefined) {
          const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message, lastUpdateTime: formatTime(context.clock.now()) };
          await write({ conditions: [...(status?.conditions ?? []), failed] });
          return;
        }
        const certificate = signer.sign(text, { usages, ...validity(spec.expirationSeconds, context.clock.now()) });
        await write({ certificate: Buffer.from(certificate).toString('base64') });
      } catch (error) {
        if (error instanceof RangeError) throw new TerminalError(`error auto signing csr: ${error.message}`, { cause: error });
        throw error;
      }
    },
  };
}
