import { fieldErrorBody, fieldErrorText, quote, type FieldError } from './field.js';
import { groupKindText, groupResourceText, type GroupResource } from './gvk.js';
import type { Status, StatusCause, StatusDetails } from './types/meta-v1.js';

/**
 * An error that a client sees as metav1.Status. All reasons, codes and texts stand in this file
 * (k8s.io/apimachinery/pkg/api/errors); anything thrown that is not an ApiError is a bug and answers 500.
 */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    /** With `retryAfterSeconds` the answer has a Retry-After header. */
    readonly details?: StatusDetails,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason ? { reason: this.reason } : {}),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

function details(resource: GroupResource, name: string, causes?: StatusCause[]): StatusDetails {
  return {
    ...(name ? { name } : {}),
    ...(resource.group ? { group: resource.group } : {}),
    ...(resource.resource ? { kind: resource.resource } : {}),
    ...(causes && causes.length > 0 ? { causes } : {}),
  };
}

/** `pods "x" not found` */
export const notFound = (resource: GroupResource, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${groupResourceText(resource)} ${quote(name)} not found`, details(resource, name));

/** `pods "x" already exists` */
export const alreadyExists = (resource: GroupResource, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${groupResourceText(resource)} ${quote(name)} already exists`, details(resource, name));

/** generateName produced a name in use, several times over. */
export const generateNameConflict = (resource: GroupResource, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${groupResourceText(resource)} ${quote(name)} already exists, the server was not able to generate a unique name for the object`, { ...details(resource, name), retryAfterSeconds: 1 });

/** The registry's text of an optimistic lock failure. */
export const OPTIMISTIC_LOCK_TEXT = 'the object has been modified; please apply your changes to the latest version and try again';

/** `Operation cannot be fulfilled on pods "x": WHY` */
export const conflict = (resource: GroupResource, name: string, why: string = OPTIMISTIC_LOCK_TEXT, causes?: StatusCause[]): ApiError =>
  new ApiError(409, 'Conflict', `Operation cannot be fulfilled on ${groupResourceText(resource)} ${quote(name)}: ${why}`, details(resource, name, causes));

/** `pods "x" is forbidden: WHY`; without a name `pods is forbidden: WHY`. */
export const forbidden = (resource: GroupResource, name: string, why: string, causes?: StatusCause[]): ApiError => {
  const subject = name ? `${groupResourceText(resource)} ${quote(name)} is forbidden` : resource.resource ? `${groupResourceText(resource)} is forbidden` : 'forbidden';
  return new ApiError(403, 'Forbidden', `${subject}: ${why}`, details(resource, name, causes));
};

/** `Pod "x" is invalid: spec.y: Required value`, several errors in brackets; every error is a cause. */
export const invalid = (kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): ApiError => {
  // Equal messages are told once, as Go's aggregate of errors does.
  const texts = [...new Set(errors.map(fieldErrorText))];
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const causes = errors.map((e): StatusCause => ({ reason: e.type, message: fieldErrorBody(e), field: e.field }));
  return new ApiError(422, 'Invalid', `${groupKindText(kind)} ${quote(name)} is invalid${errors.length > 0 ? `: ${all}` : ''}`, {
    ...(name ? { name } : {}),
    ...(kind.group ? { group: kind.group } : {}),
    ...(kind.kind ? { kind: kind.kind } : {}),
    causes,
  });
};

/**
 * What the real server answers with 500, because nobody there turned the error into a Status, although the request is at fault:
 * the same text without a reason, which kubectl prints alike, but not as a failure of ours (docs/decisions/no-500-for-bad-input.md).
 */
export const faultyRequest = (message: string): ApiError => new ApiError(400, '', message);

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

export const methodNotSupported = (resource: GroupResource, action: string): ApiError =>
  new ApiError(405, 'MethodNotAllowed', `${action} is not supported on resources of kind ${JSON.stringify(groupResourceText(resource))}`, details(resource, ''));

/** What an unknown path under a known API gets: kubectl prints "the server could not find the requested resource". */
export const methodNotAllowed = (): ApiError => new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

export const unknownPath = (): ApiError => new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

export const notAcceptable = (message: string): ApiError => new ApiError(406, 'NotAcceptable', message);

export const unsupportedMediaType = (message: string): ApiError => new ApiError(415, 'UnsupportedMediaType', message);

/** History that is compacted or a token that is too old. */
export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message);

export const tooLarge = (message: string): ApiError => new ApiError(413, 'RequestEntityTooLarge', message);

export const timeout = (message: string, retryAfterSeconds: number): ApiError =>
  new ApiError(504, 'Timeout', message, { retryAfterSeconds });

/** A bug or a broken disk: the message must not carry secrets. */
export const internalError = (message: string): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

export const serviceUnavailable = (message: string): ApiError => new ApiError(503, 'ServiceUnavailable', message);
