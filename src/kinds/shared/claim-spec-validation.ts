import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../api/field.js';
import { isDns1123Subdomain, nameIsDnsLabel, nameIsDnsSubdomain } from '../../api/names.js';
import type { PersistentVolumeClaimSpec } from '../../api/types/core-v1.js';
import { validateLabelSelector } from './label-validation.js';
import { canonicalQuantity, compareQuantities } from './resource-list.js';
import { NOT_POSITIVE_TEXT, validateOneOf } from './simple-checks.js';

export interface ClaimSpecOptions {
  /** The old claim has an invalid selector or API group already. */
  readonly allowInvalidSelectorValues?: boolean;
  readonly allowInvalidApiGroup?: boolean;
}

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

interface DataSource {
  readonly apiGroup?: string | undefined;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** Errors of a claim's spec, as it stands in claims and in templates of claims (ValidatePersistentVolumeClaimSpec). */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: Path, options: ClaimSpecOptions = {}): FieldError[] {
  const errors: FieldError[] = [];
  const modes: readonly string[] = spec.accessModes ?? [];
  const modesPath = path.child('accessModes');
  if (modes.length === 0) errors.push(required(modesPath, 'at least 1 access mode is required'));
  errors.push(...validateLabelSelector(spec.selector, path.child('selector'), { allowInvalidValues: options.allowInvalidSelectorValues === true }));
  for (const mode of modes) if (!ACCESS_MODES.includes(mode)) errors.push(notSupported(modesPath, mode, ACCESS_MODES));
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode))) {
    errors.push(forbidden(modesPath, 'may not use ReadWriteOncePod with other access modes'));
  }
  const storage = spec.resources?.requests?.['storage'];
  const storagePath = path.child('resources').key('storage');
  if (storage === undefined) errors.push(required(storagePath));
  else if (compareQuantities(storage, '0') <= 0) errors.push(invalid(storagePath, canonicalQuantity(storage), NOT_POSITIVE_TEXT));
  errors.push(...validateClassName(spec.storageClassName, path.child('storageClassName')));
  if (spec.volumeMode !== undefined) errors.push(...validateOneOf(spec.volumeMode, ['Block', 'Filesystem'], path.child('volumeMode')));
  errors.push(...validateDataSources(spec, path, options));
  errors.push(...validateClassName(spec.volumeAttributesClassName, path.child('volumeAttributesClassName')));
  return errors;
}

function validateClassName(name: string | undefined, path: Path): FieldError[] {
  return name ? nameIsDnsSubdomain(name, false).map((text) => invalid(path, name, text)) : [];
}

function validateDataSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: Path, options: ClaimSpecOptions): FieldError[] {
  const errors: FieldError[] = [];
  if (dataSource) errors.push(...validateDataSource(dataSource, path.child('dataSource'), options));
  if (dataSourceRef) errors.push(...validateDataSource(dataSourceRef, path.child('dataSourceRef'), options));
  if (!dataSource || !dataSourceRef) return errors;
  // The value shown is a Go path, which has no visible fields.
  if (dataSourceRef.namespace) errors.push(invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified'));
  else if (dataSource.apiGroup !== dataSourceRef.apiGroup || dataSource.kind !== dataSourceRef.kind || dataSource.name !== dataSourceRef.name) {
    errors.push(invalid(path, {}, 'must match dataSourceRef'));
  }
  return errors;
}

function validateDataSource(source: DataSource, path: Path, options: ClaimSpecOptions): FieldError[] {
  const errors: FieldError[] = [];
  const group = source.apiGroup ?? '';
  if (!source.name) errors.push(required(path.child('name')));
  if (!source.kind) errors.push(required(path.child('kind')));
  if (!group && source.kind !== 'PersistentVolumeClaim') errors.push(invalid(path, source.kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (group && !options.allowInvalidApiGroup) errors.push(...isDns1123Subdomain(group).map((text) => invalid(path.child('apiGroup'), group, text)));
  const { namespace } = source;
  if (namespace) errors.push(...nameIsDnsLabel(namespace, false).map((text) => invalid(path.child('namespace'), namespace, text)));
  return errors;
}
