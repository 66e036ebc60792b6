import { ApiError, badRequest, faultyRequest } from '../api/errors.js';
import type { RegistryDependencies } from './dependencies.js';

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/** How long a request waits for a revision that has not happened yet (blockTimeout of kube-apiserver's watch cache). */
const WAIT_MS = 3000;
/** After how many seconds a client that waited in vain may ask again. */
const RETRY_SECONDS = 1;

/** The reason strconv.ParseUint gives for text that is no resourceVersion; undefined when it is one. */
function parseProblem(text: string): string | undefined {
  if (!/^\d+$/.test(text)) return 'invalid syntax';
  return BigInt(text) > UINT64_MAX ? 'value out of range' : undefined;
}

/** `resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax` */
export function resourceVersionProblem(text: string): string | undefined {
  const problem = parseProblem(text);
  return problem && `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`;
}

/**
 * The resourceVersion that an update names; 0, as in `"0"`, is none. Throws ApiError 400 for what is no number, in the
 * words of the real server, which trips over it deep inside.
 */
export function namedVersion(text: string | undefined): number {
  if (!text) return 0;
  const problem = parseProblem(text);
  if (problem) throw faultyRequest(`strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`);
  return Number(text);
}

/** The same of an object that is to be created, where anything but a number is passed over. */
export function versionOnCreate(text: string | undefined): number {
  return text && parseProblem(text) === undefined ? Number(text) : 0;
}

/** A revision that a client names: nobody says that it has happened, or ever will. */
export type WantedRevision = number | bigint;

/** A list's resourceVersion as a number; '' is 0, which stands for any. Throws ApiError 400 for what is none. */
export function parseResourceVersion(text: string): WantedRevision {
  const problem = text === '' ? undefined : resourceVersionProblem(text);
  if (problem) throw badRequest(`invalid resource version: ${problem}`);
  return wantedRevision(text);
}

/** As `parseResourceVersion`, for GET and watch, whose errors the real server does not turn into a 400: recorded for watches, which keep their 500. */
export function parsePlainResourceVersion(text: string, verb: 'get' | 'watch'): WantedRevision {
  const problem = text === '' ? undefined : resourceVersionProblem(text);
  if (problem) throw verb === 'watch' ? new ApiError(500, '', problem) : faultyRequest(problem);
  return wantedRevision(text);
}

function wantedRevision(text: string): WantedRevision {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/**
 * Waits until a revision is published: a client may have it from another server or from before a restart. Rejects with
 * ApiError 504 when it does not come (KEP-2340): clients then retry, and read without a resourceVersion in the end.
 */
export async function untilReached({ reader, store, clock }: Pick<RegistryDependencies, 'reader' | 'store' | 'clock'>, wanted: WantedRevision, signal: AbortSignal): Promise<void> {
  if (wanted <= reader.revision) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      unsubscribe();
      timer.cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const unsubscribe = store.subscribe({ published: () => (wanted <= reader.revision ? finish() : undefined), closed: finish });
    const timer = clock.after(WAIT_MS, finish);
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted) finish();
  });
  if (wanted > reader.revision) throw tooLargeResourceVersion(wanted, reader.revision, RETRY_SECONDS);
}

/** 504 for a revision that has not happened. Without `retryAfterSeconds` nobody has waited for it. */
export function tooLargeResourceVersion(wanted: WantedRevision, current: number, retryAfterSeconds?: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
