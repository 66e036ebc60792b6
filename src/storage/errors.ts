import type { Entry, ObjectKey } from './types.js';

/**
 * What can go wrong in the store; a closed set, registry/ turns it into API errors.
 * - exists: expected nothing, found an object
 * - missing: expected an object, found nothing
 * - conflict: the object is at another revision than expected
 * - compacted: the revision is older than the history that is kept
 * - future: the revision has not happened yet
 * - closed: the store is closed
 * - io: the disk failed; the write did not happen
 * - locked: another process has the folder open
 * - large: the object is larger than any may be; the write did not happen
 * - corrupt: the data is not ours, of a newer format, or damaged
 */
export type StorageErrorCode = 'exists' | 'missing' | 'conflict' | 'compacted' | 'future' | 'closed' | 'io' | 'locked' | 'large' | 'corrupt';

export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly key: ObjectKey | undefined;
  /** The head state that was found instead of the expected one. */
  readonly current: Entry | undefined;

  constructor(code: StorageErrorCode, message: string, details: { key?: ObjectKey; current?: Entry | undefined; cause?: unknown } = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'StorageError';
    this.code = code;
    this.key = details.key;
    this.current = details.current;
  }
}
