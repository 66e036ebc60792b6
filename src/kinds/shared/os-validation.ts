import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../api/field.js';
import type { PodSpec } from '../../api/types/core-v1.js';
import { containersWithPaths } from './containers.js';

/** Fields that a pod with `os` windows may not have: where they stand in the errors, and their value. */
const windowsPodFields = (spec: PodSpec): ReadonlyArray<readonly [string, unknown]> => {
  const context = spec.securityContext ?? {};
  return [
    ['securityContext.appArmorProfile', context.appArmorProfile],
    ['securityContext.seLinuxOptions', context.seLinuxOptions],
    ['hostUsers', spec.hostUsers],
    ['hostPID', spec.hostPID || undefined],
    ['hostIPC', spec.hostIPC || undefined],
    ['securityContext.seccompProfile', context.seccompProfile],
    ['securityContext.fsGroup', context.fsGroup],
    ['securityContext.fsGroupChangePolicy', context.fsGroupChangePolicy],
    ['securityContext.sysctls', context.sysctls?.length ? context.sysctls : undefined],
    ['shareProcessNamespace', spec.shareProcessNamespace],
    ['securityContext.runAsUser', context.runAsUser],
    ['securityContext.runAsGroup', context.runAsGroup],
    ['securityContext.supplementalGroups', context.supplementalGroups],
    ['securityContext.supplementalGroupsPolicy', context.supplementalGroupsPolicy],
    ['securityContext.seLinuxChangePolicy', context.seLinuxChangePolicy],
  ];
};
const WINDOWS_CONTAINER_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

/** Errors of `os` and of fields that do not go with it (validateOS, validateLinux, validateWindows). */
export function validateOs(spec: PodSpec, path: Path): FieldError[] {
  if (!spec.os) return [];
  switch (spec.os.name) {
    case '':
    case undefined:
      return [required(path.child('os', 'name'))];
    case 'linux':
      return validateLinux(spec, path);
    case 'windows':
      return validateWindows(spec, path);
    default:
      return [notSupported(path.child('os'), spec.os.name, ['linux', 'windows'])];
  }
}

function validateLinux(spec: PodSpec, path: Path): FieldError[] {
  const text = 'windows options cannot be set for a linux pod';
  return [
    ...(spec.securityContext?.windowsOptions ? [forbidden(path.child('securityContext', 'windowsOptions'), text)] : []),
    ...containersWithPaths(spec, path)
      .filter(([container]) => container.securityContext?.windowsOptions)
      .map(([, at]) => forbidden(at.child('securityContext', 'windowsOptions'), text)),
  ];
}

function validateWindows(spec: PodSpec, path: Path): FieldError[] {
  const text = 'cannot be set for a windows pod';
  return [
    ...windowsPodFields(spec)
      .filter(([, value]) => value !== undefined)
      .map(([field]) => forbidden(path.child(field), text)),
    ...containersWithPaths(spec, path).flatMap(([{ securityContext }, at]) =>
      WINDOWS_CONTAINER_FIELDS.filter((field) => securityContext?.[field] !== undefined).map((field) => forbidden(at.child('securityContext', field), text)),
    ),
  ];
}

/** Host process pods: all of their containers are host processes, and they use the host's network. */
export function validateWindowsHostProcess(spec: PodSpec, path: Path): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const errors: FieldError[] = [];
  let hostProcesses = 0;
  const containers = containersWithPaths(spec, path);
  for (const [container, at] of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      errors.push(invalid(at.child('securityContext', 'windowsOptions', 'hostProcess'), own, `pod hostProcess value must be identical if both are specified, was ${ofPod}`));
    }
    if (own ?? ofPod) hostProcesses++;
  }
  if (hostProcesses === 0) return errors;
  if (hostProcesses !== containers.length) errors.push(invalid(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (!spec.hostNetwork) errors.push(invalid(path.child('hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers'));
  return errors;
}
