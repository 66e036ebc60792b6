import { ApiError } from '../../api/errors.js';

type Refusal = 'NotFound' | 'AlreadyExists' | 'Conflict';

/** Waits for a request and takes some refusals for success: what is to go has gone, what is to be made is there. */
export async function ignoring(refusals: Refusal | readonly Refusal[], work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ApiError) || !([refusals].flat() as readonly string[]).includes(error.reason)) throw error;
  }
}
