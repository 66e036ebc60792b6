import type { Secret } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { ignoring } from '../shared/ignoring.js';
import { expirationMs, isBootstrapToken } from './token.js';

const SECRETS = { group: '', version: 'v1', resource: 'secrets' };

/** Deletes bootstrap tokens whose time is over. Off by default, as in kube-controller-manager. */
export function tokenCleanerController(): Controller {
  let context: ControllerContext;
  return {
    name: 'token-cleaner-controller',
    offByDefault: true,
    workers: 1,
    setUp(given) {
      context = given;
      const wake = (secret: Secret): void => (isBootstrapToken(secret) ? context.enqueue(keyOf(secret)) : undefined);
      context.informers.for<Secret>(SECRETS).addHandler({ onAdd: wake, onUpdate: wake });
    },
    async reconcile(key): Promise<ReconcileResult | void> {
      const { name, namespace } = splitKey(key);
      const secret = context.informers.for<Secret>(SECRETS).get(name, namespace);
      const end = secret && expirationMs(secret);
      if (end === undefined) return undefined;
      const left = end - context.clock.now();
      if (left > 0) return { requeueAfterMs: left };
      await ignoring(['NotFound', 'Conflict'], context.client.resource(SECRETS).delete({ name, namespace }, { uid: secret?.metadata.uid }));
      return undefined;
    },
  };
}
