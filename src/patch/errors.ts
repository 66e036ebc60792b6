import { ApiError } from '../api/errors.js';
import { fieldErrorBody, fieldErrorText, invalid, Path } from '../api/field.js';

/**
 * Errors of patches as the real server answers them (apiserver/pkg/endpoints/handlers/patch.go): several carry
 * no reason, because there they are plain errors that nobody turned into a Status.
 */

/**
 * A patch that is well formed but does not fit the object. Clients are told no more than that; whoever has a patch from elsewhere
 * (webhooks) gets the text of gopkg.in/evanphx/json-patch.v4 in `why`.
 */
export class PatchMismatch extends ApiError {
  constructor(
    /** What was wrong at the end of the path; undefined where the way there was. */
    private readonly at: string | undefined,
    readonly why = '',
  ) {
    super(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  }

  /** The same, with the operation in its text. */
  of(operation: string, path: string): PatchMismatch {
    return new PatchMismatch(this.at, this.text(operation, path));
  }

  private text(operation: string, path: string): string {
    if (operation === 'test' && this.at === 'test failed') return `testing value ${path} failed: test failed`;
    if (!['add', 'remove', 'replace', 'move', 'copy', 'test'].includes(operation)) return `Unexpected kind: ${operation || 'unknown'}`;
    if (this.at === undefined) {
      const shown = operation === 'add' || operation === 'remove' ? JSON.stringify(path) : path;
      return `${operation} operation does not apply: ${operation === 'test' ? 'is' : 'doc is'} missing path: ${shown}: missing value`;
    }
    if (operation === 'replace') return `replace operation does not apply: doc is missing key: ${path}: missing value`;
    return `error in ${operation} for path: '${path}': ${this.at}`;
  }
}

export const patchDoesNotApply = (at?: string): PatchMismatch => new PatchMismatch(at);

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
