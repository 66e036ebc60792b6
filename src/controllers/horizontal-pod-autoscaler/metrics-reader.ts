import { ApiError } from '../../api/errors.js';
import { labelMatcherOf, type LabelMatcher } from '../../api/label-selector.js';
import { Quantity } from '../../api/quantity.js';
import { parseDuration, timeMs } from '../../api/time.js';
import type { MetricSpec } from '../../api/types/autoscaling-v2.js';
import { METRICS_GROUP, METRICS_VERSION, type PodMetrics } from '../../api/metrics.js';
import type { Client } from '../../client/types.js';
import type { PodSamples } from './samples.js';

/** What is known of a metric: a sample of each pod, one value (in thousandths), several of them, or why nothing is. */
export type Reading = { readonly pods: PodSamples } | { readonly values: readonly bigint[] } | { readonly error: string };

/** Reads the metrics that autoscalers name. Never rejects for what is wrong with a metric: the reading says so. */
export interface MetricsReader {
  read(metric: MetricSpec, namespace: string, selector: LabelMatcher): Promise<Reading>;
}

const POD_METRICS = { group: METRICS_GROUP, version: METRICS_VERSION, resource: 'pods' };
const CUSTOM = 'custom.metrics.k8s.io';
const EXTERNAL = 'external.metrics.k8s.io';

/** Reads from metrics.k8s.io; nothing serves custom.metrics.k8s.io and external.metrics.k8s.io, and readings say so as client-go does. */
export function apiMetricsReader(client: Client): MetricsReader {
  const pods = client.resource<PodMetrics>(POD_METRICS);

  const resource = async (name: string, container: string, namespace: string, selector: LabelMatcher): Promise<Reading> => {
    let items: readonly PodMetrics[];
    try {
      ({ items } = await pods.list({ namespace, labelSelector: selector.toString() }));
    } catch (error) {
      return { error: `unable to fetch metrics from resource metrics API: ${requestText(error, 'pods.metrics.k8s.io')}` };
    }
    if (items.length === 0) return { error: 'no metrics returned from resource metrics API' };
    return { pods: podSamples(items, name, container) };
  };

  return {
    async read(metric, namespace, selector) {
      switch (metric.type) {
        case 'Resource':
          return resource(metric.resource?.name ?? '', '', namespace, selector);
        case 'ContainerResource':
          return resource(metric.containerResource?.name ?? '', metric.containerResource?.container ?? '', namespace, selector);
        case 'External':
          return { error: `unable to fetch metrics from external metrics API: ${ABSENT} (get ${metric.external?.metric.name ?? ''}.${EXTERNAL})` };
        default:
          return { error: `unable to fetch metrics from custom metrics API: no custom metrics API (${CUSTOM}) registered` };
      }
    },
  };
}

const ABSENT = 'the server could not find the requested resource';

/** A failure as client-go tells it: an unknown path's answer is extended by what was asked. */
function requestText(error: unknown, resource: string): string {
  if (!(error instanceof ApiError)) throw error;
  return error.code === 404 ? `${ABSENT} (get ${resource})` : error.message;
}

/** Samples of a resource, of whole pods or of one container of each. Pods that lack one are left out. Pure. */
export function podSamples(items: readonly PodMetrics[], resource: string, container: string): PodSamples {
  const samples = new Map<string, { timestampMs: number; windowMs: number; value: bigint }>();
  for (const { metadata, timestamp, window, containers } of items) {
    const counted = container === '' ? containers : containers.filter(({ name }) => name === container);
    const amounts = counted.map(({ usage }) => usage[resource]);
    if (amounts.length === 0 || amounts.includes(undefined)) continue;
    const value = amounts.reduce((sum, amount) => sum + Quantity.parse(amount as string).milliValue(), 0n);
    samples.set(metadata.name, { timestampMs: timeMs(timestamp) ?? 0, windowMs: parseDuration(window), value });
  }
  return samples;
}

/** Throws ApiError for a selector that selects no sense. */
export function checkMetricSelector(metric: MetricSpec): void {
  for (const source of [metric.pods, metric.object, metric.external]) labelMatcherOf(source?.metric.selector);
}
