import { ApiError } from '../../api/errors.js';
import { formatTime } from '../../api/time.js';
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { CLEANUP_FINALIZER, planCleanup, planStatus } from './plan.js';

/** Who writes it in the real server: kube-apiserver itself. */
const MANAGER = 'kube-apiserver';
const DEFINITIONS = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };

/** Accepts the names of CustomResourceDefinitions, says that they are established, and lets those go that are deleted. */
export function customResourceDefinitionController(): Controller {
  let context: ControllerContext;
  const definitions = () => context.informers.for<CustomResourceDefinition>(DEFINITIONS);
  const write = async (definition: CustomResourceDefinition): Promise<void> => {
    try {
      await context.client.resource<CustomResourceDefinition>(DEFINITIONS).updateSubresource(definition, 'status', { fieldManager: MANAGER });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
  };
  return {
    name: 'custom-resource-definition-controller',
    // Names are given out one definition after the other.
    workers: 1,
    setUp(given) {
      context = given;
      const enqueueGroup = ({ spec }: CustomResourceDefinition): void => {
        for (const other of definitions().list()) if (other.spec.group === spec.group) context.enqueue(keyOf(other));
      };
      // A name may be free now that others in the group wait for.
      definitions().addHandler({ onAdd: (definition) => context.enqueue(keyOf(definition)), onUpdate: enqueueGroup, onDelete: enqueueGroup });
    },
    async reconcile(key) {
      const definition = definitions().get(splitKey(key).name);
      if (!definition) return;
      const now = formatTime(context.clock.now());
      const { deletionTimestamp, finalizers = [] } = definition.metadata;
      if (deletionTimestamp !== undefined) {
        if (finalizers.includes(CLEANUP_FINALIZER)) await write(planCleanup(definition, now));
        return;
      }
      // The informer may be behind what was just given to another: ask.
      const { items } = await context.client.resource<CustomResourceDefinition>(DEFINITIONS).list();
      const present = items.find(({ metadata }) => metadata.name === definition.metadata.name);
      if (!present || present.metadata.deletionTimestamp !== undefined) return;
      const status = planStatus(present, items.filter((other) => other !== present), now);
      if (status) await write({ ...present, status });
    },
  };
}
