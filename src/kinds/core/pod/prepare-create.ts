import { Path } from '../../../api/field.js';
import type { Pod } from '../../../api/types/core-v1.js';
import type { LabelSelector } from '../../../api/types/meta-v1.js';
import type { StrategyContext } from '../../../registry/kind.js';
import { allContainers } from '../../shared/containers.js';
import { dropDisabledFields } from '../../shared/disabled-fields.js';
import { APPARMOR_PREFIX, appArmorProfileOf } from '../../shared/pod-annotation-validation.js';
import { qosClass } from '../../shared/qos.js';
import { validateAppArmorProfile } from '../../shared/security-context-validation.js';
import { setPodCondition } from './conditions.js';

/** What a new pod gets from the server (pkg/registry/core/pod strategy.go PrepareForCreate). */
export function preparePodForCreate(pod: Pod, context: StrategyContext): void {
  pod.metadata.generation = 1;
  pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec) };
  dropDisabledFields(pod.spec);
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    const message = 'Scheduling is blocked due to non-empty scheduling gates';
    setPodCondition(pod.status, { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }, context.now);
  }
  mergeMatchLabelKeys(pod);
  syncAppArmor(pod, context);
}

/** Labels named by matchLabelKeys and mismatchLabelKeys become part of the selectors beside them (KEP-3633, KEP-3243). */
function mergeMatchLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata.labels ?? {};
  const merge = (selector: LabelSelector | undefined, keys: readonly string[] | undefined, operator: 'In' | 'NotIn'): void => {
    if (!selector) return;
    for (const key of keys ?? []) {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      if (value !== undefined) (selector.matchExpressions ??= []).push({ key, operator, values: [value] });
    }
  };
  for (const side of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    const weighted = (side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm);
    for (const term of [...weighted, ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? [])]) {
      merge(term?.labelSelector, term?.matchLabelKeys, 'In');
      merge(term?.labelSelector, term?.mismatchLabelKeys, 'NotIn');
    }
  }
  for (const constraint of spec.topologySpreadConstraints ?? []) merge(constraint.labelSelector, constraint.matchLabelKeys, 'In');
}

/** AppArmor annotations of old manifests become fields (KEP-24), with a warning. */
function syncAppArmor(pod: Pod, context: StrategyContext): void {
  if (pod.spec.os?.name === 'windows') return;
  const ofPod = pod.spec.securityContext?.appArmorProfile;
  for (const container of allContainers(pod.spec)) {
    const key = `${APPARMOR_PREFIX}${container.name}`;
    const annotation = pod.metadata.annotations?.[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue;
    const derived = appArmorProfileOf(annotation);
    const profile = derived && validateAppArmorProfile(derived, Path.of()).length === 0 ? derived : undefined;
    const differs = profile && (ofPod?.type !== profile.type || ofPod.localhostProfile !== profile.localhostProfile);
    if (differs) (container.securityContext ??= {}).appArmorProfile = profile;
    if (differs || !profile) context.warn(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
}
