import { forbidden, invalid, type FieldError, type Path } from '../../api/field.js';
import type { AppArmorProfile, PodSpec, SeccompProfile, Toleration } from '../../api/types/core-v1.js';
import { allContainers, containersWithPaths } from './containers.js';
import { validateLocalPath } from './simple-checks.js';
import { validateTolerations } from './toleration-validation.js';
import { DELETION_COST, isDeletionCost, type PodValidationOptions } from './validation-options.js';

/** Annotations with a meaning for pods, most of them from before there were fields (ValidatePodSpecificAnnotations). */

export const MIRROR_POD = 'kubernetes.io/config.mirror';
const TOLERATIONS = 'scheduler.alpha.kubernetes.io/tolerations';
export const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
export const SECCOMP_CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/';
export const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';

type Annotations = Readonly<Record<string, string>> | undefined;

export function validatePodAnnotations(annotations: Annotations, spec: PodSpec, path: Path, options: PodValidationOptions): FieldError[] {
  const errors: FieldError[] = [];
  const mirror = annotations?.[MIRROR_POD];
  if (mirror !== undefined && !spec.nodeName) errors.push(invalid(path.key(MIRROR_POD), mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  errors.push(...validateTolerationsAnnotation(annotations?.[TOLERATIONS], path, options));
  const cost = annotations?.[DELETION_COST];
  if (!options.allowInvalidDeletionCost && !isDeletionCost(cost)) errors.push(invalid(path.key(DELETION_COST), cost, 'must be a 32bit integer'));
  const seccomp = annotations?.[SECCOMP_POD];
  if (seccomp !== undefined) errors.push(...validateSeccomp(seccomp, path.child(SECCOMP_POD)));
  const keys = Object.keys(annotations ?? {}).sort();
  for (const key of keys) if (key.startsWith(SECCOMP_CONTAINER_PREFIX)) errors.push(...validateSeccomp(annotations?.[key] ?? '', path.child(key)));
  const names = new Set(allContainers(spec).map((container) => container.name));
  for (const key of keys) {
    if (!key.startsWith(APPARMOR_PREFIX)) continue;
    const container = key.slice(APPARMOR_PREFIX.length);
    const profile = annotations?.[key] ?? '';
    if (!names.has(container)) errors.push(invalid(path.key(key), container, 'container not found'));
    if (!['', 'runtime/default', 'unconfined'].includes(profile) && !profile.startsWith('localhost/')) {
      errors.push(invalid(path.key(key), profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
    }
  }
  return errors;
}

function validateTolerationsAnnotation(text: string | undefined, path: Path, options: PodValidationOptions): FieldError[] {
  if (!text) return [];
  let tolerations: unknown;
  try {
    tolerations = JSON.parse(text);
  } catch {
    return [invalid(path, TOLERATIONS, `invalid character ${JSON.stringify(text.trim()[0] ?? '').replace(/"/g, "'")} looking for beginning of value`)];
  }
  return Array.isArray(tolerations) ? validateTolerations(tolerations as Toleration[], path.child(TOLERATIONS), options) : [];
}

function validateSeccomp(profile: string, path: Path): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return [];
  if (profile.startsWith('localhost/')) return validateLocalPath(profile.slice('localhost/'.length), path);
  return [invalid(path, profile, 'must be a valid seccomp profile')];
}

/** On create, an annotation must say the same as the field where both are given. */
export function validateAnnotationsMatchFields(annotations: Annotations, spec: PodSpec, path: Path): FieldError[] {
  return [...seccompMatches(annotations, spec, path), ...appArmorMatches(annotations, spec, path)];
}

function seccompMatches(annotations: Annotations, spec: PodSpec, path: Path): FieldError[] {
  const check = (annotation: string | undefined, profile: SeccompProfile | undefined, at: Path): FieldError[] => {
    if (annotation === undefined || !profile) return [];
    const mismatch = [forbidden(at.child('type'), 'seccomp type in annotation and field must match')];
    if (profile.type === 'Unconfined') return annotation === 'unconfined' ? [] : mismatch;
    if (profile.type === 'RuntimeDefault') return annotation === 'runtime/default' || annotation === 'docker/default' ? [] : mismatch;
    if (profile.type !== 'Localhost') return [];
    if (!annotation.startsWith('localhost/')) return mismatch;
    return annotation.slice('localhost/'.length) === profile.localhostProfile ? [] : [forbidden(at.child('localhostProfile'), 'seccomp profile in annotation and field must match')];
  };
  return [
    ...check(annotations?.[SECCOMP_POD], spec.securityContext?.seccompProfile, path.child('securityContext', 'seccompProfile')),
    ...containersWithPaths(spec, path).flatMap(([container, at]) =>
      check(annotations?.[`${SECCOMP_CONTAINER_PREFIX}${container.name}`], container.securityContext?.seccompProfile, at.child('securityContext', 'seccompProfile')),
    ),
  ];
}

function appArmorMatches(annotations: Annotations, spec: PodSpec, path: Path): FieldError[] {
  if (spec.os?.name === 'windows') return [];
  return containersWithPaths(spec, path).flatMap(([container, containerPath]) => {
    const annotation = annotations?.[`${APPARMOR_PREFIX}${container.name}`];
    const profile = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    if (annotation === undefined || !profile) return [];
    const at = containerPath.child('securityContext', 'appArmorProfile');
    const mismatch = [forbidden(at.child('type'), 'apparmor type in annotation and field must match')];
    if (profile.type === 'Unconfined') return annotation === 'unconfined' ? [] : mismatch;
    if (profile.type === 'RuntimeDefault') return annotation === 'runtime/default' ? [] : mismatch;
    if (profile.type !== 'Localhost') return [];
    if (!annotation.startsWith('localhost/')) return mismatch;
    return annotation.slice('localhost/'.length) === profile.localhostProfile ? [] : [forbidden(at.child('localhostProfile'), 'apparmor profile in annotation and field must match')];
  });
}

/** The profile that an AppArmor annotation stands for; undefined where it stands for none. */
export function appArmorProfileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const profile = annotation.startsWith('localhost/') ? annotation.slice('localhost/'.length) : '';
  return profile ? { type: 'Localhost', localhostProfile: profile } : undefined;
}

/** Which annotations an update may not add, change or remove. */
export function validatePodAnnotationUpdate(annotations: Annotations, old: Annotations, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, before] of Object.entries(old ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (annotations?.[key] === before) continue;
    if (key.startsWith(APPARMOR_PREFIX)) errors.push(forbidden(path.key(key), 'may not remove or update AppArmor annotations'));
    if (key === MIRROR_POD) errors.push(forbidden(path.key(key), 'may not remove or update mirror pod annotation'));
  }
  for (const key of Object.keys(annotations ?? {}).sort()) {
    if (old?.[key] !== undefined) continue;
    if (key.startsWith(APPARMOR_PREFIX)) errors.push(forbidden(path.key(key), 'may not add AppArmor annotations'));
    if (key === MIRROR_POD) errors.push(forbidden(path.key(key), 'may not add mirror pod annotation'));
  }
  return errors;
}
