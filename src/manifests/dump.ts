import type { AnyObject } from '../api/object.js';

/** What the server itself has written into an object: it writes it anew. */
const SERVER_FIELDS = ['resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

/** Labels by which the Job controller finds its pods: they hold the uid of a Job that there is no more. */
const JOB_LABELS = ['controller-uid', 'batch.kubernetes.io/controller-uid', 'job-name', 'batch.kubernetes.io/job-name'];

/** An object of a dump without what belongs to the cluster that it came from. Changes the object. */
export function stripped(object: AnyObject): AnyObject {
  const { metadata } = object;
  for (const field of SERVER_FIELDS) delete metadata[field];
  delete object['status'];
  const spec = object['spec'] as Record<string, unknown> | undefined;
  if (object.kind === 'Job' && spec && spec['manualSelector'] !== true) {
    delete spec['selector'];
    const template = spec['template'] as { metadata?: { labels?: Record<string, string> } } | undefined;
    for (const labels of [metadata.labels, template?.metadata?.labels]) if (labels) for (const label of JOB_LABELS) delete labels[label];
  }
  const claimRef = spec?.['claimRef'] as Record<string, unknown> | undefined;
  if (claimRef) for (const field of ['uid', 'resourceVersion']) delete claimRef[field];
  return object;
}

/** What every cluster makes for itself, and what only tells of the past. */
export function isOwn({ kind, metadata: { name, namespace, labels, annotations } }: AnyObject): boolean {
  if (kind === 'Event' || kind === 'ComponentStatus' || kind === 'NodeMetrics' || kind === 'PodMetrics') return true;
  if (kind === 'ConfigMap' && name === 'kube-root-ca.crt') return true;
  if (kind === 'Lease' && namespace === 'kube-node-lease') return true;
  if (namespace === 'default' && name === 'kubernetes') return kind === 'Service' || kind === 'Endpoints' || kind === 'EndpointSlice';
  if (kind === 'EndpointSlice') return labels?.['endpointslice.kubernetes.io/managed-by'] !== undefined;
  return kind === 'Endpoints' && annotations?.['endpoints.kubernetes.io/last-change-trigger-time'] !== undefined;
}
