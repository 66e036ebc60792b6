import type { Volume } from '../../api/types/core-v1.js';

export type VolumeSourceName = Exclude<keyof Volume, 'name'>;

/** The sources a volume may have, in the order in which validation meets them. */
export const VOLUME_SOURCES: readonly VolumeSourceName[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

/** The sources that a volume names: one, unless it is not valid. */
export const volumeSources = (volume: Volume): VolumeSourceName[] => VOLUME_SOURCES.filter((name) => volume[name] !== undefined && volume[name] !== null);
