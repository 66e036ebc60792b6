import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { ignoring } from '../shared/ignoring.js';
import { SIGNING_REQUESTS } from '../shared/resources.js';
import { cleanAfterMs } from './plan.js';

/** Deletes certificate signing requests some time after they were decided, or when nobody does (csrcleaner). */
export function certificateCleanerController(): Controller {
  let context: ControllerContext;
  return {
    name: 'certificatesigningrequest-cleaner-controller',
    workers: 1,
    setUp(given) {
      context = given;
      const enqueue = (request: CertificateSigningRequest): void => context.enqueue(keyOf(request));
      context.informers.for<CertificateSigningRequest>(SIGNING_REQUESTS).addHandler({ onAdd: enqueue, onUpdate: enqueue });
    },
    async reconcile(key): Promise<ReconcileResult | void> {
      const { name } = splitKey(key);
      const request = context.informers.for<CertificateSigningRequest>(SIGNING_REQUESTS).get(name);
      const deadline = request && cleanAfterMs(request);
      if (deadline === undefined) return undefined;
      const left = deadline - context.clock.now();
      if (left >= 0) return { requeueAfterMs: left + 1 };
      await ignoring('NotFound', context.client.resource(SIGNING_REQUESTS).delete({ name }));
      return undefined;
    },
  };
}
