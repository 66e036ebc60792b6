/** Sets of indexes of an indexed Job, written as `1,3-5,7` (KEP-2214, KEP-3850). */

interface Interval {
  readonly from: number;
  readonly to: number;
}

class IndexError extends Error {}

/** What is wrong with the text; undefined when it is fine. */
export function indexesProblem(text: string, completions: number): string | undefined {
  try {
    parseIndexes(text, completions);
    return undefined;
  } catch (error) {
    if (error instanceof IndexError) return error.message;
    throw error;
  }
}

/** How many indexes there are; 0 when the text is malformed. */
export function totalIndexes(text: string, completions: number): number {
  return indexesProblem(text, completions) === undefined ? parseIndexes(text, completions).reduce((sum, { from, to }) => sum + to - from + 1, 0) : 0;
}

/** The first index that is in both sets; malformed parts do not count. */
export function overlap(a: string, b: string, completions: number): number | undefined {
  const parts = (text: string): Interval[] => (text === '' ? [] : text.split(',').flatMap((part) => tryInterval(part, completions) ?? []));
  let first: number | undefined;
  for (const left of parts(a)) {
    for (const right of parts(b)) {
      if (left.from > right.to || right.from > left.to) continue;
      const index = Math.max(left.from, right.from);
      first = first === undefined ? index : Math.min(first, index);
    }
  }
  return first;
}

function parseIndexes(text: string, completions: number): Interval[] {
  if (text === '') return [];
  let last: number | undefined;
  return text.split(',').map((part) => {
    const interval = parseInterval(part, completions);
    if (last !== undefined && last >= interval.from) throw new IndexError(`non-increasing order, previous: ${last}, current: ${interval.from}`);
    last = interval.to;
    return interval;
  });
}

function tryInterval(text: string, completions: number): Interval | undefined {
  try {
    return parseInterval(text, completions);
  } catch (error) {
    if (error instanceof IndexError) return undefined;
    throw error;
  }
}

function parseInterval(text: string, completions: number): Interval {
  const limits = text.split('-');
  if (limits.length > 2) throw new IndexError(`the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`);
  const [from, to = from] = limits.map((limit) => {
    if (!/^[+-]?\d+$/.test(limit)) throw new IndexError(`cannot convert string to integer for index: ${JSON.stringify(limit)}`);
    if (Number(limit) >= completions) throw new IndexError(`too large index: ${JSON.stringify(limit)}`);
    return Number(limit);
  }) as [number, number | undefined];
  if (limits.length === 2 && from >= to) throw new IndexError(`non-increasing order, previous: ${from}, current: ${to}`);
  return { from, to };
}
