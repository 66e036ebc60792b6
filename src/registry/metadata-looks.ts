import type { Kind } from './kind.js';

/**
 * Kinds whose update rules leave metadata as a whole to the generic registry. Asked of the real server: nothing but
 * the number of equal causes in an error tells.
 */
const CHANGE_ONLY = new Set([
  '/limitranges',
  '/replicationcontrollers',
  '/resourcequotas',
  '/services',
  'admissionregistration.k8s.io/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'autoscaling/horizontalpodautoscalers',
  'batch/cronjobs',
  'coordination.k8s.io/leases',
  'discovery.k8s.io/endpointslices',
  'flowcontrol.apiserver.k8s.io/flowschemas',
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
  'networking.k8s.io/networkpolicies',
  'networking.k8s.io/servicecidrs',
  'resource.k8s.io/resourceslices',
  'scheduling.k8s.io/priorityclasses',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/volumeattachments',
]);
/** And one that does not look at metadata at all. */
const NOTHING = 'policy/poddisruptionbudgets';

/** How often an update's metadata is looked at: whole and change by the registry, change and whole by the kind. */
export function metadataLooks({ gvk, facts, definition }: Pick<Kind, 'gvk' | 'facts' | 'definition'>): number {
  const resource = `${gvk.group}/${facts.plural}`;
  if (resource === NOTHING) return 2;
  return definition === undefined || CHANGE_ONLY.has(resource) ? 3 : 4;
}
