import { forbidden, invalid, notSupported, required, tooLong, type FieldError, type Path } from '../../api/field.js';
import { isDns1123Subdomain, isInRange, nameIsDnsSubdomain } from '../../api/names.js';
import type { AzureDiskVolumeSource, ISCSIVolumeSource, KeyToPath, QuobyteVolumeSource, Volume } from '../../api/types/core-v1.js';
import { validateClaimTemplate } from './claim-template-validation.js';
import { validateKeyToPath } from './key-to-path-validation.js';
import { validateDownwardApiFile, validateProjected } from './projected-volume-validation.js';
import { isNegative } from './resource-list.js';
import { validateDnsLabel, validateFileMode, validateLocalPath, validateNoBacksteps, validateOneOf, validateRequired, validateRequiredOneOf } from './simple-checks.js';
import type { PodValidationOptions } from './validation-options.js';
import type { VolumeSourceName } from './volume-sources.js';

/** Errors of one source of a volume; the volume has that source. */
type SourceCheck = (volume: Volume, path: Path, options: PodValidationOptions) => FieldError[];

/** Wraps a check of the source itself. */
function of<S extends VolumeSourceName>(name: S, check: (source: NonNullable<Volume[S]>, path: Path, options: PodValidationOptions) => FieldError[]): SourceCheck {
  return (volume, path, options) => check(volume[name] as NonNullable<Volume[S]>, path, options);
}

/** The names of fields that must not be empty. */
const requireAll =
  (...names: string[]) =>
  (source: object, path: Path): FieldError[] =>
    names.filter((name) => isEmpty((source as Readonly<Record<string, unknown>>)[name])).map((name) => required(path.child(name)));

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** The checks of pkg/apis/core/validation, by source. */
export const SOURCE_CHECKS: Readonly<Record<VolumeSourceName, SourceCheck>> = {
  emptyDir: of('emptyDir', ({ sizeLimit }, path) => (sizeLimit !== undefined && isNegative(sizeLimit) ? [forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')] : [])),
  hostPath: of('hostPath', (source, path) => {
    if (!source.path) return [required(path.child('path'))];
    return [...validateNoBacksteps(source.path, path.child('path')), ...validateOneOf(source.type, HOST_PATH_TYPES, path.child('type'))];
  }),
  gitRepo: of('gitRepo', (source, path) => [...validateRequired(source.repository, path.child('repository')), ...validateLocalPath(source.directory ?? '', path.child('directory'))]),
  gcePersistentDisk: of('gcePersistentDisk', (source, path) => [...validateRequired(source.pdName, path.child('pdName')), ...validatePartition(source.partition, path)]),
  awsElasticBlockStore: of('awsElasticBlockStore', (source, path) => [...validateRequired(source.volumeID, path.child('volumeID')), ...validatePartition(source.partition, path)]),
  secret: of('secret', (source, path) => [
    ...validateRequired(source.secretName, path.child('secretName')),
    ...validateFileMode(source.defaultMode, path.child('defaultMode')),
    ...validateItems(source.items, path.child('items')),
  ]),
  configMap: of('configMap', (source, path) => [
    ...validateRequired(source.name, path.child('name')),
    ...validateFileMode(source.defaultMode, path.child('defaultMode')),
    ...validateItems(source.items, path.child('items')),
  ]),
  nfs: of('nfs', (source, path) => [
    ...requireAll('server', 'path')(source, path),
    ...((source.path ?? '').startsWith('/') ? [] : [invalid(path.child('path'), source.path ?? '', 'must be an absolute path')]),
  ]),
  iscsi: of('iscsi', validateIscsi),
  glusterfs: of('glusterfs', requireAll('endpoints', 'path')),
  flocker: of('flocker', (source, path) => {
    const errors: FieldError[] = [];
    if (!source.datasetName && !source.datasetUUID) errors.push(required(path, 'one of datasetName and datasetUUID is required'));
    if (source.datasetName && source.datasetUUID) errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
    if (source.datasetName?.includes('/')) errors.push(invalid(path.child('datasetName'), source.datasetName, "must not contain '/'"));
    return errors;
  }),
  persistentVolumeClaim: of('persistentVolumeClaim', requireAll('claimName')),
  rbd: of('rbd', requireAll('monitors', 'image')),
  cinder: of('cinder', (source, path) => [...validateRequired(source.volumeID, path.child('volumeID')), ...validateSecretRef(source.secretRef, path)]),
  cephfs: of('cephfs', requireAll('monitors')),
  quobyte: of('quobyte', validateQuobyte),
  downwardAPI: of('downwardAPI', (source, path) => [
    ...validateFileMode(source.defaultMode, path.child('defaultMode')),
    // The real server names the volume, not the item, in these errors.
    ...(source.items ?? []).flatMap((item) => validateDownwardApiFile(item, path)),
  ]),
  fc: of('fc', (source, path) => {
    const wwns = source.targetWWNs ?? [];
    const wwids = source.wwids ?? [];
    const errors: FieldError[] = [];
    if (wwns.length === 0 && wwids.length === 0) errors.push(required(path.child('targetWWNs'), 'must specify either targetWWNs or wwids, but not both'));
    if (wwns.length > 0 && wwids.length > 0) errors.push(invalid(path.child('targetWWNs'), wwns, 'targetWWNs and wwids can not be specified simultaneously'));
    if (wwns.length > 0) {
      if (source.lun === undefined) errors.push(required(path.child('lun'), 'lun is required if targetWWNs is specified'));
      else errors.push(...isInRange(source.lun, 0, 255).map((text) => invalid(path.child('lun'), source.lun, text)));
    }
    return errors;
  }),
  flexVolume: of('flexVolume', (source, path) => [
    ...validateRequired(source.driver, path.child('driver')),
    ...Object.keys(source.options ?? {})
      .sort()
      .filter((key) => /\.(kubernetes|k8s)\.io$/.test(`.${(key.includes('/') ? (key.split('/')[0] as string) : key).toLowerCase()}`))
      .map((key) => invalid(path.child('options').key(key), key, 'kubernetes.io and k8s.io namespaces are reserved')),
  ]),
  azureFile: of('azureFile', requireAll('secretName', 'shareName')),
  vsphereVolume: of('vsphereVolume', requireAll('volumePath')),
  photonPersistentDisk: of('photonPersistentDisk', requireAll('pdID')),
  portworxVolume: of('portworxVolume', requireAll('volumeID')),
  azureDisk: of('azureDisk', validateAzureDisk),
  storageos: of('storageos', (source, path) => [
    ...(source.volumeName ? validateDnsLabel(source.volumeName, path.child('volumeName')) : [required(path.child('volumeName'))]),
    ...(source.volumeNamespace ? validateDnsLabel(source.volumeNamespace, path.child('volumeNamespace')) : []),
    ...validateSecretRef(source.secretRef, path),
  ]),
  projected: of('projected', validateProjected),
  scaleIO: of('scaleIO', requireAll('gateway', 'system', 'volumeName')),
  csi: of('csi', (source, path) => {
    const secret = source.nodePublishSecretRef;
    const errors = validateCsiDriverName(source.driver, path.child('driver'));
    if (secret && !secret.name) errors.push(required(path.child('nodePublishSecretRef', 'name')));
    else if (secret?.name) errors.push(...nameIsDnsSubdomain(secret.name, false).map((text) => invalid(path.child('name'), secret.name, text)));
    return errors;
  }),
  ephemeral: of('ephemeral', ({ volumeClaimTemplate }, path) =>
    volumeClaimTemplate ? validateClaimTemplate(volumeClaimTemplate, path.child('volumeClaimTemplate')) : [required(path.child('volumeClaimTemplate'))],
  ),
  image: of('image', (source, path, options) => [
    ...(options.isPod ? validateRequired(source.reference, path.child('reference')) : []),
    ...validateRequiredOneOf(source.pullPolicy, ['Always', 'IfNotPresent', 'Never'], path.child('pullPolicy')),
  ]),
};

const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

function validatePartition(partition: number | undefined, path: Path): FieldError[] {
  return partition !== undefined && (partition < 0 || partition > 255) ? [invalid(path.child('partition'), partition, 'must be between 1 and 255, inclusive')] : [];
}

function validateSecretRef(secretRef: { name?: string | undefined } | undefined, path: Path): FieldError[] {
  return secretRef && !secretRef.name ? [required(path.child('secretRef', 'name'))] : [];
}

function validateItems(items: readonly KeyToPath[] | undefined, path: Path): FieldError[] {
  return (items ?? []).flatMap((item, i) => validateKeyToPath(item, path.index(i)));
}

const QUALIFIED_NAMES: ReadonlyArray<readonly [string, RegExp]> = [
  ['iqn', /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/],
  ['eui', /^eui.[A-Za-z0-9]{16}$/],
  ['naa', /^naa.[A-Za-z0-9]{32}$/],
];

/** Errors of an iSCSI qualified name. */
function validateQualifiedIscsiName(name: string, path: Path): FieldError[] {
  const form = QUALIFIED_NAMES.find(([prefix]) => name.startsWith(prefix));
  if (!form) return [invalid(path, name, 'must be valid format starting with iqn, eui, or naa')];
  return form[1].test(name) ? [] : [invalid(path, name, 'must be valid format')];
}

function validateIscsi(source: ISCSIVolumeSource, path: Path): FieldError[] {
  const errors = validateRequired(source.targetPortal, path.child('targetPortal'));
  errors.push(...(source.iqn ? validateQualifiedIscsiName(source.iqn, path.child('iqn')) : [required(path.child('iqn'))]));
  errors.push(...isInRange(source.lun ?? 0, 0, 255).map((text) => invalid(path.child('lun'), source.lun, text)));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) errors.push(required(path.child('secretRef')));
  if (source.initiatorName !== undefined) errors.push(...validateQualifiedIscsiName(source.initiatorName, path.child('initiatorname')));
  return errors;
}

function validateQuobyte(source: QuobyteVolumeSource, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const hint = 'must be a host:port pair or multiple pairs separated by commas';
  if (!source.registry) {
    errors.push(required(path.child('registry'), hint));
  } else if ((source.tenant ?? '').length >= 65) {
    errors.push(required(path.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters'));
  } else {
    for (const pair of source.registry.split(',')) {
      if (!/^(?:[^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair)) errors.push(invalid(path.child('registry'), source.registry, hint));
    }
  }
  return [...errors, ...validateRequired(source.volume, path.child('volume'))];
}

function validateAzureDisk(source: AzureDiskVolumeSource, path: Path): FieldError[] {
  const { kind } = source;
  const uri = source.diskURI ?? '';
  const errors = requireAll('diskName', 'diskURI')(source, path);
  if (source.cachingMode !== undefined) errors.push(...validateOneOf(source.cachingMode, ['None', 'ReadOnly', 'ReadWrite'], path.child('cachingMode')));
  if (kind !== undefined) {
    errors.push(...validateOneOf(kind, ['Dedicated', 'Managed', 'Shared'], path.child('kind')));
    if (kind === 'Managed' && !uri.startsWith('/subscriptions/')) {
      errors.push(notSupported(path.child('diskURI'), uri, ['/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}']));
    }
    if (kind !== 'Managed' && !uri.startsWith('https://')) {
      errors.push(notSupported(path.child('diskURI'), uri, ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd']));
    }
  }
  return errors;
}

/** Also of CSIDriver objects and PersistentVolumes. */
export function validateCsiDriverName(name: string | undefined, path: Path): FieldError[] {
  if (!name) return [required(path)];
  return [...(Buffer.byteLength(name) > 63 ? [tooLong(path, 63)] : []), ...isDns1123Subdomain(name.toLowerCase()).map((text) => invalid(path, name, text))];
}
