import vectors from '../../test/fixtures/go-values.json' with { type: 'json' };
import { formatDuration, formatInstant, formatMicroTime, formatTime, humanDuration, parseDuration, parseTime, RFC3339, RFC3339_MICRO, timeMs } from './time.js';
import { ValueError } from './value-error.js';

// What Go's package time made of each text: text, result, error.
const TIMES = vectors.times as Array<[string, string, string]>;
const MICRO_TIMES = vectors.microTimes as Array<[string, string, string]>;
const DURATIONS = vectors.durations as Array<[string, string, string]>;
// Milliseconds, HumanDuration, ShortHumanDuration (which nothing here prints), Duration.String.
const HUMAN = vectors.human as Array<[number, string, string, string]>;

describe('times', () => {
  test.each(TIMES)('reads %j as metav1.Time does', (text, result, error) => {
    if (error) return expect(() => parseTime(text, RFC3339)).toThrow(new ValueError(error));
    const instant = parseTime(text, RFC3339);
    expect(`${formatInstant(instant, false).slice(0, -1)}.${String(instant.nanos).padStart(9, '0')}Z`).toBe(result);
  });

  test.each(MICRO_TIMES)('reads %j as metav1.MicroTime does', (text, result, error) => {
    if (error) return expect(() => parseTime(text, RFC3339_MICRO)).toThrow(new ValueError(error));
    expect(formatInstant(parseTime(text, RFC3339_MICRO), true)).toBe(result);
  });

  test('formats milliseconds', () => {
    expect(formatTime(1767366245678)).toBe('2026-01-02T15:04:05Z');
    expect(formatMicroTime(1767366245678)).toBe('2026-01-02T15:04:05.678000Z');
    expect(timeMs('2026-01-02T15:04:05.678000Z')).toBe(1767366245678);
    expect([timeMs(undefined), timeMs('x')]).toEqual([undefined, undefined]);
  });
});

describe('durations', () => {
  test.each(HUMAN)('%i ms print as Go does', (ms, human, _short, exact) => {
    expect([humanDuration(ms), formatDuration(ms)]).toEqual([human, exact]);
  });

  test.each(DURATIONS)('reads %j as Go does', (text, printed, error) => {
    if (error) return expect(() => parseDuration(text)).toThrow(new ValueError(error));
    expect(formatDuration(parseDuration(text))).toBe(printed);
  });
});
