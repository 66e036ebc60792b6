import { ApiError } from '../../api/errors.js';
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.js';
import type { APIService } from '../../api/types/apiregistration-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { apiServiceNames, planApiService } from './plan.js';

/** Who writes them in the real server: kube-apiserver itself. */
const MANAGER = 'kube-apiserver';
const DEFINITIONS = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const API_SERVICES = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' };
const BY_API_SERVICE = 'crd-autoregistration/api-service';

/** Keeps an APIService for each group and version that CustomResourceDefinitions serve. Keys are names of APIServices. */
export function crdAutoregistrationController(): Controller {
  let context: ControllerContext;
  const definitions = () => context.informers.for<CustomResourceDefinition>(DEFINITIONS);
  const apiServices = () => context.informers.for<APIService>(API_SERVICES);
  return {
    name: 'crd-autoregistration-controller',
    setUp(given) {
      context = given;
      definitions().addIndex(BY_API_SERVICE, (definition) => apiServiceNames(definition, true));
      const enqueueVersions = (...of: readonly CustomResourceDefinition[]): void => {
        for (const definition of of) for (const name of apiServiceNames(definition, false)) context.enqueue(`/${name}`);
      };
      definitions().addHandler({ onAdd: (one) => enqueueVersions(one), onUpdate: (one, old) => enqueueVersions(old, one), onDelete: (one) => enqueueVersions(one) });
      const enqueue = (apiService: APIService): void => context.enqueue(keyOf(apiService));
      apiServices().addHandler({ onAdd: enqueue, onUpdate: enqueue, onDelete: enqueue });
    },
    async reconcile(key) {
      const { name } = splitKey(key);
      const present = apiServices().get(name);
      const action = planApiService(name, definitions().byIndex(BY_API_SERVICE, name).length > 0, present);
      const client = context.client.resource<APIService>(API_SERVICES);
      try {
        if (action.type === 'create') await client.create(action.object, { fieldManager: MANAGER });
        else if (action.type === 'update') await client.update(action.object, { fieldManager: MANAGER });
        else if (action.type === 'delete') await client.delete({ name }, { uid: present?.metadata.uid });
      } catch (error) {
        // Somebody else was first: their change wakes this controller again.
        if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
      }
    },
  };
}
