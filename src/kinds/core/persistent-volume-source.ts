import type { ObjectReference, PersistentVolumeSpec } from '../../api/types/core-v1.js';
import { goReference } from '../common/go-map.js';
import { goValue } from '../shared/go-value.js';

/** The sources of a PersistentVolume in Go's order, with the name of their internal struct. */
const SOURCES = [
  ['gcePersistentDisk', 'GCEPersistentDisk'],
  ['awsElasticBlockStore', 'AWSElasticBlockStore'],
  ['hostPath', 'HostPath'],
  ['glusterfs', 'Glusterfs'],
  ['nfs', 'NFS'],
  ['rbd', 'RBD'],
  ['quobyte', 'Quobyte'],
  ['iscsi', 'ISCSI'],
  ['flexVolume', 'FlexVolume'],
  ['cinder', 'Cinder'],
  ['cephfs', 'CephFS'],
  ['fc', 'FC'],
  ['flocker', 'Flocker'],
  ['azureFile', 'AzureFile'],
  ['vsphereVolume', 'VsphereVolume'],
  ['azureDisk', 'AzureDisk'],
  ['photonPersistentDisk', 'PhotonPersistentDisk'],
  ['portworxVolume', 'PortworxVolume'],
  ['scaleIO', 'ScaleIO'],
  ['local', 'Local'],
  ['storageos', 'StorageOS'],
  ['csi', 'CSI'],
] as const;

export type VolumeSourceField = (typeof SOURCES)[number][0];
export type PersistentVolumeSource = Pick<PersistentVolumeSpec, VolumeSourceField>;

/** The part of a spec that says where the volume is. */
export function persistentVolumeSource(spec: PersistentVolumeSpec): PersistentVolumeSource {
  return Object.fromEntries(SOURCES.flatMap(([field]) => (spec[field] === undefined ? [] : [[field, spec[field]]]))) as PersistentVolumeSource;
}

/** Go structs that differ between pods and PersistentVolumes carry 'Persistent' in their name. */
const STRUCTS: Partial<Record<VolumeSourceField, string>> = {
  gcePersistentDisk: 'GCEPersistentDiskVolumeSource',
  awsElasticBlockStore: 'AWSElasticBlockStoreVolumeSource',
  hostPath: 'HostPathVolumeSource',
  nfs: 'NFSVolumeSource',
  quobyte: 'QuobyteVolumeSource',
  fc: 'FCVolumeSource',
  flocker: 'FlockerVolumeSource',
  vsphereVolume: 'VsphereVirtualDiskVolumeSource',
  azureDisk: 'AzureDiskVolumeSource',
  photonPersistentDisk: 'PhotonPersistentDiskVolumeSource',
  portworxVolume: 'PortworxVolumeSource',
};

const secretReference = (value: unknown): unknown => {
  const reference = value as { name?: string; namespace?: string } | undefined;
  return reference ? { Name: reference.name ?? '', Namespace: reference.namespace ?? '' } : null;
};

const objectReference = (value: unknown): unknown => {
  const reference = value as ObjectReference | undefined;
  return reference ? goReference(reference) : null;
};

/** No list and an empty one are the same to us; mostly it was none. */
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** Structs that only PersistentVolumes use, in Go's form: [Go name, JSON name, value when absent or a conversion]. */
const OWN: Partial<Record<VolumeSourceField, ReadonlyArray<readonly [string, string, unknown]>>> = {
  glusterfs: [['EndpointsName', 'endpoints', ''], ['Path', 'path', ''], ['ReadOnly', 'readOnly', false], ['EndpointsNamespace', 'endpointsNamespace', null]],
  rbd: [['CephMonitors', 'monitors', null], ['RBDImage', 'image', ''], ['FSType', 'fsType', ''], ['RBDPool', 'pool', ''], ['RadosUser', 'user', ''], ['Keyring', 'keyring', ''], ['SecretRef', 'secretRef', secretReference], ['ReadOnly', 'readOnly', false]],
  iscsi: [['TargetPortal', 'targetPortal', ''], ['IQN', 'iqn', ''], ['Lun', 'lun', 0], ['ISCSIInterface', 'iscsiInterface', ''], ['FSType', 'fsType', ''], ['ReadOnly', 'readOnly', false], ['Portals', 'portals', null], ['DiscoveryCHAPAuth', 'chapAuthDiscovery', false], ['SessionCHAPAuth', 'chapAuthSession', false], ['SecretRef', 'secretRef', secretReference], ['InitiatorName', 'initiatorName', null]],
  flexVolume: [['Driver', 'driver', ''], ['FSType', 'fsType', ''], ['SecretRef', 'secretRef', secretReference], ['ReadOnly', 'readOnly', false], ['Options', 'options', null]],
  cinder: [['VolumeID', 'volumeID', ''], ['FSType', 'fsType', ''], ['ReadOnly', 'readOnly', false], ['SecretRef', 'secretRef', secretReference]],
  cephfs: [['Monitors', 'monitors', null], ['Path', 'path', ''], ['User', 'user', ''], ['SecretFile', 'secretFile', ''], ['SecretRef', 'secretRef', secretReference], ['ReadOnly', 'readOnly', false]],
  azureFile: [['SecretName', 'secretName', ''], ['ShareName', 'shareName', ''], ['ReadOnly', 'readOnly', false], ['SecretNamespace', 'secretNamespace', null]],
  scaleIO: [['Gateway', 'gateway', ''], ['System', 'system', ''], ['SecretRef', 'secretRef', secretReference], ['SSLEnabled', 'sslEnabled', false], ['ProtectionDomain', 'protectionDomain', ''], ['StoragePool', 'storagePool', ''], ['StorageMode', 'storageMode', ''], ['VolumeName', 'volumeName', ''], ['FSType', 'fsType', ''], ['ReadOnly', 'readOnly', false]],
  local: [['Path', 'path', ''], ['FSType', 'fsType', null]],
  storageos: [['VolumeName', 'volumeName', ''], ['VolumeNamespace', 'volumeNamespace', ''], ['FSType', 'fsType', ''], ['ReadOnly', 'readOnly', false], ['SecretRef', 'secretRef', objectReference]],
  csi: [['Driver', 'driver', ''], ['VolumeHandle', 'volumeHandle', ''], ['ReadOnly', 'readOnly', false], ['FSType', 'fsType', ''], ['VolumeAttributes', 'volumeAttributes', null], ['ControllerPublishSecretRef', 'controllerPublishSecretRef', secretReference], ['NodeStageSecretRef', 'nodeStageSecretRef', secretReference], ['NodePublishSecretRef', 'nodePublishSecretRef', secretReference], ['ControllerExpandSecretRef', 'controllerExpandSecretRef', secretReference], ['NodeExpandSecretRef', 'nodeExpandSecretRef', secretReference]],
};

/** The internal struct as Go's JSON shows it in messages. */
export function goVolumeSource(source: PersistentVolumeSource): Record<string, unknown> {
  return Object.fromEntries(
    SOURCES.map(([field, name]) => {
      const value = source[field] as Record<string, unknown> | undefined;
      if (value === undefined) return [name, null];
      const struct = STRUCTS[field];
      if (struct) return [name, goValue(struct, value)];
      return [name, Object.fromEntries((OWN[field] ?? []).map(([goName, json, empty]) => [goName, typeof empty === 'function' ? (empty as (v: unknown) => unknown)(value[json]) : isEmptyList(value[json]) ? empty : (value[json] ?? empty)]))];
    }),
  );
}

/** The internal PersistentVolumeSpec as Go's JSON shows it: its source is a part of it. */
export function goVolumeSpec(spec: PersistentVolumeSpec): object {
  const { capacity, accessModes, claimRef, nodeAffinity } = spec;
  return {
    Capacity: capacity ?? null,
    ...goVolumeSource(persistentVolumeSource(spec)),
    AccessModes: accessModes ?? null,
    ClaimRef: goReference(claimRef),
    PersistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy ?? '',
    StorageClassName: spec.storageClassName ?? '',
    MountOptions: spec.mountOptions ?? null,
    VolumeMode: spec.volumeMode ?? null,
    NodeAffinity: nodeAffinity ? { Required: nodeAffinity.required ? goValue('NodeSelector', nodeAffinity.required) : null } : null,
    VolumeAttributesClassName: spec.volumeAttributesClassName ?? null,
  };
}
