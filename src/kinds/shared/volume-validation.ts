import { duplicate, forbidden, invalid, quote, required, type FieldError, type Path } from '../../api/field.js';
import { nameIsDnsSubdomain } from '../../api/names.js';
import type { Volume } from '../../api/types/core-v1.js';
import { validateDnsLabel } from './simple-checks.js';
import type { PodValidationOptions } from './validation-options.js';
import { VOLUME_SOURCES, type VolumeSourceName } from './volume-sources.js';
import { SOURCE_CHECKS } from './volume-source-validation.js';

/** Volumes that are valid, by name: what containers may mount. */
export type VolumesByName = ReadonlyMap<string, Volume>;

/** Paths of the errors where they differ from the field's name. */
const CHECK_PATH: Partial<Record<VolumeSourceName, string>> = { gcePersistentDisk: 'persistentDisk' };
const SECOND_PATH: Partial<Record<VolumeSourceName, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

/**
 * Errors of the volumes of a pod spec (pkg/apis/core/validation ValidateVolumes). `podName` is given where the spec is a real
 * pod's whose name is known: claims of ephemeral volumes are named after it.
 */
export function validateVolumes(volumes: readonly Volume[] | undefined, podName: string | undefined, path: Path, options: PodValidationOptions): { errors: FieldError[]; byName: VolumesByName } {
  const errors: FieldError[] = [];
  const byName = new Map<string, Volume>();
  const created = new Set(podName ? (volumes ?? []).filter((v) => v.ephemeral).map((v) => `${podName}-${v.name}`) : []);
  (volumes ?? []).forEach((volume, i) => {
    const at = path.index(i);
    const own = validateSource(volume, podName, at, options);
    own.push(...(volume.name ? validateDnsLabel(volume.name, at.child('name')) : [required(at.child('name'))]));
    if (byName.has(volume.name)) own.push(duplicate(at.child('name'), volume.name));
    if (own.length === 0) byName.set(volume.name, volume);
    errors.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim)) {
      errors.push(invalid(at.child('persistentVolumeClaim', 'claimName'), claim, 'must not reference a PVC that gets created for an ephemeral volume'));
    }
  });
  return { errors, byName };
}

function validateSource(volume: Volume, podName: string | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  const errors: FieldError[] = [];
  let found = false;
  for (const source of VOLUME_SOURCES) {
    const value = volume[source];
    if (value === undefined || value === null) continue;
    if (found) {
      errors.push(forbidden(path.child(SECOND_PATH[source] ?? source), 'may not specify more than 1 volume type'));
    } else {
      found = true;
      errors.push(...SOURCE_CHECKS[source](volume, path.child(CHECK_PATH[source] ?? source), options));
      if (source === 'ephemeral') errors.push(...validateClaimName(volume.name, podName, path));
    }
    if (source === 'iscsi' && volume.iscsi?.initiatorName !== undefined && `${volume.name}:${volume.iscsi.targetPortal}`.length > 64) {
      errors.push(invalid(path.child('name'), volume.name, 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'));
    }
  }
  if (!found) errors.push(required(path, 'must specify a volume type'));
  return errors;
}

function validateClaimName(volumeName: string, podName: string | undefined, path: Path): FieldError[] {
  if (!podName || !volumeName) return [];
  const claim = `${podName}-${volumeName}`;
  return nameIsDnsSubdomain(claim, false).map((text) => invalid(path.child('name'), volumeName, `PVC name ${quote(claim)}: ${text}`));
}

