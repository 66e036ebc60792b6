import { ApiError } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import { formatTime } from '../../api/time.js';
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { CLEANUP_FINALIZER, isTrue, planCleanup, planDeletion, planStatus } from './plan.js';

/** Who writes it in the real server: kube-apiserver itself. */
const MANAGER = 'kube-apiserver';
/** How often it is looked whether objects are gone that their finalizers hold. */
const RETRY_MS = 1000;
const DEFINITIONS = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };

/** Accepts the names of CustomResourceDefinitions, says that they are established, and lets those go that are deleted. */
export function customResourceDefinitionController(): Controller {
  let context: ControllerContext;
  const definitions = () => context.informers.for<CustomResourceDefinition>(DEFINITIONS);
  /** Resolves with undefined when the definition is gone. */
  const write = async (definition: CustomResourceDefinition): Promise<CustomResourceDefinition | undefined> => {
    try {
      return await context.client.resource<CustomResourceDefinition>(DEFINITIONS).updateSubresource(definition, 'status', { fieldManager: MANAGER });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
      return undefined;
    }
  };
  /** Deletes what the definition defines; resolves with whether anything is left that its finalizers hold. */
  const deleteInstances = async ({ spec, status }: CustomResourceDefinition): Promise<boolean> => {
    const version = spec.versions.find(({ served }) => served)?.name;
    if (version === undefined) return false;
    const client = context.client.resource<KubeObject>({ group: spec.group, version, resource: status?.acceptedNames?.plural ?? spec.names.plural });
    const { items } = await client.list();
    for (const namespace of new Set(items.map(({ metadata }) => metadata.namespace))) await client.deleteCollection(namespace === undefined ? {} : { namespace });
    return items.length > 0 && (await client.list()).items.length > 0;
  };
  const cleanUp = async (definition: CustomResourceDefinition, now: string): Promise<ReconcileResult | void> => {
    const started = planDeletion(definition, now);
    const marked = started ? await write(started) : definition;
    if (!marked) return undefined;
    if (isTrue(marked, 'Established') && (await deleteInstances(marked))) return { requeueAfterMs: RETRY_MS };
    await write(planCleanup(marked, now));
    return undefined;
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
      if (!definition) return undefined;
      const now = formatTime(context.clock.now());
      const { deletionTimestamp, finalizers = [] } = definition.metadata;
      if (deletionTimestamp !== undefined) {
        return finalizers.includes(CLEANUP_FINALIZER) ? cleanUp(definition, now) : undefined;
      }
      // The informer may be behind what was just given to another: ask.
      const { items } = await context.client.resource<CustomResourceDefinition>(DEFINITIONS).list();
      const present = items.find(({ metadata }) => metadata.name === definition.metadata.name);
      if (!present || present.metadata.deletionTimestamp !== undefined) return undefined;
      const status = planStatus(present, items.filter((other) => other !== present), now);
      if (status) await write({ ...present, status });
      return undefined;
    },
  };
}
