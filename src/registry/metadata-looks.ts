import type { Kind } from './kind.js';

/**
 * What a kind's own rules of updates look at in metadata, after the generic registry, which looks at the whole and at the
 * change. A message names each error once, but its causes count how often it was found.
 */
export interface MetadataLooks {
  /** Whether they want finalizers to be standard ones or to have a domain. */
  readonly finalizerNames: boolean;
  readonly update: ReadonlyArray<'change' | 'whole'>;
}

const USUAL: MetadataLooks = { finalizerNames: true, update: ['change', 'whole'] };
const CHANGE: MetadataLooks = { finalizerNames: true, update: ['change'] };
const WHOLE: MetadataLooks = { finalizerNames: true, update: ['whole'] };
const NONE: MetadataLooks = { finalizerNames: false, update: [] };
const ANY_FINALIZER: MetadataLooks = { ...USUAL, finalizerNames: false };
const CHANGE_ANY_FINALIZER: MetadataLooks = { ...CHANGE, finalizerNames: false };
const WHOLE_ANY_FINALIZER: MetadataLooks = { ...WHOLE, finalizerNames: false };

/** Asked of the real server v1.36.3; kinds that are not here are as USUAL. */
const RULES: ReadonlyMap<string, MetadataLooks> = new Map([
  ...(
    [
      '/podtemplates',
      '/replicationcontrollers',
      '/resourcequotas',
      '/services',
      'apps/daemonsets',
      'apps/deployments',
      'apps/replicasets',
      'apps/statefulsets',
      'autoscaling/horizontalpodautoscalers',
      'batch/cronjobs',
      'networking.k8s.io/networkpolicies',
      'networking.k8s.io/servicecidrs',
      'resource.k8s.io/resourceslices',
      'scheduling.k8s.io/priorityclasses',
      'storage.k8s.io/csidrivers',
    ] as const
  ).map((resource) => [resource, CHANGE] as const),
  ...(
    [
      '/limitranges',
      'discovery.k8s.io/endpointslices',
      'flowcontrol.apiserver.k8s.io/flowschemas',
      'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
      'storage.k8s.io/csinodes',
      'storage.k8s.io/volumeattachments',
    ] as const
  ).map((resource) => [resource, WHOLE] as const),
  ...(
    [
      'admissionregistration.k8s.io/mutatingadmissionpolicies',
      'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
      'admissionregistration.k8s.io/mutatingwebhookconfigurations',
      'admissionregistration.k8s.io/validatingadmissionpolicies',
      'admissionregistration.k8s.io/validatingadmissionpolicybindings',
      'admissionregistration.k8s.io/validatingwebhookconfigurations',
    ] as const
  ).map((resource) => [resource, WHOLE_ANY_FINALIZER] as const),
  // The whole is looked at twice.
  ['/persistentvolumes', { finalizerNames: true, update: ['whole', 'whole'] }],
  // These judge metadata among the rest, or not at all.
  ['/events', NONE],
  ['events.k8s.io/events', NONE],
  ['policy/poddisruptionbudgets', NONE],
  ['apiregistration.k8s.io/apiservices', CHANGE_ANY_FINALIZER],
  ['node.k8s.io/runtimeclasses', ANY_FINALIZER],
  ['coordination.k8s.io/leases', CHANGE_ANY_FINALIZER],
  ['apiextensions.k8s.io/customresourcedefinitions', CHANGE_ANY_FINALIZER],
]);

/** Of what is written through subresources. Scale is a view of an object that is judged as such. */
const SUBRESOURCE_RULES: ReadonlyMap<string, MetadataLooks> = new Map([
  ['admissionregistration.k8s.io/validatingadmissionpolicies', NONE],
  ['apiextensions.k8s.io/customresourcedefinitions', CHANGE_ANY_FINALIZER],
  ['apiregistration.k8s.io/apiservices', CHANGE_ANY_FINALIZER],
  ['batch/cronjobs', NONE],
  ['certificates.k8s.io/certificatesigningrequests', USUAL],
  ['policy/poddisruptionbudgets', NONE],
  ['storage.k8s.io/volumeattachments', NONE],
]);

export function metadataLooks({ gvk, facts, definition }: Pick<Kind, 'gvk' | 'facts' | 'definition'>, subresource: string): MetadataLooks {
  // Custom resources have no rules of their own.
  if (definition === undefined) return CHANGE_ANY_FINALIZER;
  const resource = `${gvk.group}/${facts.plural}`;
  return subresource === '' || subresource === 'scale' ? (RULES.get(resource) ?? USUAL) : (SUBRESOURCE_RULES.get(resource) ?? CHANGE);
}
