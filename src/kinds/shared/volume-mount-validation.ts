import { forbidden, invalid, notFound, notSupported, required, type FieldError, type Path } from '../../api/field.js';
import type { VolumeDevice, VolumeMount } from '../../api/types/core-v1.js';
import type { AnyContainer } from './containers.js';
import { validateLocalPath, validateNoBacksteps } from './simple-checks.js';
import type { VolumesByName } from './volume-validation.js';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible'];

/** Errors of the mounts of a container; some of them name the list, not the entry, as the real server's do. */
export function validateVolumeMounts(container: AnyContainer, volumes: VolumesByName, path: Path): FieldError[] {
  const devices = container.volumeDevices ?? [];
  const mountPaths = new Set<string>();
  const errors: FieldError[] = [];
  (container.volumeMounts ?? []).forEach((mount, i) => {
    const at = path.index(i);
    const name = mount.name ?? '';
    const mountPath = mount.mountPath ?? '';
    if (!name) errors.push(required(at.child('name')));
    if (!volumes.has(name)) errors.push(notFound(at.child('name'), name));
    if (!mountPath) errors.push(required(at.child('mountPath')));
    if (mountPaths.has(mountPath)) errors.push(invalid(at.child('mountPath'), mountPath, 'must be unique'));
    mountPaths.add(mountPath);
    if (devices.some((device) => device.name === name)) errors.push(invalid(at.child('name'), name, 'must not already exist in volumeDevices'));
    if (lastPaths(devices).includes(mountPath)) errors.push(invalid(at.child('mountPath'), mountPath, 'must not already exist as a path in volumeDevices'));
    if (mount.subPath) errors.push(...validateLocalPath(mount.subPath, path.child('subPath')));
    if (mount.subPathExpr) {
      if (mount.subPath) errors.push(invalid(at.child('subPathExpr'), mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
      errors.push(...validateLocalPath(mount.subPathExpr, path.child('subPathExpr')));
    }
    errors.push(...validatePropagation(mount, container, path.child('mountPropagation')));
    errors.push(...validateRecursiveReadOnly(mount, path.child('recursiveReadOnly')));
  });
  return errors;
}

/** Paths of devices by name: of several with one name the last counts. */
function lastPaths(devices: readonly VolumeDevice[]): string[] {
  return [...new Map(devices.map((device) => [device.name, device.devicePath])).values()];
}

function validatePropagation({ mountPropagation }: VolumeMount, container: AnyContainer, path: Path): FieldError[] {
  if (mountPropagation === undefined) return [];
  if (!PROPAGATIONS.includes(mountPropagation)) return [notSupported(path, mountPropagation, PROPAGATIONS)];
  if (mountPropagation !== 'Bidirectional' || container.securityContext?.privileged) return [];
  return [forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')];
}

function validateRecursiveReadOnly({ recursiveReadOnly, readOnly, mountPropagation }: VolumeMount, path: Path): FieldError[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return [];
  if (!RECURSIVE_READ_ONLY.includes(recursiveReadOnly)) return [notSupported(path, recursiveReadOnly, RECURSIVE_READ_ONLY)];
  const errors: FieldError[] = [];
  if (!readOnly) errors.push(forbidden(path, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'));
  return errors;
}

/** Errors of block devices, which only claims can give. */
export function validateVolumeDevices(container: AnyContainer, volumes: VolumesByName, path: Path): FieldError[] {
  const mounts = container.volumeMounts ?? [];
  const mountPaths = [...new Map(mounts.map((mount) => [mount.name, mount.mountPath])).values()];
  const names = new Set<string>();
  const paths = new Set<string>();
  const errors: FieldError[] = [];
  (container.volumeDevices ?? []).forEach((device, i) => {
    const at = path.index(i);
    const name = device.name ?? '';
    const devicePath = device.devicePath ?? '';
    const volume = volumes.get(name);
    if (!name) errors.push(required(at.child('name')));
    if (names.has(name)) errors.push(invalid(at.child('name'), name, 'must be unique'));
    if (!volume) errors.push(notFound(at.child('name'), name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(invalid(at.child('name'), name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    }
    if (!devicePath) errors.push(required(at.child('devicePath')));
    if (paths.has(devicePath)) errors.push(invalid(at.child('devicePath'), devicePath, 'must be unique'));
    if (validateNoBacksteps(devicePath, path).length > 0) errors.push(invalid(at.child('devicePath'), devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) errors.push(invalid(at.child('name'), name, 'must not already exist in volumeMounts'));
    if (mountPaths.includes(devicePath)) errors.push(invalid(at.child('devicePath'), devicePath, 'must not already exist as a path in volumeMounts'));
    if (name) names.add(name);
  });
  return errors;
}
