import type { ApiError } from '../../api/errors.js';
import { effectiveResources } from '../../api/pod-resources.js';
import { Quantity } from '../../api/quantity.js';
import type { Node, Pod } from '../../api/types/core-v1.js';
import { refuse } from '../refuse.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.js';

/** A pod cannot grow beyond its node, and only Linux nodes resize. */
export const podResizeValidator: AdmissionPlugin = {
  name: 'PodResizeValidator',
  validate(attributes) {
    const { resource, subresource, operation } = attributes;
    if (resource.group !== '' || resource.resource !== 'pods' || subresource !== 'resize' || operation !== 'UPDATE') return;
    const pod = attributes.object as Pod;
    const { nodeName } = pod.spec;
    // Without a change of the spec there is nothing to check.
    if (!nodeName || pod.metadata.generation === attributes.oldObject?.metadata.generation) return;
    const node = attributes.reader.get(`core/nodes/${nodeName}`)?.object as Node | undefined;
    if (!node) throw refuse(attributes, `node ${JSON.stringify(nodeName)} not found`);
    const os = node.metadata.labels?.['kubernetes.io/os'];
    if (os !== undefined && os !== 'linux') {
      throw refuse(attributes, `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`, [{ reason: 'UnsupportedPlatform' }]);
    }
    const error = tooLarge(attributes, pod, node);
    if (error) throw error;
  },
};

function tooLarge(attributes: AdmissionAttributes, pod: Pod, node: Node): ApiError | undefined {
  const requests = effectiveResources(pod.spec, 'requests');
  const amount = (list: Readonly<Record<string, string | number>> | undefined, name: string): Quantity => Quantity.tryParse(list?.[name]) ?? Quantity.zero;
  const lacking = (['cpu', 'memory'] as const).flatMap((name) => {
    const requested = amount(requests, name);
    const allocatable = amount(node.status?.allocatable, name);
    if (requested.compare(allocatable) <= 0) return [];
    const shown = (quantity: Quantity): bigint => (name === 'cpu' ? quantity.milliValue() : quantity.value());
    return [`${name}, requested: ${shown(requested)}, allocatable: ${shown(allocatable)}`];
  });
  if (lacking.length === 0) return undefined;
  return refuse(attributes, `node didn't have enough allocatable resources: ${lacking.join('; ')}`, [{ reason: 'NodeCapacity' }]);
}
