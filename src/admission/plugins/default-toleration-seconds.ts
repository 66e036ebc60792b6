import type { Pod, Toleration } from '../../api/types/core-v1.js';
import { isResource } from '../refuse.js';
import type { AdmissionPlugin } from '../types.js';

const SECONDS = 300;
const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods stay on a node that is lost for five minutes, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate(attributes) {
    if (!isResource(attributes, '', 'pods') || (attributes.operation !== 'CREATE' && attributes.operation !== 'UPDATE')) return;
    const { spec } = attributes.object as Pod;
    const given = spec.tolerations ?? [];
    const missing = TAINTS.filter((key) => !given.some((toleration) => tolerates(toleration, key)));
    if (missing.length === 0) return;
    spec.tolerations = [...given, ...missing.map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }))];
  },
};

const tolerates = ({ key, effect }: Toleration, taint: string): boolean => (!key || key === taint) && (!effect || effect === 'NoExecute');
