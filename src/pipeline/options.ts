import { badRequest, invalid } from '../api/errors.js';
import { forbidden, notSupported, Path, required, type FieldError } from '../api/field.js';
import { FieldMatcher, parseFieldSelector } from '../api/field-selector.js';
import { LabelMatcher, parseLabelSelector } from '../api/label-selector.js';
import { fieldManagerErrors } from '../api/field-manager.js';
import { deleteOptionsOf } from '../registry/delete-options.js';
import type { DeleteOptions } from '../registry/subresource.js';

/**
 * Options of requests as query parameters (metav1.CreateOptions, UpdateOptions, PatchOptions, ListOptions, DeleteOptions),
 * checked with the errors of k8s.io/apimachinery/pkg/apis/meta/v1/validation.
 */

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteOptions {
  readonly dryRun: boolean;
  /** '' when the request names none. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
}

/** Throws 422 (`CreateOptions.meta.k8s.io "" is invalid: …`). */
export function writeOptions(kind: 'CreateOptions' | 'UpdateOptions', query: URLSearchParams): WriteOptions {
  return checked(kind, writeErrors(query), query);
}

export interface PatchOptions extends WriteOptions {
  readonly force: boolean;
}

export function patchOptions(query: URLSearchParams, isApply: boolean): PatchOptions {
  const errors: FieldError[] = [];
  const force = parseBool(query, 'force');
  if (isApply && !query.get('fieldManager')) errors.push(required(Path.of('fieldManager'), 'is required for apply patch'));
  if (!isApply && force !== undefined) errors.push(forbidden(Path.of('force'), 'may not be specified for non-apply patch'));
  return { ...checked('PatchOptions', [...errors, ...writeErrors(query)], query), force: force === true };
}

function writeErrors(query: URLSearchParams): FieldError[] {
  const errors: FieldError[] = [];
  errors.push(...fieldManagerErrors(Path.of('fieldManager'), query.get('fieldManager') ?? ''));
  errors.push(...dryRunErrors(query));
  const validation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(validation)) {
    errors.push(notSupported(Path.of('fieldValidation'), validation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  return errors;
}

function dryRunErrors(query: URLSearchParams): FieldError[] {
  const values = query.getAll('dryRun');
  return values.every((value) => value === 'All') ? [] : [notSupported(Path.of('dryRun'), values, ['All'])];
}

function checked(kind: string, errors: readonly FieldError[], query: URLSearchParams): WriteOptions {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: query.has('dryRun'),
    fieldManager: query.get('fieldManager') ?? '',
    fieldValidation: (query.get('fieldValidation') || 'Warn') as FieldValidation,
  };
}

export interface ListOptions {
  readonly labels: LabelMatcher;
  readonly fields: FieldMatcher;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly limit: number;
  readonly continue: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/**
 * Parses the parameters of list, watch and deletecollection. Throws 400 for what is no number or selector, 422 for what
 * does not go together. The rules are those of watches where `watch` says so, which the deprecated /watch/ paths need not.
 */
export function listOptions(query: URLSearchParams): ListOptions {
  const timeoutSeconds = parseInt64(query, 'timeoutSeconds');
  const limit = parseInt64(query, 'limit') ?? 0;
  const labelSelector = query.get('labelSelector');
  const fieldSelector = query.get('fieldSelector');
  const options: ListOptions = {
    labels: labelSelector ? parseLabelSelector(labelSelector) : LabelMatcher.everything,
    fields: fieldSelector ? parseFieldSelector(fieldSelector) : FieldMatcher.everything,
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit,
    continue: query.get('continue') ?? '',
    allowWatchBookmarks: parseBool(query, 'allowWatchBookmarks') === true,
    sendInitialEvents: parseBool(query, 'sendInitialEvents'),
    timeoutSeconds,
  };
  const isWatch = parseBool(query, 'watch') === true;
  const defaulted = isWatch ? withInitialEvents(options) : options;
  const errors = isWatch ? watchErrors(defaulted) : listErrors(options);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return defaulted;
}

/** A watch from nowhere starts with the present state, and says when that is told (SetListOptionsDefaults). */
function withInitialEvents(options: ListOptions): ListOptions {
  const { resourceVersion, resourceVersionMatch, sendInitialEvents } = options;
  if (sendInitialEvents !== undefined || resourceVersionMatch !== '' || (resourceVersion !== '' && resourceVersion !== '0')) return options;
  return { ...options, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
}

const MATCH = Path.of('resourceVersionMatch');

function listErrors(options: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (match) {
    if (!options.resourceVersion) errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (options.continue) errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && options.resourceVersion === '0') errors.push(forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined) errors.push(forbidden(Path.of('sendInitialEvents'), 'sendInitialEvents is forbidden for list'));
  return errors;
}

function watchErrors(options: ListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (options.sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match) {
    if (options.sendInitialEvents === undefined) errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
    if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
    if (options.continue) errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
  }
  return errors;
}

/** DeleteOptions that came as query parameters. */
export function deleteOptionsOfQuery(query: URLSearchParams): DeleteOptions {
  return deleteOptionsOf({
    gracePeriodSeconds: parseInt64(query, 'gracePeriodSeconds'),
    propagationPolicy: query.get('propagationPolicy') || undefined,
    orphanDependents: parseBool(query, 'orphanDependents'),
    dryRun: query.getAll('dryRun'),
    preconditions: preconditionsOfQuery(query),
  });
}

/** Parameters of deletions have the preconditions in one level with all else; a collection's resourceVersion is one too. */
function preconditionsOfQuery(query: URLSearchParams): DeleteOptions['preconditions'] {
  const uid = query.get('uid');
  const resourceVersion = query.get('resourceVersion');
  return uid || resourceVersion ? { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) } : undefined;
}

/** Go's strconv.ParseInt on a query parameter; undefined where it is absent. */
function parseInt64(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text);
  if (value > 0x7fff_ffff_ffff_ffffn || value < -0x8000_0000_0000_0000n) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(value);
}

/** Booleans of query parameters: present means true, unless it says 'false' or '0' (apimachinery's Convert_Slice_string_To_bool). */
export function parseBool(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return text.toLowerCase() !== 'false' && text !== '0';
}
