import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { isQualifiedName } from '../../api/names.js';
import { Quantity } from '../../api/quantity.js';
import { isNativeResource } from '../../api/resource-names.js';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../api/types/core-v1.js';
import { deepClone } from '../../base/freeze.js';
import type { Strategy } from '../../registry/kind.js';
import { accessModesCell, BETA_STORAGE_CLASS } from '../common/access-modes.js';
import { immutableField, semanticEqual } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { validateClaimSpec } from '../shared/claim-spec-validation.js';
import { goJson, goValue } from '../shared/go-value.js';
import { validateLabelSelector } from '../shared/label-validation.js';
import { compareQuantities, isNegative, isWholeNumber, roundUpToMilli, sortedEntries } from '../shared/resource-list.js';
import { validateResourceQuantity } from '../shared/resource-requirements-validation.js';
import { unifiedDiff } from '../shared/unified-diff.js';

const SPEC = Path.of('spec');
const RESIZE_STATUSES = ['ControllerResizeInProgress', 'ControllerResizeInfeasible', 'NodeResizeInProgress', 'NodeResizeInfeasible', 'NodeResizePending'];
const SNAPSHOT_GROUP = 'snapshot.storage.k8s.io';

function defaults(claim: PersistentVolumeClaim): void {
  claim.spec ??= {};
  claim.status = { ...claim.status, phase: claim.status?.phase || 'Pending' };
  claim.spec.volumeMode ??= 'Filesystem';
  roundUpToMilli(claim.spec.resources?.limits);
  roundUpToMilli(claim.spec.resources?.requests);
  roundUpToMilli(claim.status.capacity);
  roundUpToMilli(claim.status.allocatedResources);
}

/** dataSource and dataSourceRef follow each other (KEP-1495); namespaces in dataSourceRef are off in v1.36. */
function linkDataSources(spec: PersistentVolumeClaimSpec, old?: PersistentVolumeClaimSpec): void {
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef && !old?.dataSource && !old?.dataSourceRef) {
    // null where it is the core group: a pointer without omitempty.
    const { kind, apiGroup } = dataSource;
    const known = (kind === 'PersistentVolumeClaim' && !apiGroup) || (kind === 'VolumeSnapshot' && apiGroup === SNAPSHOT_GROUP);
    // Old servers ignored what they did not know, and still do where only the old field is used.
    if (!known) delete spec.dataSource;
  }
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { namespace: _namespace, ...source } = spec.dataSourceRef;
    spec.dataSource = source;
  }
}

function specErrors(claim: PersistentVolumeClaim, old?: PersistentVolumeClaim): FieldError[] {
  const groups = [old?.spec.dataSource?.apiGroup, old?.spec.dataSourceRef?.apiGroup];
  return validateClaimSpec(claim.spec, SPEC, {
    allowInvalidSelectorValues: validateLabelSelector(old?.spec.selector, SPEC).length > 0,
    // Kubernetes asks whether the old claim named a group at all, not whether it was a wrong one.
    allowInvalidApiGroup: groups.some((group) => group !== undefined),
  });
}

function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = specErrors(claim, old);
  const next = deepClone(claim.spec);
  const before = deepClone(old.spec);
  if (!before.volumeName) before.volumeName = next.volumeName;

  const [annotation, oldAnnotation] = [claim.metadata.annotations?.[BETA_STORAGE_CLASS], old.metadata.annotations?.[BETA_STORAGE_CLASS]];
  const movesFromAnnotation = oldAnnotation !== undefined && before.storageClassName === undefined && next.storageClassName === oldAnnotation && (annotation === undefined || annotation === oldAnnotation);
  if (movesFromAnnotation) delete next.storageClassName;
  else {
    const path = Path.of('metadata', 'annotations', BETA_STORAGE_CLASS);
    errors.push(...immutableField(annotation ?? '', oldAnnotation ?? '', path));
    const setLater = next.storageClassName !== undefined && before.storageClassName === undefined && (oldAnnotation === undefined || next.storageClassName === oldAnnotation);
    if (setLater) delete next.storageClassName;
  }
  const bound = claim.status?.phase === 'Bound';
  const oldSize = old.spec.resources?.requests?.['storage'] ?? '0';
  const newSize = claim.spec.resources?.requests?.['storage'] ?? '0';
  if (bound) {
    if (next.resources?.requests) next.resources.requests['storage'] = oldSize;
    if (before.volumeAttributesClassName === undefined) delete next.volumeAttributesClassName;
    else next.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  if (!semanticEqual(next, before)) {
    const [from, to] = [before, next].map((spec) => goJson(goValue('PersistentVolumeClaimSpec', spec)));
    errors.push(forbidden(SPEC, `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${unifiedDiff(from ?? '', to ?? '')}`));
  }
  if (compareQuantities(newSize, oldSize) < 0 && compareQuantities(newSize, old.status?.capacity?.['storage'] ?? '0') <= 0) {
    errors.push(forbidden(SPEC.child('resources', 'requests', 'storage'), 'field can not be less than status.capacity'));
  }
  errors.push(...immutableField(claim.spec.volumeMode, old.spec.volumeMode, Path.of('volumeMode')));
  return [...errors, ...attributesClassErrors(claim, old)];
}

function attributesClassErrors(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [name, before] = [claim.spec.volumeAttributesClassName, old.spec.volumeAttributesClassName];
  if (name === before || old.status?.currentVolumeAttributesClassName === undefined || name) return [];
  const what = name === undefined ? 'nil' : 'empty string';
  return [forbidden(SPEC.child('volumeAttributesClassName'), `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`)];
}

function resourceKeyErrors(name: string, path: Path): FieldError[] {
  const malformed = isQualifiedName(name).map((text) => invalid(path, name, text));
  if (malformed.length > 0) return malformed;
  return isNativeResource(name) && name !== 'storage' ? [notSupported(path, name, ['storage'])] : [];
}

function validateStatus(claim: PersistentVolumeClaim): FieldError[] {
  const { status = {} } = claim;
  const errors: FieldError[] = [];
  const basic = (quantity: string | number, path: Path): FieldError[] => (isNegative(quantity) ? [invalid(path, Number(Quantity.parse(quantity).value()), 'must be a valid resource quantity')] : []);
  if ((claim.spec.accessModes ?? []).length === 0) errors.push(required(Path.of('Spec', 'accessModes')));
  for (const [name, quantity] of sortedEntries(status.capacity)) errors.push(...basic(quantity, Path.of('status', 'capacity').key(name)));
  const statusesPath = Path.of('status', 'allocatedResourceStatuses');
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    errors.push(...resourceKeyErrors(name, statusesPath));
    if (!RESIZE_STATUSES.includes(state)) errors.push(notSupported(statusesPath, name, RESIZE_STATUSES));
  }
  const allocatedPath = Path.of('status', 'allocatedResources');
  for (const [name, quantity] of sortedEntries(status.allocatedResources)) {
    const keyErrors = resourceKeyErrors(name, allocatedPath);
    const at = allocatedPath.key(name);
    if (keyErrors.length > 0) errors.push(...keyErrors);
    else errors.push(...(isNegative(quantity) ? basic(quantity, at) : validateResourceQuantity('storage', quantity, at)));
  }
  return errors;
}

function warnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const list: string[] = [];
  if (Object.hasOwn(metadata.annotations ?? {}, BETA_STORAGE_CLASS)) {
    list.push(`metadata.annotations[${BETA_STORAGE_CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`);
  }
  for (const which of ['requests', 'limits'] as const) {
    const amount = spec.resources?.[which]?.['storage'];
    if (amount !== undefined && !isWholeNumber(amount)) {
      list.push(`spec.resources.${which}[storage]: fractional byte value ${JSON.stringify(Quantity.parse(amount).toString())} is invalid, must be an integer`);
    }
  }
  return list;
}

const strategy: Strategy<PersistentVolumeClaim> = {
  generation: 'none',
  returnsDeleted: true,
  defaults,
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
    linkDataSources(claim.spec);
  },
  prepareForUpdate: (claim, old) => linkDataSources(claim.spec, old.spec),
  validate: (claim) => specErrors(claim),
  validateUpdate,
  warnings,
  resetFields: [['status']],
};

/** Claims: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims */
export const persistentVolumeClaimKind = defineKind<PersistentVolumeClaim>(
  { group: '', version: 'v1', kind: 'PersistentVolumeClaim' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: validateStatus }) as Strategy } },
    cells({ metadata, spec, status }, nowMs) {
      const bound = Boolean(spec.volumeName);
      const capacity = status?.capacity?.['storage'];
      return [
        metadata.name,
        metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
        spec.volumeName ?? '',
        bound ? (capacity === undefined ? '0' : Quantity.parse(capacity).toString()) : '',
        bound ? accessModesCell(status?.accessModes) : '',
        metadata.annotations?.[BETA_STORAGE_CLASS] ?? spec.storageClassName ?? '',
        spec.volumeAttributesClassName ?? '<unset>',
        age(metadata.creationTimestamp, nowMs),
        spec.volumeMode ?? '<unset>',
      ];
    },
  },
);
