import type { Volume } from '../../api/types/core-v1.js';
import { fieldRefDefaults } from './container-defaults.js';
import { defaultPullPolicy } from './image-name.js';
import { roundUpToMilli } from './resource-list.js';
import { volumeSources } from './volume-sources.js';

/** Mode of files in secret, configMap, downwardAPI and projected volumes: 0644. */
const FILE_MODE = 0o644;
const TOKEN_SECONDS = 3600;

/** Fills in what a volume leaves out (pkg/apis/core/v1/defaults.go). Idempotent. */
export function volumeDefaults(volume: Volume): void {
  if (volumeSources(volume).length === 0) volume.emptyDir = {};
  const { hostPath, secret, iscsi, rbd, downwardAPI, configMap, azureDisk, projected, scaleIO, ephemeral, image } = volume;
  if (image) image.pullPolicy ||= defaultPullPolicy(image.reference);
  if (hostPath) hostPath.type ??= '';
  if (secret) secret.defaultMode ??= FILE_MODE;
  if (configMap) configMap.defaultMode ??= FILE_MODE;
  if (iscsi) iscsi.iscsiInterface ||= 'default';
  if (rbd) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (downwardAPI) {
    downwardAPI.defaultMode ??= FILE_MODE;
    for (const item of downwardAPI.items ?? []) fieldRefDefaults(item.fieldRef);
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
    azureDisk.kind ??= 'Shared';
  }
  if (projected) {
    projected.defaultMode ??= FILE_MODE;
    for (const source of projected.sources ?? []) {
      for (const item of source.downwardAPI?.items ?? []) fieldRefDefaults(item.fieldRef);
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= TOKEN_SECONDS;
    }
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
  const claim = ephemeral?.volumeClaimTemplate;
  if (claim?.spec) {
    claim.spec.volumeMode ??= 'Filesystem';
    roundUpToMilli(claim.spec.resources?.limits);
    roundUpToMilli(claim.spec.resources?.requests);
  }
}
