import type { PodSpec, PodTemplateSpec } from '../../api/types/core-v1.js';
import { isLabelValue } from '../../api/names.js';
import { Path } from '../../api/field.js';
import { isHugePages } from '../../api/resource-names.js';
import { allContainers, isSidecar } from './containers.js';
import { validateLabelSelector } from './label-validation.js';
import { isHugePagesMultiple } from './resource-list.js';
import { validateMatchLabelKeys } from './match-label-keys.js';
import { validateLocalNonReservedPath } from './simple-checks.js';
import { validateHostSysctl } from './sysctls.js';

/**
 * What validation lets pass because the old object has it already (pkg/api/pod GetValidationOptionsFromPodSpecAndMeta),
 * with the feature gates of v1.36 as they are by default. Everything is false for a new object.
 */
export interface PodValidationOptions {
  /** The spec is a pod's own, not a workload's template. */
  readonly isPod: boolean;
  readonly allowInvalidDeletionCost: boolean;
  readonly allowIndivisibleHugePages: boolean;
  readonly allowInvalidAffinityValues: boolean;
  readonly allowInvalidNodeAffinityValues: boolean;
  readonly allowInvalidSpreadSelector: boolean;
  readonly oldSpreadMatchLabelKeys: boolean;
  readonly allowNonLocalTokenPath: boolean;
  readonly allowHostSysctls: boolean;
  readonly allowTolerationComparison: boolean;
  readonly allowHostNetworkWithUserNamespaces: boolean;
  readonly allowVolumeDevicesWithUserNamespaces: boolean;
  readonly allowRestartContainerOfInitContainers: boolean;
  readonly allowAnySeLinuxChangePolicy: boolean;
}

const NOTHING: PodValidationOptions = {
  isPod: false,
  allowInvalidDeletionCost: false,
  allowIndivisibleHugePages: false,
  allowInvalidAffinityValues: false,
  allowInvalidNodeAffinityValues: false,
  allowInvalidSpreadSelector: false,
  oldSpreadMatchLabelKeys: false,
  allowNonLocalTokenPath: false,
  allowHostSysctls: false,
  allowTolerationComparison: false,
  allowHostNetworkWithUserNamespaces: false,
  allowVolumeDevicesWithUserNamespaces: false,
  allowRestartContainerOfInitContainers: false,
  allowAnySeLinuxChangePolicy: false,
};

/** Options for a pod template that replaces `old` (undefined on create). */
export function podTemplateValidationOptions(old?: PodTemplateSpec): PodValidationOptions {
  return podValidationOptions(false, old?.spec, old?.metadata?.annotations);
}

/** Options for a spec that replaces `old` (undefined on create). `isPod`: it is a pod's, not a template's. */
export function podValidationOptions(isPod: boolean, old?: PodSpec, oldAnnotations?: Readonly<Record<string, string>>): PodValidationOptions {
  if (!old) return { ...NOTHING, isPod };
  const constraints = old.topologySpreadConstraints ?? [];
  const path = Path.of();
  return {
    isPod,
    allowInvalidDeletionCost: !isDeletionCost(oldAnnotations?.[DELETION_COST]),
    allowIndivisibleHugePages: [...allContainers(old).flatMap((c) => [c.resources?.limits, c.resources?.requests]), old.overhead].some((list) =>
      Object.entries(list ?? {}).some(([name, quantity]) => isHugePages(name) && !isHugePagesMultiple(name, quantity)),
    ),
    allowInvalidAffinityValues: affinityTerms(old).some((term) => validateLabelSelector(term.labelSelector, path).length + validateLabelSelector(term.namespaceSelector, path).length > 0),
    allowInvalidNodeAffinityValues: (old.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).some((term) =>
      (term.matchExpressions ?? []).some((e) => (e.values ?? []).some((value) => isLabelValue(value).length > 0)),
    ),
    allowInvalidSpreadSelector: constraints.some((c) => validateLabelSelector(c.labelSelector, path).length > 0),
    oldSpreadMatchLabelKeys: constraints.some((c) => validateMatchLabelKeys(path, c.matchLabelKeys, undefined, c.labelSelector).length > 0),
    allowNonLocalTokenPath: (old.volumes ?? []).some((v) => (v.projected?.sources ?? []).some((s) => validateLocalNonReservedPath(s.serviceAccountToken?.path ?? '', path).length > 0)),
    allowHostSysctls: (old.securityContext?.sysctls ?? []).some((s) => validateHostSysctl(s.name, old, path).length > 0),
    allowTolerationComparison: (old.tolerations ?? []).some((t) => t.operator === 'Lt' || t.operator === 'Gt'),
    allowHostNetworkWithUserNamespaces: old.hostUsers === false && old.hostNetwork === true,
    allowVolumeDevicesWithUserNamespaces: old.hostUsers === false && allContainers(old).some((c) => (c.volumeDevices ?? []).length > 0),
    allowRestartContainerOfInitContainers: (old.initContainers ?? []).some((c) => !isSidecar(c) && (c.resizePolicy ?? []).some((p) => p.restartPolicy === 'RestartContainer')),
    allowAnySeLinuxChangePolicy: old.securityContext?.seLinuxChangePolicy !== undefined,
  };
}

function affinityTerms({ affinity }: PodSpec) {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((side) => [
    ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ]);
}

export const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** Whether an annotation's value is a deletion cost: a 32-bit integer without plus sign or leading zeros. */
export function isDeletionCost(text: string | undefined): boolean {
  if (text === undefined) return true;
  const value = Number(text);
  return /^(?:0|-\d+|[1-9]\d*)$/.test(text) && value >= -(2 ** 31) && value < 2 ** 31;
}
