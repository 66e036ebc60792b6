import { ApiError } from '../api/errors.js';
import { fieldErrorBody, fieldErrorText, invalid, Path } from '../api/field.js';

/**
 * Errors of patches as the real server answers them (apiserver/pkg/endpoints/handlers/patch.go): several carry
 * no reason, because there they are plain errors that nobody turned into a Status.
 */

/** A patch that is well formed but does not fit the object: the server's text says no more than this. */
export const patchDoesNotApply = (): ApiError => new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

/** ` "" is invalid: patch: Invalid value: "…": WHY`; the patched object (or patch) is shown as text. */
export function invalidPatch(shown: string, why: string): ApiError {
  const error = invalid(Path.of('patch'), shown, why);
  return new ApiError(422, 'Invalid', ` "" is invalid: ${fieldErrorText(error)}`, {
    causes: [{ reason: error.type, message: fieldErrorBody(error), field: error.field }],
  });
}

/** How several strict errors (unknown and duplicate fields) read in one message. */
export const strictErrorText = (errors: readonly string[]): string => `strict decoding error: ${errors.join(', ')}`;

/** A JSON value in the place of an object, met while the object's kind is looked up. */
export const notAnObject = (shown: string, type: string): ApiError =>
  invalidPatch(
    shown,
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
  );
