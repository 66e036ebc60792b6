import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { isDns1123Label, isDns1123Subdomain, nameIsDnsLabel, nameIsDnsSubdomain } from '../../api/names.js';
import { Quantity } from '../../api/quantity.js';
import type { ISCSIPersistentVolumeSource, PersistentVolume, PersistentVolumeSpec, SecretReference, Volume } from '../../api/types/core-v1.js';
import { goMap } from '../common/go-map.js';
import { validateNodeSelector } from '../shared/affinity-validation.js';
import { canonicalQuantity, compareQuantities, isNegative, sortedEntries } from '../shared/resource-list.js';
import { NOT_POSITIVE_TEXT, validateDnsLabel, validateNoBacksteps, validateOneOf, validateRequired } from '../shared/simple-checks.js';
import { podValidationOptions } from '../shared/validation-options.js';
import { SOURCE_CHECKS, validateCsiDriverName } from '../shared/volume-source-validation.js';
import type { VolumeSourceName } from '../shared/volume-sources.js';
import type { VolumeSourceField } from './persistent-volume-source.js';

const SPEC = Path.of('spec');
const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const OPTIONS = podValidationOptions(true);
const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';

type Check = (spec: PersistentVolumeSpec, path: Path, name: string) => FieldError[];

/** The check of a source that pods have in the same form. */
const asInPods =
  (source: VolumeSourceName & VolumeSourceField): Check =>
  (spec, path) =>
    SOURCE_CHECKS[source]({ name: '', [source]: spec[source] } as Volume, path, OPTIONS);

const present =
  (source: VolumeSourceField, ...fields: string[]): Check =>
  (spec, path) => {
    const value = spec[source] as Record<string, unknown> | undefined;
    const empty = (v: unknown): boolean => v === undefined || v === null || v === '' || (Array.isArray(v) && v.length === 0);
    return fields.filter((field) => empty(value?.[field])).map((field) => required(path.child(field)));
  };

const secretErrors = (reference: SecretReference | undefined, path: Path): FieldError[] =>
  reference ? [...validateRequired(reference.name, path.child('secretRef', 'name')), ...validateRequired(reference.namespace, path.child('secretRef', 'namespace'))] : [];

/** [field, path of `more than one`, path of the source's own errors, check], in the order in which Kubernetes goes through them. */
const CHECKS: ReadonlyArray<readonly [VolumeSourceField, string, string, Check]> = [
  ['hostPath', 'hostPath', 'hostPath', asInPods('hostPath')],
  ['gcePersistentDisk', 'gcePersistentDisk', 'persistentDisk', asInPods('gcePersistentDisk')],
  ['awsElasticBlockStore', 'awsElasticBlockStore', 'awsElasticBlockStore', asInPods('awsElasticBlockStore')],
  ['glusterfs', 'glusterfs', 'glusterfs', glusterfs],
  ['flocker', 'flocker', 'flocker', asInPods('flocker')],
  ['nfs', 'nfs', 'nfs', asInPods('nfs')],
  ['rbd', 'rbd', 'rbd', present('rbd', 'monitors', 'image')],
  ['quobyte', 'quobyte', 'quobyte', asInPods('quobyte')],
  ['cephfs', 'cephFS', 'cephfs', present('cephfs', 'monitors')],
  ['iscsi', 'iscsi', 'iscsi', (spec, path, name) => iscsi(spec.iscsi as ISCSIPersistentVolumeSource, path, name)],
  ['cinder', 'cinder', 'cinder', (spec, path, name) => [...present('cinder', 'volumeID')(spec, path, name), ...secretErrors(spec.cinder?.secretRef, path)]],
  ['fc', 'fc', 'fc', asInPods('fc')],
  ['flexVolume', 'flexVolume', 'flexVolume', asInPods('flexVolume')],
  ['azureFile', 'azureFile', 'azureFile', (spec, path, name) => [...present('azureFile', 'secretName', 'shareName')(spec, path, name), ...(spec.azureFile?.secretNamespace === '' ? [required(path.child('secretNamespace'))] : [])]],
  ['vsphereVolume', 'vsphereVolume', 'vsphereVolume', asInPods('vsphereVolume')],
  ['photonPersistentDisk', 'photonPersistentDisk', 'photonPersistentDisk', asInPods('photonPersistentDisk')],
  ['portworxVolume', 'portworxVolume', 'portworxVolume', asInPods('portworxVolume')],
  ['azureDisk', 'azureDisk', 'azureDisk', asInPods('azureDisk')],
  ['scaleIO', 'scaleIO', 'scaleIO', present('scaleIO', 'gateway', 'system', 'volumeName')],
  ['local', 'local', 'local', local],
  ['storageos', 'storageos', 'storageos', storageos],
  ['csi', 'csi', 'csi', csi],
];

/** Errors of a PersistentVolume's spec (ValidatePersistentVolumeSpec). */
export function validateVolumeSpec({ metadata, spec }: PersistentVolume): FieldError[] {
  const errors = [...accessModeErrors(spec, SPEC), ...capacityErrors(spec)];
  errors.push(...validateOneOf(spec.persistentVolumeReclaimPolicy, RECLAIM_POLICIES, SPEC.child('persistentVolumeReclaimPolicy')));
  const { nodeAffinity } = spec;
  if (nodeAffinity) {
    const at = SPEC.child('nodeAffinity', 'required');
    errors.push(...(nodeAffinity.required ? validateNodeSelector(nodeAffinity.required, at, false) : [required(at, 'must specify required node constraints')]));
  }
  errors.push(...sourceErrors(spec, metadata.name, SPEC));
  const { storageClassName, volumeMode } = spec;
  if (storageClassName) errors.push(...nameIsDnsSubdomain(storageClassName, false).map((text) => invalid(SPEC.child('storageClassName'), storageClassName, text)));
  if (volumeMode !== undefined) errors.push(...validateOneOf(volumeMode, ['Block', 'Filesystem'], SPEC.child('volumeMode')));
  return [...errors, ...attributesClassErrors(spec)];
}

/** Errors of a volume's spec inside a VolumeAttachment, which may only be a CSI volume. */
export function validateInlineVolumeSpec(spec: PersistentVolumeSpec, path: Path): FieldError[] {
  const context = 'in the context of inline volumes';
  const errors: FieldError[] = [];
  if (spec.claimRef) errors.push(forbidden(path.child('claimRef'), `may not be specified ${context}`));
  if (Object.keys(spec.capacity ?? {}).length > 0) errors.push(forbidden(path.child('capacity'), `may not be specified ${context}`));
  if (!spec.csi) errors.push(required(path.child('csi'), `has to be specified ${context}`));
  errors.push(...accessModeErrors(spec, path));
  const { persistentVolumeReclaimPolicy: reclaim } = spec;
  if (reclaim && reclaim !== 'Retain') errors.push(forbidden(path.child('persistentVolumeReclaimPolicy'), `may only be Retain ${context}`));
  if (spec.nodeAffinity) errors.push(forbidden(path.child('nodeAffinity'), `may not be specified ${context}`));
  errors.push(...sourceErrors(spec, '', path));
  if (spec.storageClassName) errors.push(forbidden(path.child('storageClassName'), `may not be specified ${context}`));
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') errors.push(forbidden(path.child('volumeMode'), `may not specify volumeMode other than Filesystem ${context}`));
  return errors;
}

/** Errors of where the volume is. */
function sourceErrors(spec: PersistentVolumeSpec, name: string, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  let sources = 0;
  for (const [field, again, own, check] of CHECKS) {
    if (spec[field] === undefined) continue;
    sources++;
    // Flex volumes are not refused for a second source.
    if (sources > 1 && field !== 'flexVolume') errors.push(forbidden(path.child(again), 'may not specify more than 1 volume type'));
    else errors.push(...check(spec, path.child(own), name));
  }
  if (sources === 0) errors.push(required(path, 'must specify a volume type'));
  if (spec.hostPath && /^\/+(\.\/*)*$/.test(spec.hostPath.path ?? '') && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(forbidden(path.child('persistentVolumeReclaimPolicy'), "may not be 'recycle' for a hostPath mount of '/'"));
  }
  return errors;
}

function accessModeErrors(spec: PersistentVolumeSpec, at: Path): FieldError[] {
  const path = at.child('accessModes');
  const modes: readonly string[] = spec.accessModes ?? [];
  const errors = modes.length === 0 ? [required(path)] : modes.flatMap((mode) => (ACCESS_MODES.includes(mode) ? [] : [notSupported(path, mode, ACCESS_MODES)]));
  const single = modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  return single ? [...errors, forbidden(path, 'may not use ReadWriteOncePod with other access modes')] : errors;
}

function capacityErrors({ capacity }: PersistentVolumeSpec): FieldError[] {
  const path = SPEC.child('capacity');
  const entries = sortedEntries(capacity);
  const errors: FieldError[] = [];
  if (entries.length === 0) errors.push(required(path));
  if (capacity?.['storage'] === undefined || entries.length > 1) errors.push(notSupported(path, goMap(capacity), ['storage']));
  for (const [name, quantity] of entries) {
    if (isNegative(quantity)) errors.push(invalid(path.key(name), Number(Quantity.parse(quantity).value()), 'must be a valid resource quantity'));
    if (compareQuantities(quantity, '0') <= 0) errors.push(invalid(path.key(name), canonicalQuantity(quantity), NOT_POSITIVE_TEXT));
  }
  return errors;
}

function attributesClassErrors({ volumeAttributesClassName: name, csi: source }: PersistentVolumeSpec): FieldError[] {
  if (name === undefined) return [];
  const path = SPEC.child('volumeAttributesClassName');
  return [
    ...(name === '' ? [required(path, 'an empty string is disallowed')] : nameIsDnsSubdomain(name, false).map((text) => invalid(path, name, text))),
    ...(source ? [] : [required(SPEC.child('csi'), 'has to be specified when using volumeAttributesClassName')]),
  ];
}

/** Sources that take mount options by annotation (pkg/volume/validation). */
const MOUNTABLE: readonly VolumeSourceField[] = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
];

export function mountOptionErrors({ metadata, spec }: PersistentVolume): FieldError[] {
  if (MOUNTABLE.some((source) => spec[source] !== undefined) || !Object.hasOwn(metadata.annotations ?? {}, MOUNT_OPTIONS)) return [];
  return [forbidden(Path.of('metadata', 'annotations', MOUNT_OPTIONS), 'may not specify mount options for this volume type')];
}

function glusterfs(spec: PersistentVolumeSpec, path: Path, name: string): FieldError[] {
  const namespace = spec.glusterfs?.endpointsNamespace;
  const errors = present('glusterfs', 'endpoints', 'path')(spec, path, name);
  const at = path.child('endpointsNamespace');
  if (namespace === '') errors.push(invalid(at, '', 'if the endpointnamespace is set, it must be a valid namespace name'));
  else if (namespace !== undefined) errors.push(...nameIsDnsLabel(namespace, false).map((text) => invalid(at, namespace, text)));
  return errors;
}

const ISCSI_NAME: ReadonlyArray<readonly [string, RegExp]> = [
  ['iqn', /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/],
  ['eui', /^eui.[A-Za-z0-9]{16}$/],
  ['naa', /^naa.[A-Za-z0-9]{32}$/],
];
const isIscsiName = (name: string): boolean => ISCSI_NAME.some(([prefix, pattern]) => name.startsWith(prefix) && pattern.test(name));

function iscsi(source: ISCSIPersistentVolumeSource, path: Path, volume: string): FieldError[] {
  const { targetPortal, iqn, lun, initiatorName, secretRef } = source;
  const errors = validateRequired(targetPortal, path.child('targetPortal'));
  if (initiatorName !== undefined && Buffer.byteLength(`${volume}:${targetPortal}`) > 64) {
    errors.push(invalid(path.child('targetportal'), targetPortal, 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'));
  }
  if (iqn === '') errors.push(required(path.child('iqn')));
  else if (!isIscsiName(iqn)) errors.push(invalid(path.child('iqn'), iqn, 'must be valid format'));
  if (lun < 0 || lun > 255) errors.push(invalid(path.child('lun'), lun, 'must be between 0 and 255, inclusive'));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !secretRef) errors.push(required(path.child('secretRef')));
  if (secretRef) errors.push(...validateRequired(secretRef.name, path.child('secretRef', 'name')));
  if (initiatorName !== undefined && !isIscsiName(initiatorName)) errors.push(invalid(path.child('initiatorname'), initiatorName, 'must be valid format'));
  return errors;
}

function local(spec: PersistentVolumeSpec, path: Path): FieldError[] {
  const where = spec.local?.path ?? '';
  const errors = where === '' ? [required(path.child('path'))] : validateNoBacksteps(where, path.child('path'));
  return spec.nodeAffinity ? errors : [...errors, required(SPEC.child('nodeAffinity'), 'Local volume requires node affinity')];
}

function storageos(spec: PersistentVolumeSpec, path: Path): FieldError[] {
  const { volumeName, volumeNamespace, secretRef } = spec.storageos ?? {};
  return [
    ...(volumeName ? validateDnsLabel(volumeName, path.child('volumeName')) : [required(path.child('volumeName'))]),
    ...(volumeNamespace ? validateDnsLabel(volumeNamespace, path.child('volumeNamespace')) : []),
    ...secretErrors(secretRef, path),
  ];
}

function csi(spec: PersistentVolumeSpec, path: Path): FieldError[] {
  const source = spec.csi;
  const errors = [...validateCsiDriverName(source?.driver, path.child('driver')), ...validateRequired(source?.volumeHandle, path.child('volumeHandle'))];
  for (const field of ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const) {
    const reference = source?.[field];
    if (!reference) continue;
    const at = path.child(field);
    const { name, namespace } = reference;
    errors.push(...(name ? isDns1123Subdomain(name).map((text) => invalid(at.child('name'), name, text)) : [required(at.child('name'))]));
    errors.push(...(namespace ? isDns1123Label(namespace).map((text) => invalid(at.child('namespace'), namespace, text)) : [required(at.child('namespace'))]));
  }
  return errors;
}
