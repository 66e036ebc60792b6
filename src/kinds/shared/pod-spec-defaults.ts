import type { PodSpec, PodTemplateSpec } from '../../api/types/core-v1.js';
import { allContainers } from './containers.js';
import { containerDefaults } from './container-defaults.js';
import { roundUpToMilli } from './resource-list.js';
import { volumeDefaults } from './volume-defaults.js';

/** Annotations of old clients, which the API server takes away. */
const INIT_CONTAINER_ANNOTATIONS = [
  'pod.beta.kubernetes.io/init-containers',
  'pod.alpha.kubernetes.io/init-containers',
  'pod.beta.kubernetes.io/init-container-statuses',
  'pod.alpha.kubernetes.io/init-container-statuses',
];

/**
 * Fills in what the spec of a pod or of a pod template leaves out (pkg/apis/core/v1/defaults.go). Idempotent.
 * Pods themselves get a little more: `podDefaults` in kinds/core/pod.
 */
export function podSpecDefaults(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= 'default-scheduler';
  for (const volume of spec.volumes ?? []) volumeDefaults(volume);
  for (const container of allContainers(spec)) containerDefaults(container);
  roundUpToMilli(spec.overhead);
  roundUpToMilli(spec.resources?.limits);
  roundUpToMilli(spec.resources?.requests);
  mirrorServiceAccount(spec);
}

/** `serviceAccount` is the old name of `serviceAccountName`: both always have the same value. */
export function mirrorServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (name) {
    spec.serviceAccountName = name;
    spec.serviceAccount = name;
  } else {
    delete spec.serviceAccountName;
    delete spec.serviceAccount;
  }
}

/** The same for the template of a workload, whose annotations it also cleans. */
export function podTemplateDefaults(template: PodTemplateSpec): void {
  template.spec ??= { containers: [] };
  podSpecDefaults(template.spec);
  dropInitContainerAnnotations(template.metadata?.annotations);
}

export function dropInitContainerAnnotations(annotations: Record<string, string> | undefined): void {
  if (!annotations) return;
  for (const key of INIT_CONTAINER_ANNOTATIONS) delete annotations[key];
}
