import type { Parsed } from './flags.js';
import { UsageError } from './usage-error.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration as Kubernetes' flags have it (`1m30s`), in milliseconds. */
export function duration(flags: Parsed, name: string): number | undefined {
  const text = flags.string(name);
  if (text === undefined) return undefined;
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) throw new UsageError(`--${name} must be a duration such as 10s or 1m30s, not "${text}"`);
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) total += Number(number) * (UNITS[unit ?? ''] ?? 0);
  return total;
}
