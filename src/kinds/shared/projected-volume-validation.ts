import { forbidden, invalid, required, type FieldError, type Path } from '../../api/field.js';
import type { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource } from '../../api/types/core-v1.js';
import { validateFieldRef, validateResourceFieldRef, VOLUME_FIELD_PATHS } from './downward-api-validation.js';
import { validateKeyToPath } from './key-to-path-validation.js';
import { validateFileMode, validateLocalNonReservedPath, validateRequired } from './simple-checks.js';
import type { PodValidationOptions } from './validation-options.js';

/** A file of a downward API volume: one field of the pod or one resource of a container. */
export function validateDownwardApiFile(file: DownwardAPIVolumeFile, path: Path): FieldError[] {
  const errors = [...validateRequired(file.path, path.child('path')), ...validateLocalNonReservedPath(file.path ?? '', path.child('path'))];
  if (file.fieldRef) {
    errors.push(...validateFieldRef(file.fieldRef, VOLUME_FIELD_PATHS, path.child('fieldRef')));
    if (file.resourceFieldRef) errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (file.resourceFieldRef) {
    errors.push(...validateResourceFieldRef(file.resourceFieldRef, path.child('resourceFieldRef'), true));
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  return [...errors, ...validateFileMode(file.mode, path.child('mode'))];
}

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

/**
 * Errors of a projected volume. clusterTrustBundle and podCertificate are behind gates that are off in v1.36,
 * so they never reach validation (see dropDisabledFields).
 */
export function validateProjected(volume: ProjectedVolumeSource, path: Path, options: PodValidationOptions): FieldError[] {
  const errors = validateFileMode(volume.defaultMode, path.child('defaultMode'));
  const paths = new Set<string>();
  const claim = (file: string | undefined, value: string | undefined): void => {
    if (!file) return;
    if (paths.has(file)) errors.push(invalid(path, value ?? '', 'conflicting duplicate paths'));
    paths.add(file);
  };
  const objectItems = (source: { name?: string | undefined; items?: KeyToPath[] | undefined }, at: Path): void => {
    errors.push(...validateRequired(source.name, at.child('name')));
    (source.items ?? []).forEach((item, i) => {
      errors.push(...validateKeyToPath(item, at.child('items').index(i)));
      claim(item.path, source.name);
    });
  };
  (volume.sources ?? []).forEach((source, i) => {
    const at = path.child('sources').index(i);
    const { secret, configMap, downwardAPI, serviceAccountToken } = source;
    if (secret) objectItems(secret, at.child('secret'));
    if (configMap) objectItems(configMap, at.child('configMap'));
    for (const file of downwardAPI?.items ?? []) {
      errors.push(...validateDownwardApiFile(file, at.child('downwardAPI')));
      claim(file.path, file.path);
    }
    if (serviceAccountToken) {
      const seconds = serviceAccountToken.expirationSeconds ?? 0;
      const secondsPath = at.child('serviceAccountToken', 'expirationSeconds');
      if (seconds < MIN_TOKEN_SECONDS) errors.push(invalid(secondsPath, seconds, 'may not specify a duration less than 10 minutes'));
      if (seconds > MAX_TOKEN_SECONDS) errors.push(invalid(secondsPath, seconds, 'may not specify a duration larger than 2^32 seconds'));
      if (!serviceAccountToken.path) errors.push(required(path.child('path')));
      else if (!options.allowNonLocalTokenPath) errors.push(...validateLocalNonReservedPath(serviceAccountToken.path, path.child('path')));
    }
    if ([secret, configMap, downwardAPI, serviceAccountToken].filter(Boolean).length > 1) errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
  });
  return errors;
}
