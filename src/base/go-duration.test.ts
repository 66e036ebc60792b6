import { parseGoDuration } from './go-duration.js';

test.each([
  ['0', 0],
  ['10s', 10_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['-1s', -1000],
  ['+3ms', 3],
  ['500us', 0.5],
])('%s is %d ms', (text, ms) => {
  expect(parseGoDuration(text)).toBeCloseTo(ms);
});

test.each([
  ['', 'time: invalid duration ""'],
  ['abc', 'time: invalid duration "abc"'],
  ['10', 'time: missing unit in duration "10"'],
  ['10x', 'time: unknown unit "x" in duration "10x"'],
  ['.s', 'time: invalid duration ".s"'],
])('%j is refused', (text, message) => {
  expect(() => parseGoDuration(text)).toThrow(message);
});
