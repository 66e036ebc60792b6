import type { Namespace, ServiceAccount } from '../../api/types/core-v1.js';
import { ApiError } from '../../api/errors.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { splitKey } from '../../client/informer.js';

/** Gives every namespace its `default` service account, also after somebody deletes it. */
export function serviceAccountController(): Controller {
  let context: ControllerContext;
  const namespaces = { group: '', version: 'v1', resource: 'namespaces' };
  const accounts = { group: '', version: 'v1', resource: 'serviceaccounts' };
  return {
    name: 'serviceaccount-controller',
    setUp(given) {
      context = given;
      context.informers.for<Namespace>(namespaces).addHandler({
        onAdd: ({ metadata }) => context.enqueue(`/${metadata.name}`),
        onUpdate: ({ metadata }) => context.enqueue(`/${metadata.name}`),
      });
      context.informers.for<ServiceAccount>(accounts).addHandler({ onDelete: ({ metadata }) => context.enqueue(`/${metadata.namespace}`) });
    },
    async reconcile(key) {
      const { name: namespace } = splitKey(key);
      const found = context.informers.for<Namespace>(namespaces).get(namespace);
      if (!found || found.metadata.deletionTimestamp || found.status?.phase === 'Terminating') return;
      if (context.informers.for<ServiceAccount>(accounts).get('default', namespace)) return;
      try {
        await context.client.resource<ServiceAccount>(accounts).create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
      } catch (error) {
        if (!(error instanceof ApiError) || (error.reason !== 'AlreadyExists' && error.code !== 403 && error.code !== 404)) throw error;
      }
    },
  };
}
