/** What is wrong with a KubeSchedulerConfiguration, or not supported of it. */
export class SchedulerConfigurationError extends RangeError {}

/** Readers of what people wrote; all throw SchedulerConfigurationError, in one sentence. */

export function list(given: unknown, what: string): unknown[] {
  if (!Array.isArray(given)) throw new SchedulerConfigurationError(`${what} must be a list`);
  return given;
}

export function fields(given: unknown, what: string, known: readonly string[]): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new SchedulerConfigurationError(`${what} must be an object`);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new SchedulerConfigurationError(`${what} has a field "${unknown}" that is not supported`);
  return { ...given };
}

export function wholeNumber(given: unknown, what: string, from: number, to = Number.POSITIVE_INFINITY): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= from && given <= to) return given;
  throw new SchedulerConfigurationError(`${what} must be a whole number ${to === Number.POSITIVE_INFINITY ? `of at least ${from}` : `from ${from} to ${to}`}`);
}

export function text(given: unknown, what: string): string {
  if (typeof given === 'string' && given !== '') return given;
  throw new SchedulerConfigurationError(`${what} must be a name`);
}

export function oneOf<T extends string>(given: unknown, what: string, values: readonly T[]): T {
  const found = values.find((value) => value === given);
  if (found !== undefined) return found;
  throw new SchedulerConfigurationError(`${what} knows ${values.slice(0, -1).join(', ')} and ${values.at(-1)}, not "${String(given)}"`);
}
