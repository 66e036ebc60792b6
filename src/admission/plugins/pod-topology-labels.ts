import type { Node, Pod } from '../../api/types/core-v1.js';
import { isResource } from '../refuse.js';
import type { AdmissionPlugin } from '../types.js';

const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod that is made on a node gets the node's zone and region as labels (KEP-4742). Bindings do the same by themselves. */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  mutate(attributes) {
    if (!isResource(attributes, '', 'pods') || attributes.operation !== 'CREATE') return;
    const pod = attributes.object as Pod;
    if (!pod.spec.nodeName) return;
    const node = attributes.reader.get(`core/nodes/${pod.spec.nodeName}`)?.object as Node | undefined;
    for (const key of LABELS) {
      const value = node?.metadata.labels?.[key];
      if (value !== undefined) pod.metadata.labels = { ...pod.metadata.labels, [key]: value };
    }
  },
};
