const UNIT_MS: ReadonlyMap<string, number> = new Map([['ns', 1e-6], ['us', 1e-3], ['µs', 1e-3], ['μs', 1e-3], ['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000]]);

/** Milliseconds of a duration in Go's notation, such as `1m30s`; throws an Error with Go's text. */
export function parseGoDuration(text: string): number {
  const invalid = (): Error => new Error(`time: invalid duration ${JSON.stringify(text)}`);
  const [, sign, body = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (body === '0') return 0;
  if (body === '') throw invalid();
  let total = 0;
  let at = 0;
  for (const match of body.matchAll(/(\d*\.?\d*)([^\d.]*)/gy)) {
    const [whole, digits = '', unit = ''] = match;
    if (whole === '') break;
    if (!/\d/.test(digits)) throw invalid();
    if (unit === '') throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
    const scale = UNIT_MS.get(unit);
    if (scale === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    total += Number(digits) * scale;
    at += whole.length;
  }
  if (at !== body.length) throw invalid();
  return sign === '-' ? -total : total;
}
