/**
 * The unified diff that the API server puts into messages (k8s.io/apimachinery/pkg/util/diff): Ratcliff-Obershelp matching as in
 * Python's difflib, with its rule that lines which occur often do not start a match. Three lines of context.
 */

interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

interface Step {
  readonly equal: boolean;
  readonly a1: number;
  readonly a2: number;
  readonly b1: number;
  readonly b2: number;
}

const CONTEXT = 3;
const POPULAR_FROM = 200;

/** The hunks that turn text `a` into text `b`; '' when they are equal. */
export function unifiedDiff(a: string, b: string): string {
  const left = splitLines(a);
  const right = splitLines(b);
  let text = '';
  for (const group of groups(steps(left, right))) {
    const first = group[0] as Step;
    const last = group.at(-1) as Step;
    text += `@@ -${range(first.a1, last.a2)} +${range(first.b1, last.b2)} @@\n`;
    for (const { equal, a1, a2, b1, b2 } of group) {
      for (const line of left.slice(a1, a2)) text += `${equal ? ' ' : '-'}${line}`;
      if (!equal) for (const line of right.slice(b1, b2)) text += `+${line}`;
    }
  }
  return text;
}

function splitLines(text: string): string[] {
  return text.split('\n').map((line) => `${line}\n`);
}

function range(start: number, stop: number): string {
  const length = stop - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

/** Where each line of `b` stands; lines that occur too often are left out. */
function positions(b: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  b.forEach((line, j) => {
    const list = found.get(line);
    if (list) list.push(j);
    else found.set(line, [j]);
  });
  if (b.length >= POPULAR_FROM) {
    const limit = Math.floor(b.length / 100) + 1;
    for (const [line, list] of found) if (list.length > limit) found.delete(line);
  }
  return found;
}

function steps(a: readonly string[], b: readonly string[]): Step[] {
  const where = positions(b);
  const matches: Match[] = [];
  const search = (alo: number, ahi: number, blo: number, bhi: number): void => {
    const match = longestMatch(a, b, where, alo, ahi, blo, bhi);
    if (match.size === 0) return;
    if (alo < match.a && blo < match.b) search(alo, match.a, blo, match.b);
    matches.push(match);
    if (match.a + match.size < ahi && match.b + match.size < bhi) search(match.a + match.size, ahi, match.b + match.size, bhi);
  };
  search(0, a.length, 0, b.length);

  const result: Step[] = [];
  let i = 0;
  let j = 0;
  for (const match of [...merge(matches), { a: a.length, b: b.length, size: 0 }]) {
    if (i < match.a || j < match.b) result.push({ equal: false, a1: i, a2: match.a, b1: j, b2: match.b });
    i = match.a + match.size;
    j = match.b + match.size;
    if (match.size > 0) result.push({ equal: true, a1: match.a, a2: i, b1: match.b, b2: j });
  }
  return result;
}

/** Joins matches that touch. */
function merge(matches: readonly Match[]): Match[] {
  const result: Match[] = [];
  for (const match of matches) {
    const last = result.at(-1);
    if (last && last.a + last.size === match.a && last.b + last.size === match.b) result[result.length - 1] = { a: last.a, b: last.b, size: last.size + match.size };
    else result.push(match);
  }
  return result;
}

function longestMatch(a: readonly string[], b: readonly string[], where: ReadonlyMap<string, readonly number[]>, alo: number, ahi: number, blo: number, bhi: number): Match {
  let best: Match = { a: alo, b: blo, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = alo; i < ahi; i++) {
    const next = new Map<number, number>();
    for (const j of where.get(a[i] as string) ?? []) {
      if (j < blo) continue;
      if (j >= bhi) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  let { a: i, b: j, size } = best;
  while (i > alo && j > blo && a[i - 1] === b[j - 1]) [i, j, size] = [i - 1, j - 1, size + 1];
  while (i + size < ahi && j + size < bhi && a[i + size] === b[j + size]) size++;
  return { a: i, b: j, size };
}

/** Cuts long equal stretches, keeping some lines of context around each change. */
function groups(all: readonly Step[]): Step[][] {
  const trimmed = all.map((step, i): Step => {
    if (!step.equal) return step;
    let { a1, a2, b1, b2 } = step;
    if (i === 0) [a1, b1] = [Math.max(a1, a2 - CONTEXT), Math.max(b1, b2 - CONTEXT)];
    if (i === all.length - 1) [a2, b2] = [Math.min(a2, a1 + CONTEXT), Math.min(b2, b1 + CONTEXT)];
    return { equal: true, a1, a2, b1, b2 };
  });
  const result: Step[][] = [];
  let group: Step[] = [];
  for (const step of trimmed) {
    let { a1, b1 } = step;
    const { equal, a2, b2 } = step;
    if (equal && a2 - a1 > 2 * CONTEXT) {
      group.push({ equal, a1, a2: a1 + CONTEXT, b1, b2: b1 + CONTEXT });
      result.push(group);
      group = [];
      [a1, b1] = [a2 - CONTEXT, b2 - CONTEXT];
    }
    group.push({ equal, a1, a2, b1, b2 });
  }
  if (group.length > 0 && !(group.length === 1 && group[0]?.equal)) result.push(group);
  return result;
}
