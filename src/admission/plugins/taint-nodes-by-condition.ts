import type { Node } from '../../api/types/core-v1.js';
import { isResource } from '../refuse.js';
import type { AdmissionPlugin } from '../types.js';

const KEY = 'node.kubernetes.io/not-ready';
const EFFECT = 'NoSchedule';

/** A new node takes no pods before it is ready: its controller removes this taint. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate(attributes) {
    if (!isResource(attributes, '', 'nodes') || attributes.operation !== 'CREATE') return;
    const node = attributes.object as Node;
    const spec = (node.spec ??= {});
    const taints = spec.taints ?? [];
    if (!taints.some(({ key, effect }) => key === KEY && effect === EFFECT)) spec.taints = [...taints, { key: KEY, effect: EFFECT }];
  },
};
