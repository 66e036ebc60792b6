import type { Pod } from '../../api/types/core-v1.js';
import { finishedMs } from './pods.js';

const FIRST_MS = 10_000;
const MAX_MS = 600_000;

/** Failures since the last success, and when the last one was. */
export interface FailureRecord {
  readonly failures: number;
  readonly lastMs: number;
}

export const NO_FAILURES: FailureRecord = { failures: 0, lastMs: 0 };

/** The record with pods that have come to an end since. Pure. */
export function withFinished(record: FailureRecord, succeeded: readonly Pod[], failed: readonly Pod[]): FailureRecord {
  if (failed.length === 0) return succeeded.length === 0 ? record : NO_FAILURES;
  const times = failed.map(finishedMs);
  if (succeeded.length === 0) return { failures: record.failures + failed.length, lastMs: Math.max(...times) };
  const lastSuccess = Math.max(...succeeded.map(finishedMs));
  const after = times.filter((time) => time > lastSuccess);
  return after.length === 0 ? NO_FAILURES : { failures: after.length, lastMs: Math.max(...after) };
}

/** How long the next pod must wait: 10 s after the first failure, then twice as long each time, 10 min at most. */
export function remainingMs({ failures, lastMs }: FailureRecord, nowMs: number): number {
  if (failures === 0) return 0;
  const delay = Math.min(FIRST_MS * 2 ** (failures - 1), MAX_MS);
  return Math.max(0, delay - (nowMs - lastMs));
}
