import { mapInSlices } from './slices.js';

function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('long work lets the event loop turn in between, and keeps the order', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const numbers = Array.from({ length: 200 }, (_, i) => i);
  const doubled = await mapInSlices(numbers, (n) => (busy(1), n * 2));
  clearInterval(timer);
  expect(doubled).toEqual(numbers.map((n) => n * 2));
  expect(turns).toBeGreaterThan(3);
});

test('short work is done in one turn', async () => {
  let turned = false;
  const turn = setImmediate(() => (turned = true));
  await mapInSlices([1, 2, 3], (n) => n);
  expect(turned).toBe(false);
  clearImmediate(turn);
});
