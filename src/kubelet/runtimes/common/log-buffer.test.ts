import { FakeClock } from '../../../base/fake-clock.js';
import { LogBuffer } from './log-buffer.js';

const texts = (log: LogBuffer): string[] => {
  const all: string[] = [];
  for (let at = log.first; at < log.end; at++) {
    const entry = log.at(at);
    if (entry) all.push(`${entry.stream} ${entry.data.toString()}${entry.partial ? '…' : ''}`);
  }
  return all;
};

describe('a container\'s log', () => {
  test('takes output in any pieces and keeps lines', () => {
    const log = new LogBuffer(new FakeClock(), 1e6);
    for (const piece of ['a', 'b\nc', '\n\nd']) log.write('stdout', Buffer.from(piece));
    log.write('stderr', Buffer.from('e\n'));
    expect(texts(log)).toEqual(['stdout ab', 'stdout c', 'stdout ', 'stderr e']);
    log.close();
    expect(texts(log).at(-1)).toBe('stdout d…');
  });

  test('splits lines longer than 16 KiB', () => {
    const log = new LogBuffer(new FakeClock(), 1e6);
    log.write('stdout', Buffer.from(`${'x'.repeat(40_000)}\n`));
    expect([...Array(log.end).keys()].map((at) => [log.at(at)?.data.length, log.at(at)?.partial])).toEqual([[16_384, true], [16_384, true], [7232, false]]);
  });

  test('forgets the oldest lines when it outgrows its limit, without losing count', () => {
    const log = new LogBuffer(new FakeClock(), 10_000);
    for (let i = 0; i < 1000; i++) log.write('stdout', Buffer.from(`line ${i} ${'x'.repeat(30)}\n`));
    expect(log.first).toBeGreaterThan(800);
    expect(log.end).toBe(1000);
    expect(log.at(0)).toBeUndefined();
    expect(log.at(999)?.data.toString()).toMatch(/^line 999 /);
  });

  test('wakes who waits for more', async () => {
    const log = new LogBuffer(new FakeClock(), 1e6);
    const more = log.changed(new AbortController().signal);
    log.write('stdout', Buffer.from('x\n'));
    await more;
    const abort = new AbortController();
    const left = log.changed(abort.signal);
    abort.abort();
    await left;
    const closed = log.changed(new AbortController().signal);
    log.close();
    await closed;
  });
});
