import { badRequest } from '../api/errors.js';
import { forbidden, invalid, Path, required, tooLong, type FieldError } from '../api/field.js';
import { parseApiVersion } from '../api/gvk.js';
import { fieldManagerErrors } from '../api/field-manager.js';
import { isLabelKey, isLabelValue, isQualifiedName, nameIsDnsLabel, nameIsDnsSubdomain, nameIsPathSegment } from '../api/names.js';
import type { KubeObject, ObjectMeta, OwnerReference } from '../api/object.js';
import { deepEqual } from '../base/freeze.js';
import type { Ids } from '../base/ids.js';
import type { Strategy } from './kind.js';

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

/**
 * Errors of metadata on update, as often as Kubernetes tells them: the generic registry and most kinds look at the
 * change and at the whole, `looks` times in all. A message names each error once, but its causes count them.
 */
export function validateUpdatedMetadata(object: KubeObject, old: KubeObject, namespaced: boolean, strategy: Strategy, looks: number): FieldError[] {
  const whole = validateMetadata(object, namespaced, strategy);
  const change = validateChange(object, old);
  // What is wrong with the whole is for the most part also looked for in the change.
  if (whole.length > 0) change.push(...validateSharedMetadata(object.metadata), ...validateManagedFields(object.metadata.managedFields));
  return [whole, change, change, whole].slice(0, looks).flat();
}

/** Errors of metadata on create. */
export function validateMetadata(object: KubeObject, namespaced: boolean, strategy: Strategy): FieldError[] {
  const metadata = object.metadata;
  const nameErrors = strategy.nameErrors ?? nameIsDnsSubdomain;
  const errors: FieldError[] = [];
  if (metadata.generateName) {
    for (const message of nameErrors(metadata.generateName, true)) errors.push(invalid(METADATA.child('generateName'), metadata.generateName, message));
  }
  if (!metadata.name) errors.push(required(METADATA.child('name'), 'name or generateName is required'));
  else for (const message of nameErrors(metadata.name, false)) errors.push(invalid(METADATA.child('name'), metadata.name, message));
  if (namespaced) {
    if (!metadata.namespace) errors.push(required(METADATA.child('namespace')));
    else for (const message of nameIsDnsLabel(metadata.namespace, false)) errors.push(invalid(METADATA.child('namespace'), metadata.namespace, message));
  } else if (metadata.namespace) errors.push(forbidden(METADATA.child('namespace'), 'not allowed on this type'));
  if ((metadata.generation ?? 0) < 0) errors.push(invalid(METADATA.child('generation'), metadata.generation, 'must be greater than or equal to 0'));
  errors.push(...validateSharedMetadata(metadata));
  const finalizers = metadata.finalizers ?? [];
  const path = METADATA.child('finalizers');
  for (const name of finalizers) for (const message of isQualifiedName(name)) errors.push(invalid(path, name, message));
  if (finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND_DELETION)) {
    errors.push(invalid(path, finalizers, `finalizer ${ORPHAN} and ${FOREGROUND_DELETION} cannot be both set`));
  }
  finalizers.forEach((name, i) => {
    if (!name.includes('/') && !STANDARD_FINALIZERS.has(name)) {
      errors.push(invalid(path.index(i), name, 'name is neither a standard finalizer name nor is it fully qualified'));
    }
  });
  errors.push(...validateManagedFields(metadata.managedFields));
  if (errors.length === 0) {
    // The generic registry's own look: whatever the kind allows, a name must be one segment of a path.
    for (const message of metadata.name ? nameIsPathSegment(metadata.name, false) : []) errors.push(invalid(METADATA.child('name'), metadata.name, message));
  }
  return errors;
}

/** Errors of metadata that only an update can make. */
function validateChange(object: KubeObject, old: KubeObject): FieldError[] {
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
  return errors;
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
    if (!parseApiVersion(owner.apiVersion).version) errors.push(invalid(path.child('apiVersion'), owner.apiVersion, 'version must not be empty'));
    for (const field of ['kind', 'name', 'uid'] as const) if (!owner[field]) errors.push(invalid(path.child(field), '', 'must not be empty'));
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') errors.push(invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller) errors.push(invalid(path, owners, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`));
    else controller = name;
  }
  return errors;
}
