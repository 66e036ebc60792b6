import { notFound } from '../../api/errors.js';
import type { NodeMetrics } from '../../api/metrics.js';
import type { NodeDirectory } from '../../api/streams.js';
import { formatTime, timeMs } from '../../api/time.js';
import type { Node } from '../../api/types/core-v1.js';
import type { Kind } from '../../registry/kind.js';
import { kindOf } from '../define-kind.js';
import { metricsDefinitions } from './definitions.js';
import { metricsCells, metricsFact, usageOf, windowOf } from './usage.js';

const NODES = 'core/nodes/';

/** What nodes use (metrics.k8s.io/v1beta1 NodeMetrics), asked of them when somebody wants to know. */
export function nodeMetricsKind(nodes: NodeDirectory): Kind<NodeMetrics> {
  return kindOf<NodeMetrics>(metricsFact('nodes', 'NodeMetrics', false), {
    ownDefinitions: metricsDefinitions('NodeMetrics'),
    virtual: {
      list: ({ reader, clock }) => Promise.resolve(reader.list(NODES).entries.flatMap(({ object }) => metricsOf(object as Node, nodes, clock.now()) ?? [])),
      get(name, { reader, clock }) {
        const node = reader.get(`${NODES}${name}`)?.object as Node | undefined;
        if (!node) return Promise.reject(notFound({ group: '', resource: 'nodes' }, name));
        const metrics = metricsOf(node, nodes, clock.now());
        return metrics ? Promise.resolve(metrics) : Promise.reject(notFound({ group: 'metrics.k8s.io', resource: 'nodemetrics' }, name));
      },
    },
    cells: ({ metadata, usage, window }) => metricsCells(metadata.name, [usage], window),
  });
}

/** Undefined for a node that nobody can ask. */
function metricsOf({ metadata: { name, labels, creationTimestamp } }: Node, nodes: NodeDirectory, now: number): NodeMetrics | undefined {
  const stats = nodes.agent(name)?.stats();
  const window = windowOf(now - (timeMs(creationTimestamp) ?? 0));
  if (!stats || window === undefined) return undefined;
  return {
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, creationTimestamp: formatTime(now), ...(labels ? { labels } : {}) },
    timestamp: formatTime(stats.time),
    window,
    usage: usageOf(stats),
  };
}
