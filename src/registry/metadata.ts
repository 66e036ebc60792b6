import { badRequest } from '../api/errors.js';
import { forbidden, invalid, Path, required, tooLong, type FieldError } from '../api/field.js';
import { fieldManagerErrors } from '../api/field-manager.js';
import { isLabelKey, isLabelValue, isQualifiedName, nameIsDnsLabel, nameIsDnsSubdomain, nameIsPathSegment, type NameCheck } from '../api/names.js';
import type { KubeObject, ObjectMeta, OwnerReference } from '../api/object.js';
import { deepEqual } from '../base/freeze.js';
import type { Ids } from '../base/ids.js';
import type { Strategy } from './kind.js';
import type { MetadataLooks } from './metadata-looks.js';

/**
 * Rules of metadata that all kinds share (k8s.io/apimachinery/pkg/api/validation/objectmeta.go and
 * k8s.io/apiserver/pkg/registry/rest/meta.go).
 */

export const ORPHAN = 'orphan';
export const FOREGROUND_DELETION = 'foregroundDeletion';
const STANDARD_FINALIZERS = new Set(['kubernetes', ORPHAN, FOREGROUND_DELETION]);
const ANNOTATIONS_LIMIT_BYTES = 256 * 1024;
/** 63 less the five characters of the suffix. */
const GENERATE_NAME_MAX = 58;
const SUBRESOURCE_LIMIT = 256;
const METADATA = Path.of('metadata');
const FINALIZERS = METADATA.child('finalizers');

/** Fields that only the server sets: what a client sends in them on create is dropped. */
export function wipeSystemFields(metadata: ObjectMeta): void {
  delete metadata.creationTimestamp;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.uid;
  delete metadata.selfLink;
}

export function fillSystemFields(metadata: ObjectMeta, now: string, ids: Ids): void {
  metadata.creationTimestamp = now;
  metadata.uid = ids.uid();
}

/** `web-` → `web-x7k2p`; what is too long is cut, so that the result is a DNS label. */
export function generateName(prefix: string, ids: Ids): string {
  return prefix.slice(0, GENERATE_NAME_MAX) + ids.suffix(5);
}

/** Sets the namespace of the request on the object. Throws 400 when the object names another one. */
export function ensureNamespace(object: KubeObject, namespaced: boolean, requestNamespace: string): void {
  const metadata = object.metadata;
  if (!namespaced) delete metadata.namespace;
  else if (!metadata.namespace) metadata.namespace = requestNamespace;
  else if (metadata.namespace !== requestNamespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** Drops repeated owners (the same uid, name, …), with the warning that Kubernetes sends. */
export function dedupOwnerReferences(object: KubeObject, warn: (text: string) => void, afterAdmission: boolean): void {
  const owners = object.metadata.ownerReferences;
  if (!owners || owners.length < 2) return;
  const unique: OwnerReference[] = [];
  const repeated = new Set<string>();
  for (const owner of owners) {
    if (unique.some((seen) => deepEqual(seen, owner))) repeated.add(owner.uid);
    else unique.push(owner);
  }
  if (repeated.size === 0) return;
  object.metadata.ownerReferences = unique;
  const when = afterAdmission ? ' after mutating admission happens' : '';
  warn(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...repeated].join(', ')}`,
  );
}

/** Errors of metadata on update: what the generic registry finds in the whole and in the change, and again what the kind's own rules find. */
export function validateUpdatedMetadata(object: KubeObject, old: KubeObject, namespaced: boolean, strategy: Strategy, looks: MetadataLooks): FieldError[] {
  const whole = metadataErrors(object, namespaced, nameIsPathSegment);
  const change = changeErrors(object, old, whole.length === 0);
  const errors = [...whole, ...change];
  for (const look of looks.update) {
    errors.push(...(look === 'change' ? change : metadataErrors(object, namespaced, strategy.nameErrors ?? nameIsDnsSubdomain)));
    if (looks.finalizerNames) errors.push(...finalizerNameErrors(object.metadata));
  }
  return errors;
}

/** Errors of metadata by the rules of a kind, which come before its errors of anything else. */
export function validateMetadata(object: KubeObject, namespaced: boolean, strategy: Strategy): FieldError[] {
  if (strategy.metadata === 'own') return [];
  const errors = metadataErrors(object, namespaced, strategy.nameErrors ?? nameIsDnsSubdomain);
  return strategy.metadata === undefined ? [...errors, ...finalizerNameErrors(object.metadata)] : errors;
}

/** The generic registry's own look at a new object, after the kind had none to complain: whatever a kind allows, a name must be one segment of a path. */
export function validateCreatedMetadata(object: KubeObject, namespaced: boolean, strategy: Strategy): FieldError[] {
  return strategy.metadata === 'own' ? metadataErrors(object, namespaced, nameIsPathSegment) : nameErrorsOf(object.metadata, nameIsPathSegment);
}

/** Errors of metadata that all kinds share. */
export function metadataErrors(object: KubeObject, namespaced: boolean, nameErrors: NameCheck): FieldError[] {
  const metadata = object.metadata;
  const errors = nameErrorsOf(metadata, nameErrors);
  if (namespaced) {
    if (!metadata.namespace) errors.push(required(METADATA.child('namespace')));
    else for (const message of nameIsDnsLabel(metadata.namespace, false)) errors.push(invalid(METADATA.child('namespace'), metadata.namespace, message));
  } else if (metadata.namespace) errors.push(forbidden(METADATA.child('namespace'), 'not allowed on this type'));
  if ((metadata.generation ?? 0) < 0) errors.push(invalid(METADATA.child('generation'), metadata.generation, 'must be greater than or equal to 0'));
  errors.push(...validateSharedMetadata(metadata));
  const finalizers = metadata.finalizers ?? [];
  for (const name of finalizers) for (const message of isQualifiedName(name)) errors.push(invalid(FINALIZERS, name, message));
  if (finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND_DELETION)) {
    errors.push(invalid(FINALIZERS, finalizers, `finalizer ${ORPHAN} and ${FOREGROUND_DELETION} cannot be both set`));
  }
  return [...errors, ...validateManagedFields(metadata.managedFields)];
}

function nameErrorsOf({ name, generateName: prefix }: ObjectMeta, nameErrors: NameCheck): FieldError[] {
  const errors: FieldError[] = [];
  if (prefix) for (const message of nameErrors(prefix, true)) errors.push(invalid(METADATA.child('generateName'), prefix, message));
  if (!name) errors.push(required(METADATA.child('name'), 'name or generateName is required'));
  else for (const message of nameErrors(name, false)) errors.push(invalid(METADATA.child('name'), name, message));
  return errors;
}

/** What most kinds add: finalizers are Kubernetes' own or qualified by a domain (k8s.io/kubernetes/pkg/apis/core/validation). */
export function finalizerNameErrors({ finalizers = [] }: ObjectMeta): FieldError[] {
  return finalizers.flatMap((name, i) => (name.includes('/') || STANDARD_FINALIZERS.has(name) ? [] : [invalid(FINALIZERS.index(i), name, 'name is neither a standard finalizer name nor is it fully qualified')]));
}

/** Errors of metadata that a look at the change finds: what only an update can do wrong and, unless that is known to be right, most of the rest. */
export function changeErrors(object: KubeObject, old: KubeObject, wholeIsRight = false): FieldError[] {
  const after = object.metadata;
  const before = old.metadata;
  const errors: FieldError[] = [];
  if (before.deletionTimestamp) {
    const added = (after.finalizers ?? []).filter((name) => !before.finalizers?.includes(name)).sort();
    if (added.length > 0) {
      const list = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
      errors.push(forbidden(METADATA.child('finalizers'), `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`));
    }
  }
  if (!after.resourceVersion) errors.push(invalid(METADATA.child('resourceVersion'), '', 'must be specified for an update'));
  if ((after.generation ?? 0) < (before.generation ?? 0)) errors.push(invalid(METADATA.child('generation'), after.generation ?? 0, 'must not be decremented'));
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if ((after[field] ?? '') !== (before[field] ?? '')) errors.push(invalid(METADATA.child(field), after[field] ?? null, 'field is immutable'));
  }
  return wholeIsRight ? errors : [...errors, ...validateSharedMetadata(after), ...validateManagedFields(after.managedFields)];
}

/** Labels, annotations and owners. Maps are walked in sorted order: the real server's order is random. */
export function validateSharedMetadata(metadata: ObjectMeta, path: Path = METADATA): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.labels) errors.push(...validateLabels(metadata.labels, path.child('labels')));
  if (metadata.annotations) errors.push(...validateAnnotations(metadata.annotations, path.child('annotations')));
  if (metadata.ownerReferences) errors.push(...validateOwnerReferences(metadata.ownerReferences, path.child('ownerReferences')));
  return errors;
}

/** Broken entries have been dropped when this is asked; what is left are names that nobody could read. */
function validateManagedFields(entries: ObjectMeta['managedFields']): FieldError[] {
  const errors: FieldError[] = [];
  entries?.forEach(({ manager = '', subresource = '' }, i) => {
    const path = METADATA.child('managedFields').index(i);
    errors.push(...fieldManagerErrors(path.child('manager'), manager));
    if (Buffer.byteLength(subresource) > SUBRESOURCE_LIMIT) errors.push(tooLong(path.child('subresource'), SUBRESOURCE_LIMIT));
  });
  return errors;
}

export function validateLabels(labels: Readonly<Record<string, string>>, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels).sort()) {
    for (const message of isLabelKey(key)) errors.push(invalid(path, key, message));
    for (const message of isLabelValue(labels[key] ?? '')) errors.push(invalid(path, labels[key], message));
  }
  return errors;
}

export function validateAnnotations(annotations: Readonly<Record<string, string>>, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(annotations).sort()) {
    for (const message of isQualifiedName(key.toLowerCase())) errors.push(invalid(path, key, message));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? '');
  }
  if (size > ANNOTATIONS_LIMIT_BYTES) errors.push(tooLong(path, ANNOTATIONS_LIMIT_BYTES));
  return errors;
}

function validateOwnerReferences(owners: readonly OwnerReference[], path: Path): FieldError[] {
  const errors: FieldError[] = [];
  let controller = '';
  for (const owner of owners) {
    // An apiVersion that cannot be read has no version.
    if (!/^(?:[^/]*\/)?[^/]+$/.test(owner.apiVersion)) errors.push(invalid(path.child('apiVersion'), owner.apiVersion, 'version must not be empty'));
    for (const field of ['kind', 'name', 'uid'] as const) if (!owner[field]) errors.push(invalid(path.child(field), '', 'must not be empty'));
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') errors.push(invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller) errors.push(invalid(path, owners, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`));
    else controller = name;
  }
  return errors;
}
