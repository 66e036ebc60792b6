import { forbidden, invalid, notFound, required, type FieldError, type Path } from '../../api/field.js';
import { isInRange } from '../../api/names.js';
import type { PodResourceClaim, PodSpec, PodTemplateSpec } from '../../api/types/core-v1.js';
import { validateAffinity } from './affinity-validation.js';
import { validateAnnotations } from './annotations.js';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './container-validation.js';
import { containersWithPaths } from './containers.js';
import { validateDnsConfig, validateHostAliases, validateHostnameOverride } from './dns-validation.js';
import { goValue } from './go-value.js';
import { validateLabels } from './label-validation.js';
import { validateOs, validateWindowsHostProcess } from './os-validation.js';
import { MIRROR_POD, validateAnnotationsMatchFields, validatePodAnnotations } from './pod-annotation-validation.js';
import { validatePodResources } from './pod-resources-validation.js';
import { validateContainerResourceName } from './resource-names.js';
import { validateRequirements } from './resource-requirements-validation.js';
import { validatePodSecurityContext } from './security-context-validation.js';
import { validateDnsLabel, validateObjectName, validateQualifiedName, validateRequiredOneOf } from './simple-checks.js';
import { validateTolerations } from './toleration-validation.js';
import { validateTopologySpread } from './topology-spread-validation.js';
import type { PodValidationOptions } from './validation-options.js';
import { validateVolumes } from './volume-validation.js';

/** The metadata that matters to a real pod's spec; absent for templates. */
export interface PodIdentity {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

const INT32_MAX = 2 ** 31 - 1;
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** Errors of a pod spec with its defaults, all of them in the real server's order (ValidatePodSpec). */
export function validatePodSpec(spec: PodSpec, identity: PodIdentity | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(required(path.child('terminationGracePeriodSeconds')));
  const volumes = validateVolumes(spec.volumes, identity?.name, path.child('volumes'), options);
  const claimNames = new Set((spec.resourceClaims ?? []).map((claim) => claim.name).filter(Boolean));
  const context = { spec, volumes: volumes.byName, claimNames, options };
  errors.push(
    ...volumes.errors,
    ...validateResourceClaims(spec.resourceClaims, identity, path.child('resourceClaims')),
    ...validateContainers(context, path.child('containers')),
    ...validateInitContainers(context, path.child('initContainers')),
    ...validateEphemeralContainers(context, path.child('ephemeralContainers')),
    ...validatePodResources(spec, path, claimNames, options),
    ...validateHostNetworkPorts(spec, path.child('containers'), options),
    ...validateRequiredOneOf(spec.restartPolicy, RESTART_POLICIES, path.child('restartPolicy')),
    ...validateRequiredOneOf(spec.dnsPolicy, DNS_POLICIES, path.child('dnsPolicy')),
    ...validateLabels(spec.nodeSelector, path.child('nodeSelector')),
    ...validatePodSecurityContext(spec, path.child('securityContext'), options),
    ...validateAffinity(spec.affinity, path.child('affinity'), options),
    ...validateDnsConfig(spec, path.child('dnsConfig')),
    ...(spec.readinessGates ?? []).flatMap((gate, i) => validateQualifiedName(gate.conditionType ?? '', path.child('readinessGates').index(i).child('conditionType'))),
    ...validateSchedulingGates(spec, path.child('schedulingGates')),
    ...validateTopologySpread(spec.topologySpreadConstraints, path.child('topologySpreadConstraints'), options),
    ...validateWindowsHostProcess(spec, path),
    ...validateUserNamespace(spec, path, options),
    ...validateHostnameOverride(spec, path),
    ...validateScalars(spec, path, options),
    ...validateOs(spec, path),
    ...validateFileKeyVolumes(spec, path),
  );
  return errors;
}

/** Names and numbers of the spec, each on its own. */
function validateScalars(spec: PodSpec, path: Path, options: PodValidationOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { activeDeadlineSeconds: deadline } = spec;
  if (spec.serviceAccountName) errors.push(...validateObjectName(spec.serviceAccountName, path.child('serviceAccountName')));
  if (spec.nodeName) errors.push(...validateObjectName(spec.nodeName, path.child('nodeName')));
  if (deadline !== undefined) errors.push(...isInRange(deadline, 1, INT32_MAX).map((text) => invalid(path.child('activeDeadlineSeconds'), deadline, text)));
  if (spec.hostname) errors.push(...validateDnsLabel(spec.hostname, path.child('hostname')));
  if (spec.subdomain) errors.push(...validateDnsLabel(spec.subdomain, path.child('subdomain')));
  errors.push(...validateTolerations(spec.tolerations, path.child('tolerations'), options));
  errors.push(...validateHostAliases(spec.hostAliases, path.child('hostAliases')));
  if (spec.priorityClassName) errors.push(...validateObjectName(spec.priorityClassName, path.child('priorityClassName')));
  if (spec.runtimeClassName !== undefined) errors.push(...validateObjectName(spec.runtimeClassName, path.child('runtimeClassName')));
  if (spec.preemptionPolicy !== undefined) errors.push(...validateRequiredOneOf(spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], path.child('preemptionPolicy')));
  if (spec.overhead) errors.push(...validateRequirements({ limits: spec.overhead }, { nameErrors: validateContainerResourceName, claimNames: new Set(), options }, path.child('overhead')));
  return errors;
}

function validateResourceClaims(claims: readonly PodResourceClaim[] | undefined, identity: PodIdentity | undefined, path: Path): FieldError[] {
  const names = new Set<string>();
  return (claims ?? []).flatMap((claim, i) => {
    if (identity?.annotations?.[MIRROR_POD] !== undefined) return [{ ...forbidden(path, 'static pods do not support resource claims'), field: '[]' }];
    const at = path.index(i);
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(at.child('name')));
    else if (names.has(name)) errors.push({ type: 'FieldValueDuplicate', field: String(at.child('name')), value: name, detail: '' });
    else errors.push(...validateDnsLabel(name, at.child('name')));
    if (name) names.add(name);
    const shown = goValue('PodResourceClaim', claim);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.push(invalid(at, shown, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) errors.push(invalid(at, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    if (resourceClaimName !== undefined) errors.push(...validateObjectName(resourceClaimName, at.child('resourceClaimName')));
    if (resourceClaimTemplateName !== undefined) errors.push(...validateObjectName(resourceClaimTemplateName, at.child('resourceClaimTemplateName')));
    return errors;
  });
}

/** On the host's network a container's port is the host's. In templates it may be left out: pods get it by default. */
function validateHostNetworkPorts(spec: PodSpec, path: Path, { isPod }: PodValidationOptions): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap((container, i) =>
    (container.ports ?? []).flatMap(({ hostPort = 0, containerPort }, j) =>
      (isPod || hostPort !== 0) && hostPort !== containerPort
        ? [invalid(path.index(i).child('ports').index(j).child('hostPort'), hostPort, 'must match `containerPort` when `hostNetwork` is true')]
        : [],
    ),
  );
}

function validateSchedulingGates({ schedulingGates }: PodSpec, path: Path): FieldError[] {
  const seen = new Set<string>();
  return (schedulingGates ?? []).flatMap((gate, i) => {
    const name = gate.name ?? '';
    const errors = validateQualifiedName(name, path.index(i));
    if (seen.has(name)) errors.push({ type: 'FieldValueDuplicate', field: String(path.index(i)), value: name, detail: '' });
    seen.add(name);
    return errors;
  });
}

/** A pod with a user namespace of its own may share no other namespace with the host. */
function validateUserNamespace(spec: PodSpec, path: Path, options: PodValidationOptions): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const text = 'when `hostUsers` is false';
  const errors: FieldError[] = [];
  if (spec.hostNetwork && !options.allowHostNetworkWithUserNamespaces) errors.push(forbidden(path.child('hostNetwork'), text));
  if (spec.hostPID) errors.push(forbidden(path.child('HostPID'), text));
  if (spec.hostIPC) errors.push(forbidden(path.child('HostIPC'), text));
  if (!options.allowVolumeDevicesWithUserNamespaces) {
    for (const [container, at] of containersWithPaths(spec, path)) if ((container.volumeDevices ?? []).length > 0) errors.push(forbidden(at.child('volumeDevices'), text));
  }
  return errors;
}

/** Files with environment variables live in emptyDir volumes. */
function validateFileKeyVolumes(spec: PodSpec, path: Path): FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  return containersWithPaths(spec, path).flatMap(([container, at]) =>
    (container.env ?? []).flatMap(({ valueFrom }, i) => {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (!valueFrom?.fileKeyRef) return [];
      const namePath = at.child('env').index(i).child('valueFrom', 'fileKeyRef', 'volumeName');
      const volume = volumes.get(name ?? '');
      if (!volume) return [notFound(namePath, name ?? '')];
      return volume.emptyDir ? [] : [invalid(namePath, name, 'referenced volume must be of type emptyDir')];
    }),
  );
}

/** Errors of the template of a workload (ValidatePodTemplateSpec); `path` is the template's, e.g. `spec.template`. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  const { labels, annotations } = template?.metadata ?? {};
  const spec: PodSpec = template?.spec ?? { containers: [] };
  const errors = [
    ...validateLabels(labels, path.child('labels')),
    ...validateAnnotations(annotations, path.child('annotations')),
    ...validatePodAnnotations(annotations, spec, path.child('annotations'), options),
    ...validatePodSpec(spec, undefined, path.child('spec'), options),
    ...validateAnnotationsMatchFields(annotations, spec, path.child('spec')),
  ];
  if ((spec.ephemeralContainers ?? []).length > 0) errors.push(forbidden(path.child('spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'));
  return errors;
}

