import type { OwnDefinitions } from '../../registry/kind.js';
import type { JsonSchema } from '../../schema/node.js';

const PREFIX = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.';
const META = '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.';

const text = (description: string): JsonSchema => ({ type: 'string', description });
const reference = (name: string, description: string): JsonSchema => ({ $ref: name, description });
const usage = (description: string): JsonSchema => ({ type: 'object', description, additionalProperties: { $ref: '#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity' } });

const TYPE: Readonly<Record<string, JsonSchema>> = {
  apiVersion: text('APIVersion of the object, metrics.k8s.io/v1beta1.'),
  kind: text('Kind of the object.'),
};

const WHEN: Readonly<Record<string, JsonSchema>> = {
  timestamp: reference(`${META}Time`, 'The end of the window that the usage was measured over.'),
  window: text('How long the window was, as a duration such as 15s.'),
};

const named = (kind: string): Pick<JsonSchema, never> => ({ 'x-kubernetes-group-version-kind': [{ group: 'metrics.k8s.io', kind, version: 'v1beta1' }] });

const CONTAINER: JsonSchema = {
  type: 'object',
  description: 'ContainerMetrics says what a container uses.',
  required: ['name', 'usage'],
  properties: { name: text('Name of the container in the pod.'), usage: usage('The amount in use of each resource, by name: cpu in cores, memory in bytes.') },
};

const ITEMS: Readonly<Record<'PodMetrics' | 'NodeMetrics', JsonSchema>> = {
  PodMetrics: {
    type: 'object',
    description: 'PodMetrics says what the containers of a running pod use.',
    required: ['timestamp', 'window', 'containers'],
    properties: {
      ...TYPE,
      containers: { type: 'array', description: 'Usage of each container, over the same window.', items: { $ref: `#/definitions/${PREFIX}ContainerMetrics` } },
      metadata: reference(`${META}ObjectMeta`, 'Name, namespace and labels of the pod.'),
      ...WHEN,
    },
    ...named('PodMetrics'),
  },
  NodeMetrics: {
    type: 'object',
    description: 'NodeMetrics says what a node uses.',
    required: ['timestamp', 'window', 'usage'],
    properties: { ...TYPE, metadata: reference(`${META}ObjectMeta`, 'Name and labels of the node.'), ...WHEN, usage: usage('The amount in use of each resource, by name: cpu in cores, memory in bytes.') },
    ...named('NodeMetrics'),
  },
};

/** What OpenAPI documents and `kubectl explain` say of a kind of metrics.k8s.io. */
export function metricsDefinitions(kind: 'PodMetrics' | 'NodeMetrics'): OwnDefinitions {
  const [item, list] = [PREFIX + kind, `${PREFIX}${kind}List`];
  const listSchema: JsonSchema = {
    type: 'object',
    description: `${kind}List is a list of ${kind}.`,
    required: ['items'],
    properties: {
      ...TYPE,
      items: { type: 'array', description: `The ${kind}.`, items: { $ref: `#/definitions/${item}` } },
      metadata: reference(`${META}ListMeta`, 'Metadata of the list.'),
    },
    ...named(`${kind}List`),
  };
  return { item, list, schemas: { [item]: ITEMS[kind], [list]: listSchema, ...(kind === 'PodMetrics' ? { [`${PREFIX}ContainerMetrics`]: CONTAINER } : {}) } };
}
