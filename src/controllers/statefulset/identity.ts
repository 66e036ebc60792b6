import type { StatefulSet } from '../../api/types/apps-v1.js';
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '../../api/types/core-v1.js';
import { podFromTemplate } from '../shared/pod-control.js';
import { REVISION_HASH_LABEL } from '../shared/history.js';

/** Names, volumes and labels of a StatefulSet's pods: what makes each of them itself. Pure. */

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const INDEX_LABEL = 'apps.kubernetes.io/pod-index';

export function startOrdinal({ spec }: StatefulSet): number {
  return spec.ordinals?.start ?? 0;
}

export function replicasOf({ spec }: StatefulSet): number {
  return spec.replicas ?? 1;
}

/** The number at the end of a pod's name; -1 when the pod is none of a set. */
export function ordinalOf({ metadata }: Pod): number {
  const digits = /^.*-(\d+)$/s.exec(metadata.name)?.[1];
  return digits !== undefined && Number(digits) < 2 ** 31 ? Number(digits) : -1;
}

export function isInRange(set: StatefulSet, pod: Pod): boolean {
  const ordinal = ordinalOf(pod);
  return ordinal >= startOrdinal(set) && ordinal < startOrdinal(set) + replicasOf(set);
}

/** Whether the pod's name says that it belongs to the set. */
export function isMemberOf(set: StatefulSet, { metadata }: Pod): boolean {
  return /^(.*)-\d+$/s.exec(metadata.name)?.[1] === set.metadata.name;
}

export function revisionOf({ metadata }: Pod): string {
  return metadata.labels?.[REVISION_HASH_LABEL] ?? '';
}

function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

/** The claims that a pod of the set must have, by the name of their template. */
export function claimsOf(set: StatefulSet, ordinal: number): Map<string, PersistentVolumeClaim> {
  return new Map(
    (set.spec.volumeClaimTemplates ?? []).map((template) => [
      template.metadata.name,
      {
        ...template,
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          ...template.metadata,
          name: claimName(set, template, ordinal),
          namespace: set.metadata.namespace,
          labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
        },
      },
    ]),
  );
}

/** Volumes with those of claims in front, in place of others of the same name. */
function volumesWithClaims(set: StatefulSet, ordinal: number, volumes: readonly Volume[]): Volume[] {
  const claims = claimsOf(set, ordinal);
  const own = [...claims].map(([name, claim]) => ({ name, persistentVolumeClaim: { claimName: claim.metadata.name } }));
  return [...own, ...volumes.filter(({ name }) => !claims.has(name))];
}

/** The pod of an ordinal, as it is made of a template. */
export function newPod(set: StatefulSet, template: PodTemplateSpec, revision: string, ordinal: number): Pod {
  const pod = podFromTemplate(template, set);
  const name = `${set.metadata.name}-${ordinal}`;
  const volumes = volumesWithClaims(set, ordinal, pod.spec.volumes ?? []);
  return {
    ...pod,
    metadata: { ...pod.metadata, name, labels: { ...pod.metadata.labels, ...identityLabels(name, ordinal), [REVISION_HASH_LABEL]: revision } },
    spec: { ...pod.spec, hostname: name, ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}), ...(volumes.length > 0 ? { volumes } : {}) },
  };
}

function identityLabels(name: string, ordinal: number): Record<string, string> {
  return { [POD_NAME_LABEL]: name, [INDEX_LABEL]: String(ordinal) };
}

/** Whether name, labels and volumes are those of the pod's ordinal. */
export function identityMatches(set: StatefulSet, pod: Pod): boolean {
  const ordinal = ordinalOf(pod);
  return ordinal >= 0 && pod.metadata.name === `${set.metadata.name}-${ordinal}` && pod.metadata.labels?.[POD_NAME_LABEL] === pod.metadata.name;
}

export function storageMatches(set: StatefulSet, pod: Pod): boolean {
  const ordinal = ordinalOf(pod);
  if (ordinal < 0) return false;
  return [...claimsOf(set, ordinal)].every(([name, claim]) => pod.spec.volumes?.some((volume) => volume.name === name && volume.persistentVolumeClaim?.claimName === claim.metadata.name));
}

/** The pod with labels and volumes as its ordinal asks for. */
export function repaired(set: StatefulSet, pod: Pod): Pod {
  const ordinal = ordinalOf(pod);
  const { name } = pod.metadata;
  const volumes = storageMatches(set, pod) ? pod.spec.volumes : volumesWithClaims(set, ordinal, pod.spec.volumes ?? []);
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...identityLabels(name, ordinal) } }, spec: { ...pod.spec, volumes } };
}
