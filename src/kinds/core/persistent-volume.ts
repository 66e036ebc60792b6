import { forbidden, invalid, Path, type FieldError } from '../../api/field.js';
import { Quantity } from '../../api/quantity.js';
import { formatTime, timeMs } from '../../api/time.js';
import type { PersistentVolume } from '../../api/types/core-v1.js';
import { deepClone } from '../../base/freeze.js';
import type { Strategy } from '../../registry/kind.js';
import { accessModesCell, BETA_STORAGE_CLASS } from '../common/access-modes.js';
import { immutableField, semanticEqual } from '../common/equality.js';
import { nodeSelectorTermWarnings } from '../common/node-selector-warnings.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { goJson, goValue } from '../shared/go-value.js';
import { roundUpToMilli } from '../shared/resource-list.js';
import { unifiedDiff } from '../shared/unified-diff.js';
import { goVolumeSource, persistentVolumeSource } from './persistent-volume-source.js';
import { mountOptionErrors, validateVolumeSpec } from './persistent-volume-validation.js';

const DEPRECATED_ANNOTATIONS: ReadonlyArray<readonly [string, string]> = [
  [BETA_STORAGE_CLASS, 'deprecated since v1.8; use "storageClassName" attribute instead'],
  ['volume.beta.kubernetes.io/mount-options', 'deprecated since v1.31; use "mountOptions" attribute instead'],
];
const DEPRECATED_SOURCES = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

function defaults(volume: PersistentVolume): void {
  volume.spec ??= {};
  const { spec } = volume;
  volume.status = { ...volume.status, phase: volume.status?.phase || 'Pending' };
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  roundUpToMilli(spec.capacity);
  const { hostPath, rbd, iscsi, azureDisk, scaleIO } = spec;
  if (hostPath) hostPath.type ??= '';
  if (rbd) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (iscsi) iscsi.iscsiInterface ||= 'default';
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
    azureDisk.kind ??= 'Shared';
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
}

function validateUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const found = validateVolumeSpec(volume);
  // Kubernetes checks the volume as a whole once for itself and once more as part of the update.
  const errors = [...found, ...mountOptionErrors(volume), ...found];
  const next = deepClone(persistentVolumeSource(volume.spec));
  const before = persistentVolumeSource(old.spec);
  if (before.csi && !before.csi.controllerExpandSecretRef) delete next.csi?.controllerExpandSecretRef;
  if (!semanticEqual(next, before)) {
    const diff = unifiedDiff(goJson(goVolumeSource(before)), goJson(goVolumeSource(next)));
    errors.push(forbidden(Path.of('spec', 'persistentvolumesource'), `spec.persistentvolumesource is immutable after creation\n${diff}`));
  }
  errors.push(...immutableField(volume.spec.volumeMode, old.spec.volumeMode, Path.of('volumeMode')));
  errors.push(...affinityChangeErrors(volume, old));
  if (old.spec.volumeAttributesClassName !== undefined && volume.spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden(Path.of('spec', 'volumeAttributesClassName'), 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}

/** Beta names of node labels, which may be replaced by the stable ones. */
const STABLE_LABELS = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/os', 'kubernetes.io/os'],
  ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
]);

function affinityChangeErrors(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  if (!old.spec.nodeAffinity) return [];
  const next = deepClone(volume.spec.nodeAffinity);
  const before = deepClone(old.spec.nodeAffinity);
  before.required?.nodeSelectorTerms.forEach((term, i) =>
    (term.matchExpressions ?? []).forEach((expression, j) => {
      const key = next?.required?.nodeSelectorTerms[i]?.matchExpressions?.[j]?.key;
      if (key !== undefined && STABLE_LABELS.get(expression.key) === key) expression.key = key;
    }),
  );
  if (semanticEqual(next, before)) return [];
  const shown = next ? { Required: next.required ? goValue('NodeSelector', next.required) : null } : null;
  return [invalid(Path.of('nodeAffinity'), shown, 'field is immutable, except for updating from beta label to GA')];
}

function warnings({ metadata, spec }: PersistentVolume): string[] {
  const list = DEPRECATED_ANNOTATIONS.filter(([key]) => Object.hasOwn(metadata.annotations ?? {}, key)).map(([key, why]) => `metadata.annotations[${key}]: ${why}`);
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    list.push('spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.');
  }
  (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).forEach((term, i) => list.push(...nodeSelectorTermWarnings(term, Path.of('spec', 'nodeAffinity', 'required', 'nodeSelectorTerms').index(i))));
  return [...list, ...DEPRECATED_SOURCES.filter(([source]) => spec[source] !== undefined).map(([, name, why]) => `spec.${name}: ${why}`)];
}

const strategy: Strategy<PersistentVolume> = {
  generation: 'none',
  returnsDeleted: true,
  defaults,
  prepareForCreate(volume, { clock }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(clock.now()) };
  },
  validate: (volume) => [...validateVolumeSpec(volume), ...mountOptionErrors(volume)],
  validateUpdate,
  warnings,
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(volume, old, { clock }) {
    volume.spec = old.spec;
    volume.status ??= {};
    const { status } = volume;
    const before = old.status?.lastPhaseTransitionTime;
    const changed = (status.phase ?? '') !== (old.status?.phase ?? '');
    if (!changed && status.lastPhaseTransitionTime === undefined && before !== undefined) status.lastPhaseTransitionTime = before;
    if (changed && (status.lastPhaseTransitionTime === undefined || timeMs(status.lastPhaseTransitionTime) === timeMs(before))) status.lastPhaseTransitionTime = formatTime(clock.now());
  },
  validateUpdate: () => [],
});

/** Volumes of the cluster: https://kubernetes.io/docs/concepts/storage/persistent-volumes/ */
export const persistentVolumeKind = defineKind<PersistentVolume>(
  { group: '', version: 'v1', kind: 'PersistentVolume' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
    cells({ metadata, spec, status }, nowMs) {
      const { claimRef } = spec;
      const capacity = spec.capacity?.['storage'];
      return [
        metadata.name,
        capacity === undefined ? '0' : Quantity.parse(capacity).toString(),
        accessModesCell(spec.accessModes),
        spec.persistentVolumeReclaimPolicy ?? '',
        metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
        claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '',
        metadata.annotations?.[BETA_STORAGE_CLASS] ?? spec.storageClassName ?? '',
        spec.volumeAttributesClassName ?? '<unset>',
        status?.reason ?? '',
        age(metadata.creationTimestamp, nowMs),
        spec.volumeMode ?? '<unset>',
      ];
    },
  },
);
