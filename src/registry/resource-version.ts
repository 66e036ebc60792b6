import { ApiError, badRequest } from '../api/errors.js';
import type { RegistryDependencies } from './dependencies.js';

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

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

/** A resourceVersion as a number; '' is undefined. Throws ApiError 400 for what is none. */
export function parseResourceVersion(text: string): number | undefined {
  if (text === '') return undefined;
  const problem = resourceVersionProblem(text);
  if (problem) throw badRequest(`invalid resource version: ${problem}`);
  return Number(text);
}

/** Throws 504 for a revision that has not happened: clients retry it (KEP-2340). */
export function ensureNotFuture(registry: Pick<RegistryDependencies, 'reader'>, wanted: number): void {
  const current = registry.reader.revision;
  if (wanted <= current) return;
  throw new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
