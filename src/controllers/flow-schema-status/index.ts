import { ApiError } from '../../api/errors.js';
import { formatTime } from '../../api/time.js';
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { planCondition } from './plan.js';

/** Who says so in the real server: a part of kube-apiserver. */
const MANAGER = 'api-priority-and-fairness-config-consumer-v1';
const GROUP = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1' };
const SCHEMAS = { ...GROUP, resource: 'flowschemas' };
const LEVELS = { ...GROUP, resource: 'prioritylevelconfigurations' };

/** Says of FlowSchemas whether the priority level that they name is there: `kubectl get flowschemas` shows it as MISSINGPL. */
export function flowSchemaStatusController(): Controller {
  let context: ControllerContext;
  const schemas = () => context.informers.for<FlowSchema>(SCHEMAS);
  const levels = () => context.informers.for<PriorityLevelConfiguration>(LEVELS);
  return {
    name: 'flow-schema-status-controller',
    setUp(given) {
      context = given;
      const enqueue = (schema: FlowSchema): void => context.enqueue(keyOf(schema));
      const enqueueThoseOf = ({ metadata }: PriorityLevelConfiguration): void => {
        for (const schema of schemas().list()) if (schema.spec?.priorityLevelConfiguration.name === metadata.name) enqueue(schema);
      };
      schemas().addHandler({ onAdd: enqueue, onUpdate: enqueue });
      levels().addHandler({ onAdd: enqueueThoseOf, onDelete: enqueueThoseOf });
    },
    async reconcile(key) {
      const schema = schemas().get(splitKey(key).name);
      if (!schema) return;
      const condition = planCondition(schema, levels().get(schema.spec?.priorityLevelConfiguration.name ?? '') !== undefined, formatTime(context.clock.now()));
      if (!condition) return;
      const { name } = schema.metadata;
      const body = { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name }, status: { conditions: [condition] } };
      try {
        await context.client.resource(SCHEMAS).patch({ name, subresource: 'status' }, { type: 'apply', body, force: true }, { fieldManager: MANAGER });
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    },
  };
}
