import { duplicate, forbidden, invalid, notFound, required, tooMany, type FieldError, type Path } from '../../api/field.js';
import { isPortName, isPortNumber } from '../../api/names.js';
import type { Container, ContainerPort, ContainerResizePolicy, PodSpec } from '../../api/types/core-v1.js';
import { isSidecar, type AnyContainer } from './containers.js';
import { validateEnv, validateEnvFrom } from './env-validation.js';
import { validateLifecycle, validateProbe } from './probe-validation.js';
import { validateContainerResourceName } from './resource-names.js';
import { validateRequirements } from './resource-requirements-validation.js';
import { validateSecurityContext } from './security-context-validation.js';
import { validateDnsLabel, validateOneOf, validateRequiredOneOf } from './simple-checks.js';
import type { PodValidationOptions } from './validation-options.js';
import { validateVolumeDevices, validateVolumeMounts } from './volume-mount-validation.js';
import type { VolumesByName } from './volume-validation.js';

/** What the check of a container knows of its pod. */
export interface ContainerContext {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
  readonly options: PodValidationOptions;
}

/** Regular containers (validateContainers). */
export function validateContainers(context: ContainerContext, path: Path): FieldError[] {
  const { spec } = context;
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  const errors: FieldError[] = [];
  containers.forEach((container, i) => {
    const at = path.index(i);
    errors.push(...validateCommon(container, context, at));
    if (names.has(container.name ?? '')) errors.push(duplicate(at.child('name'), container.name ?? ''));
    names.add(container.name ?? '');
    errors.push(...validateHooksAndProbes(container, spec, at));
    errors.push(...validateRestartPolicy(container, at));
  });
  return [...errors, ...validateHostPorts(containers, path)];
}

export function validateInitContainers(context: ContainerContext, path: Path): FieldError[] {
  const { spec, options } = context;
  const names = new Set((spec.containers ?? []).map((c) => c.name ?? ''));
  const errors: FieldError[] = [];
  (spec.initContainers ?? []).forEach((container, i) => {
    const at = path.index(i);
    const sidecar = isSidecar(container);
    errors.push(...validateCommon(container, context, at));
    errors.push(...validateRestartPolicy(container, at).slice(0, container.restartPolicy === undefined ? 1 : undefined));
    if (names.has(container.name ?? '')) errors.push(duplicate(at.child('name'), container.name ?? ''));
    else if (container.name) names.add(container.name);
    // They run one by one, so their ports may be the same; the path has no index of the container here, as in the real server.
    errors.push(...validateHostPorts([container], path));
    if (sidecar) {
      errors.push(...validateHooksAndProbes(container, spec, at));
    } else {
      for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
        if (container[field]) errors.push(forbidden(at.child(field), 'may not be set for init containers without restartPolicy=Always'));
      }
      if (!options.allowRestartContainerOfInitContainers) {
        (container.resizePolicy ?? []).forEach(({ restartPolicy }, j) => {
          if (restartPolicy === 'RestartContainer') {
            errors.push(invalid(at.child('resizePolicy').index(j).child('restartPolicy'), restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers"));
          }
        });
      }
    }
  });
  return errors;
}

/** Fields that ephemeral containers may not have. */
const NOT_EPHEMERAL = ['ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const;

export function validateEphemeralContainers(context: ContainerContext, path: Path): FieldError[] {
  const { spec } = context;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.name));
  const names = new Set(others);
  const text = 'cannot be set for an Ephemeral Container';
  const errors: FieldError[] = [];
  (spec.ephemeralContainers ?? []).forEach((container, i) => {
    const at = path.index(i);
    errors.push(...validateCommon(container, context, at), ...validateImageSpace(container, at));
    if (names.has(container.name)) errors.push(duplicate(at.child('name'), container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(notFound(at.child('targetContainerName'), target));
    for (const field of NOT_EPHEMERAL) {
      const value = container[field];
      const set = field === 'resources' ? hasRequirements(container) : Array.isArray(value) ? value.length > 0 : value !== undefined;
      if (set) errors.push(forbidden(at.child(field), text));
    }
    (container.volumeMounts ?? []).forEach((mount, j) => {
      const mountPath = at.child('volumeMounts').index(j);
      if (mount.subPath) errors.push(forbidden(mountPath.child('subPath'), text));
      if (mount.subPathExpr) errors.push(forbidden(mountPath.child('subPathExpr'), text));
    });
  });
  return errors;
}

const hasRequirements = ({ resources }: AnyContainer): boolean => [resources?.limits, resources?.requests, resources?.claims].some((part) => part !== undefined && Object.keys(part).length > 0);

/** Pods' images may not be padded; templates' may, as some tools use ' ' for "filled in later". */
export function validateImageSpace({ image = '' }: AnyContainer, path: Path): FieldError[] {
  return image.trim() === image ? [] : [invalid(path.child('image'), image, 'must not have leading or trailing whitespace')];
}

function validateCommon(container: AnyContainer, { spec, volumes, claimNames, options }: ContainerContext, path: Path): FieldError[] {
  const resources = { nameErrors: validateContainerResourceName, claimNames, options };
  return [
    ...(container.name ? validateDnsLabel(container.name, path.child('name')) : [required(path.child('name'))]),
    ...(container.image ? [] : [required(path.child('image'))]),
    ...validateRequiredOneOf(container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], path.child('terminationMessagePolicy')),
    ...validatePorts(container.ports, path.child('ports')),
    ...validateEnv(container.env, path.child('env')),
    ...validateEnvFrom(container.envFrom, path.child('envFrom')),
    ...validateVolumeMounts(container, volumes, path.child('volumeMounts')),
    ...validateVolumeDevices(container, volumes, path.child('volumeDevices')),
    ...validateRequiredOneOf(container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], path.child('imagePullPolicy')),
    ...validateRequirements(container.resources, resources, path.child('resources')),
    ...validateResizePolicy(container.resizePolicy, spec.restartPolicy, path.child('resizePolicy')),
    ...validateSecurityContext(container.securityContext, path.child('securityContext'), spec.hostUsers !== false),
  ];
}

function validateHooksAndProbes(container: Container, spec: PodSpec, path: Path): FieldError[] {
  return [
    ...validateLifecycle(container.lifecycle, spec.terminationGracePeriodSeconds, path.child('lifecycle')),
    ...validateProbe(container.livenessProbe, 'liveness', path.child('livenessProbe')),
    ...validateProbe(container.readinessProbe, 'readiness', path.child('readinessProbe')),
    ...validateProbe(container.startupProbe, 'startup', path.child('startupProbe')),
  ];
}

function validatePorts(ports: readonly ContainerPort[] | undefined, path: Path): FieldError[] {
  const names = new Set<string>();
  const errors: FieldError[] = [];
  (ports ?? []).forEach(({ name, containerPort: given, hostPort = 0, protocol }, i) => {
    const at = path.index(i);
    const containerPort = given ?? 0;
    if (name) {
      const problems = isPortName(name);
      errors.push(...problems.map((text) => invalid(at.child('name'), name, text)));
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(at.child('name'), name));
      else if (problems.length === 0) names.add(name);
    }
    if (containerPort === 0) errors.push(required(at.child('containerPort')));
    else errors.push(...isPortNumber(containerPort).map((text) => invalid(at.child('containerPort'), containerPort, text)));
    if (hostPort !== 0) errors.push(...isPortNumber(hostPort).map((text) => invalid(at.child('hostPort'), hostPort, text)));
    errors.push(...validateRequiredOneOf(protocol, ['SCTP', 'TCP', 'UDP'], at.child('protocol')));
  });
  return errors;
}

/** A host port can be had once for each protocol and host address. */
function validateHostPorts(containers: readonly Container[], path: Path): FieldError[] {
  const taken = new Set<string>();
  const errors: FieldError[] = [];
  containers.forEach((container, i) =>
    (container.ports ?? []).forEach(({ hostPort, hostIP, protocol }, j) => {
      if (!hostPort) return;
      const key = `${protocol ?? ''}/${hostIP ?? ''}/${hostPort}`;
      if (taken.has(key)) errors.push(duplicate(path.index(i).child('ports').index(j).child('hostPort'), key));
      taken.add(key);
    }),
  );
  return errors;
}

function validateResizePolicy(policies: readonly ContainerResizePolicy[] | undefined, podRestartPolicy: string | undefined, path: Path): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  (policies ?? []).forEach(({ resourceName, restartPolicy }, i) => {
    if (seen.has(resourceName)) errors.push(duplicate(path.index(i), resourceName));
    seen.add(resourceName);
    errors.push(...validateRequiredOneOf(resourceName, ['cpu', 'memory'], path));
    errors.push(...validateRequiredOneOf(restartPolicy, ['NotRequired', 'RestartContainer'], path));
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') errors.push(invalid(path, restartPolicy ?? '', "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
  });
  return errors;
}

const MAX_RESTART_RULES = 20;
const MAX_EXIT_CODES = 255;

/** The container's own restart policy and rules (KEP-5307). */
function validateRestartPolicy({ restartPolicy, restartPolicyRules: rules = [] }: Container, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (restartPolicy === undefined) {
    if (rules.length === 0) return [];
    errors.push(required(path.child('restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  } else {
    errors.push(...validateOneOf(restartPolicy, ['Always', 'Never', 'OnFailure'], path.child('restartPolicy')));
  }
  if (rules.length > MAX_RESTART_RULES) errors.push(tooMany(path.child('restartPolicyRules'), rules.length, MAX_RESTART_RULES));
  rules.forEach(({ action, exitCodes }, i) => {
    const at = path.child('restartPolicyRules').index(i);
    errors.push(...validateOneOf(action, ['Restart', 'RestartAllContainers'], at.child('action')));
    if (!exitCodes) {
      errors.push(required(at.child('exitCodes'), 'must be specified'));
      return;
    }
    const codes = exitCodes.values ?? [];
    errors.push(...validateOneOf(exitCodes.operator, ['In', 'NotIn'], at.child('exitCodes', 'operator')));
    if (codes.length > MAX_EXIT_CODES) errors.push(tooMany(at.child('exitCodes', 'values'), codes.length, MAX_EXIT_CODES));
  });
  return errors;
}

