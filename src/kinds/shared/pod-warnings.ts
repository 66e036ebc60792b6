import { quote, type Path } from '../../api/field.js';
import { warningsForIp } from '../../api/ip.js';
import { isLabelValue } from '../../api/names.js';
import { Quantity } from '../../api/quantity.js';
import type { ContainerPort, EnvVar, NodeSelectorTerm, PodSpec, Volume } from '../../api/types/core-v1.js';
import type { ObjectMeta } from '../../api/types/meta-v1.js';
import { containersWithPaths } from './containers.js';
import { deprecatedNodeLabel } from './node-labels.js';
import { APPARMOR_PREFIX, appArmorProfileOf, SECCOMP_CONTAINER_PREFIX, SECCOMP_POD } from './pod-annotation-validation.js';
import { overlappingPaths } from './volume-path-warnings.js';

const DEPRECATED_ANNOTATIONS: ReadonlyArray<readonly [string, string]> = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
];

const DEPRECATED_VOLUMES: ReadonlyArray<readonly [keyof Volume, string, string]> = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['ephemeral', '', ''],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

export interface WarningSource {
  readonly metadata: Pick<ObjectMeta, 'annotations'> | undefined;
  readonly spec: PodSpec;
  /** Where metadata and spec stand: the empty path for a pod, `spec.template` for most workloads. */
  readonly path: Path;
  readonly isTemplate: boolean;
}

/** Warnings about a valid pod or pod template, in the real server's order (pkg/api/pod warnings.go). */
export function podWarnings({ metadata, spec, path, isTemplate }: WarningSource): string[] {
  const specPath = path.child('spec');
  const annotations = metadata?.annotations ?? {};
  const annotation = (key: string): string => String(path.child('metadata', 'annotations').key(key));
  const warnings = [...schedulingWarnings(spec, specPath)];
  for (const [key, text] of DEPRECATED_ANNOTATIONS) if (annotations[key] !== undefined) warnings.push(`${annotation(key)}: ${text}`);
  warnings.push(...volumeWarnings(spec, specPath.child('volumes')), ...overlappingPaths(spec.volumes ?? []));
  warnings.push(...duplicates(spec.hostAliases, (alias) => alias.ip ?? '', 'ip', specPath.child('hostAliases')));
  warnings.push(...duplicates(spec.imagePullSecrets, (secret) => secret.name ?? '', 'name', specPath.child('imagePullSecrets')));
  (spec.imagePullSecrets ?? []).forEach(({ name }, i) => {
    if (!name) warnings.push(`${String(specPath.child('imagePullSecrets').index(i).child('name'))}: invalid empty name ""`);
  });
  warnings.push(...fractions(spec.overhead, specPath.child('overhead')));
  if (!spec.securityContext?.seccompProfile && annotations[SECCOMP_POD] !== undefined) {
    warnings.push(`${annotation(SECCOMP_POD)}: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  for (const [container, at] of containersWithPaths(spec, specPath)) {
    const seccomp = `${SECCOMP_CONTAINER_PREFIX}${container.name}`;
    if (!container.securityContext?.seccompProfile && annotations[seccomp] !== undefined) {
      warnings.push(`${annotation(seccomp)}: non-functional in v1.27+; use the "seccompProfile" field instead`);
    }
    if (isTemplate && !container.securityContext?.appArmorProfile) warnings.push(...appArmorWarnings(annotations, container.name, spec, annotation));
    warnings.push(...fractions(container.resources?.limits, at.child('resources', 'limits'), 'memory'), ...fractions(container.resources?.requests, at.child('resources', 'requests'), 'memory'));
    warnings.push(...fractions(container.resources?.limits, at.child('resources', 'limits'), 'ephemeral-storage'), ...fractions(container.resources?.requests, at.child('resources', 'requests'), 'ephemeral-storage'));
    warnings.push(...hiddenVariables(container.env ?? [], at.child('env')));
  }
  warnings.push(...portWarnings(spec, specPath));
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) warnings.push(`${String(specPath.child('terminationGracePeriodSeconds'))}: must be >= 0; negative values are invalid and will be treated as 1`);
  warnings.push(...affinityWarnings(spec, specPath));
  (spec.dnsConfig?.nameservers ?? []).forEach((ip, i) => warnings.push(...warningsForIp(specPath.child('dnsConfig', 'nameservers').index(i), ip)));
  (spec.hostAliases ?? []).forEach(({ ip }, i) => warnings.push(...warningsForIp(specPath.child('hostAliases').index(i).child('ip'), ip)));
  return warnings;
}

function appArmorWarnings(annotations: Readonly<Record<string, string>>, container: string, spec: PodSpec, path: (key: string) => string): string[] {
  const key = `${APPARMOR_PREFIX}${container}`;
  const value = annotations[key];
  if (value === undefined) return [];
  const ofPod = spec.securityContext?.appArmorProfile;
  const profile = appArmorProfileOf(value);
  if (ofPod && ofPod.type === profile?.type && ofPod.localhostProfile === profile.localhostProfile) return [];
  return [`${path(key)}: deprecated since v1.30; use the "appArmorProfile" field instead`];
}

function schedulingWarnings(spec: PodSpec, path: Path): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(spec.nodeSelector ?? {}).sort()) {
    const text = deprecatedNodeLabel(key);
    if (text) warnings.push(`${String(path.child('nodeSelector').key(key))}: ${text}`);
  }
  const node = spec.affinity?.nodeAffinity;
  const at = path.child('affinity', 'nodeAffinity');
  (node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).forEach((term, i) =>
    warnings.push(...termWarnings(term, false, at.child('requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms').index(i))),
  );
  (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach(({ preference }, i) =>
    warnings.push(...termWarnings(preference, true, at.child('preferredDuringSchedulingIgnoredDuringExecution').index(i).child('preference'))),
  );
  (spec.topologySpreadConstraints ?? []).forEach(({ topologyKey, labelSelector }, i) => {
    const constraint = path.child('topologySpreadConstraints').index(i);
    const text = deprecatedNodeLabel(topologyKey);
    if (text) warnings.push(`${String(constraint.child('topologyKey'))}: ${topologyKey} is ${text}`);
    if (!labelSelector) warnings.push(`${String(constraint.child('labelSelector'))}: a null labelSelector results in matching no pod`);
  });
  return warnings;
}

function termWarnings(term: NodeSelectorTerm, checkValues: boolean, path: Path): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key, values }, i) => {
    const at = path.child('matchExpressions').index(i);
    const text = deprecatedNodeLabel(key);
    const bad = checkValues ? (values ?? []).flatMap((value, j) => isLabelValue(value).map((problem) => `${String(at.child('values').index(j))}: ${value} is invalid, ${problem}`)) : [];
    return [...(text ? [`${String(at.child('key'))}: ${key} is ${text}`] : []), ...bad];
  });
}

function volumeWarnings(spec: PodSpec, path: Path): string[] {
  return (spec.volumes ?? []).flatMap((volume, i) =>
    DEPRECATED_VOLUMES.flatMap(([source, shown, text]) => {
      if (!volume[source]) return [];
      if (source !== 'ephemeral') return [`${String(path.index(i).child(shown))}: ${text}`];
      const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
      const at = path.index(i).child('ephemeral', 'volumeClaimTemplate', 'spec', 'resources', 'requests').key('storage');
      const storage = claim?.resources?.requests?.['storage'];
      return storage !== undefined && Quantity.parse(storage).milliValue() % 1000n !== 0n ? [`${String(at)}: fractional byte value ${quote(String(storage))} is invalid, must be an integer`] : [];
    }),
  );
}

function duplicates<T>(items: readonly T[] | undefined, keyOf: (item: T) => string, field: string, path: Path): string[] {
  const seen = new Set<string>();
  return (items ?? []).flatMap((item, i) => {
    const key = keyOf(item);
    if (seen.has(key)) return [`${String(path.index(i).child(field))}: duplicate ${field} ${quote(key)}`];
    seen.add(key);
    return [];
  });
}

/** Bytes that are not whole numbers. */
function fractions(list: Readonly<Record<string, string | number>> | undefined, path: Path, ...names: string[]): string[] {
  return (names.length > 0 ? names : ['memory', 'ephemeral-storage']).flatMap((name) => {
    const amount = list?.[name];
    if (amount === undefined || Quantity.parse(amount).milliValue() % 1000n === 0n) return [];
    return [`${String(path.key(name))}: fractional byte value ${quote(Quantity.parse(amount).toString())} is invalid, must be an integer`];
  });
}

/** A variable that stands twice, unless the second builds on the first. */
function hiddenVariables(variables: readonly EnvVar[], path: Path): string[] {
  const seen = new Set<string>();
  return variables.flatMap(({ name, value = '', valueFrom }, i) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const reference = `$(${name})`;
    const hides = valueFrom !== undefined || value === reference || !value.includes(reference);
    return hides ? [`${String(path.index(i))}: hides previous definition of ${quote(name)}, which may be dropped when using apply`] : [];
  });
}

function portWarnings(spec: PodSpec, specPath: Path): string[] {
  const warnings: string[] = [];
  const byPort = new Map<string, Array<{ at: Path; port: ContainerPort }>>();
  const names = new Map<string, Path>();
  const named: string[] = [];
  for (const [container, containerPath] of containersWithPaths(spec, specPath)) {
    (container.ports ?? []).forEach((port, i) => {
      const at = containerPath.child('ports').index(i);
      const { hostIP = '', hostPort = 0, containerPort, protocol = '', name = '' } = port;
      if (hostIP && hostPort === 0) warnings.push(`${String(at)}: hostIP set without hostPort: {Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`);
      const key = `${containerPort}/${protocol}`;
      const others = byPort.get(key) ?? [];
      for (const other of others) {
        const otherIp = other.port.hostIP ?? '';
        const otherPort = other.port.hostPort ?? 0;
        if (hostIP === otherIp && hostPort === otherPort) warnings.push(`${String(at)}: duplicate port definition with ${String(other.at)}`);
        else if (hostPort === 0 || otherPort === 0) warnings.push(`${String(at)}: overlapping port definition with ${String(other.at)}`);
        else if (hostPort === otherPort && (hostIP === '') !== (otherIp === '')) warnings.push(`${String(at)}: dangerously ambiguous port definition with ${String(other.at)}`);
      }
      byPort.set(key, [...others, { at, port }]);
      if (!name) return;
      const first = names.get(name);
      if (first) named.push(`${String(at)}: duplicate port name ${quote(name)} with ${String(first)}, services and probes that select ports by name will use ${String(first)}`);
      else names.set(name, at);
    });
  }
  return [...warnings, ...named];
}

function affinityWarnings(spec: PodSpec, specPath: Path): string[] {
  const text = 'a null labelSelector results in matching no pod';
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((side) => {
    const affinity = spec.affinity?.[side];
    const at = specPath.child('affinity', side);
    return [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, i) =>
        term.labelSelector ? [] : [`${String(at.child('requiredDuringSchedulingIgnoredDuringExecution').index(i).child('labelSelector'))}: ${text}`],
      ),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, i) =>
        podAffinityTerm?.labelSelector ? [] : [`${String(at.child('preferredDuringSchedulingIgnoredDuringExecution').index(i).child('podAffinityTerm', 'labelSelector'))}: ${text}`],
      ),
    ];
  });
}
