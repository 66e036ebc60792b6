import type { NodeDirectory } from '../../api/streams.js';
import type { Kind } from '../../registry/kind.js';
import { nodeMetricsKind } from './node-metrics.js';
import { podMetricsKind } from './pod-metrics.js';

/** The kinds of metrics.k8s.io/v1beta1, as metrics-server serves them; the addon of that name adds them. */
export function metricsKinds(nodes: NodeDirectory): readonly Kind[] {
  return [nodeMetricsKind(nodes), podMetricsKind(nodes)] as unknown as Kind[];
}
