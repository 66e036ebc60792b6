import { invalid, required, type FieldError, type Path } from '../../api/field.js';
import { isConfigMapKey, isRelaxedEnvVarName, nameIsDnsSubdomain } from '../../api/names.js';
import type { ConfigMapKeySelector, EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from '../../api/types/core-v1.js';
import { ENV_FIELD_PATHS, validateFieldRef, validateResourceFieldRef } from './downward-api-validation.js';
import { validateDnsLabel, validateNoBacksteps, validateObjectName } from './simple-checks.js';

/** Environment variables of a container (pkg/apis/core/validation ValidateEnv, ValidateEnvFrom). */

export function validateEnv(variables: readonly EnvVar[] | undefined, path: Path): FieldError[] {
  return (variables ?? []).flatMap((variable, i) => {
    const at = path.index(i);
    const name = variable.name ? isRelaxedEnvVarName(variable.name).map((text) => invalid(at.child('name'), variable.name, text)) : [required(at.child('name'))];
    return [...name, ...(variable.valueFrom ? validateValueFrom(variable.valueFrom, variable.value, at.child('valueFrom')) : [])];
  });
}

function validateValueFrom(source: EnvVarSource, value: string | undefined, path: Path): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  const errors: FieldError[] = [];
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, ENV_FIELD_PATHS, path.child('fieldRef')));
  if (resourceFieldRef) errors.push(...validateResourceFieldRef(resourceFieldRef, path.child('resourceFieldRef'), false));
  if (configMapKeyRef) errors.push(...validateKeyRef(configMapKeyRef, path.child('configMapKeyRef')));
  if (secretKeyRef) errors.push(...validateKeyRef(secretKeyRef, path.child('secretKeyRef')));
  if (fileKeyRef) errors.push(...validateFileKeyRef(fileKeyRef, path.child('fileKeyRef')));
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length;
  if (sources === 0) errors.push(invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
  else if (value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

/** A key of a ConfigMap or Secret. */
function validateKeyRef(ref: ConfigMapKeySelector, path: Path): FieldError[] {
  const errors = nameIsDnsSubdomain(ref.name ?? '', false).map((text) => invalid(path.child('name'), ref.name ?? '', text));
  return [...errors, ...(ref.key ? isConfigMapKey(ref.key).map((text) => invalid(path.child('key'), ref.key, text)) : [required(path.child('key'))])];
}

function validateFileKeyRef(ref: FileKeySelector, path: Path): FieldError[] {
  return [
    ...(ref.key ? isRelaxedEnvVarName(ref.key).map((text) => invalid(path.child('key'), ref.key, text)) : [required(path.child('key'))]),
    ...(ref.volumeName ? validateDnsLabel(ref.volumeName, path.child('volumeName')) : [required(path.child('volumeName'))]),
    ...(ref.path ? validateNoBacksteps(ref.path, path.child('path')) : [required(path.child('path'))]),
  ];
}

export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: Path): FieldError[] {
  return (sources ?? []).flatMap(({ prefix, configMapRef, secretRef }, i) => {
    const at = path.index(i);
    const errors = prefix ? isRelaxedEnvVarName(prefix).map((text) => invalid(at.child('prefix'), prefix, text)) : [];
    for (const [name, ref] of [['configMapRef', configMapRef], ['secretRef', secretRef]] as const) {
      if (!ref) continue;
      const namePath = at.child(name, 'name');
      errors.push(...(ref.name ? validateObjectName(ref.name, namePath, true) : [required(namePath)]));
    }
    // These two name the list, not the entry.
    if (!configMapRef && !secretRef) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef && secretRef) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}
