import { notFound } from '../../api/errors.js';
import type { PodMetrics } from '../../api/metrics.js';
import type { NodeDirectory } from '../../api/streams.js';
import { formatTime } from '../../api/time.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { Kind } from '../../registry/kind.js';
import { kindOf } from '../define-kind.js';
import { metricsDefinitions } from './definitions.js';
import { metricsCells, metricsFact, StatsOnce, usageOf, windowOf } from './usage.js';

const PODS = 'core/pods/';

/** What running pods use (metrics.k8s.io/v1beta1 PodMetrics), asked of their nodes when somebody wants to know. */
export function podMetricsKind(nodes: NodeDirectory): Kind<PodMetrics> {
  return kindOf<PodMetrics>(metricsFact('pods', 'PodMetrics', true), {
    ownDefinitions: metricsDefinitions('PodMetrics'),
    virtual: {
      list({ reader, clock, namespace }) {
        const stats = new StatsOnce(nodes);
        const pods = reader.list(namespace ? `${PODS}${namespace}/` : PODS).entries.map(({ object }) => object as Pod);
        return Promise.resolve(pods.flatMap((pod) => metricsOf(pod, stats, clock.now()) ?? []));
      },
      get(name, { reader, clock, namespace }) {
        const pod = reader.get(`${PODS}${namespace}/${name}`)?.object as Pod | undefined;
        if (!pod) return Promise.reject(notFound({ group: '', resource: 'pods' }, name));
        const metrics = metricsOf(pod, new StatsOnce(nodes), clock.now());
        return metrics ? Promise.resolve(metrics) : Promise.reject(notFound({ group: 'metrics.k8s.io', resource: 'podmetrics' }, `${namespace}/${name}`));
      },
    },
    cells: ({ metadata, containers, window }) => metricsCells(metadata.name, containers.map(({ usage }) => usage), window),
  });
}

/** Undefined for a pod that does not run, or one of whose containers has only just been started. */
function metricsOf(pod: Pod, stats: StatsOnce, now: number): PodMetrics | undefined {
  const { name, namespace = '', uid, labels } = pod.metadata;
  if (pod.status?.phase !== 'Running') return undefined;
  const node = stats.of(pod.spec.nodeName ?? '');
  const containers = node?.pods.find((one) => one.uid === uid)?.containers ?? [];
  const window = windowOf(Math.min(...containers.map(({ startedAt }) => now - startedAt)));
  if (!node || containers.length === 0 || window === undefined) return undefined;
  return {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, namespace, creationTimestamp: formatTime(now), ...(labels ? { labels } : {}) },
    timestamp: formatTime(node.time),
    window,
    containers: containers.map((container) => ({ name: container.name, usage: usageOf(container) })),
  };
}
