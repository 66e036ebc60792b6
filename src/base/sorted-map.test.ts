import fc from 'fast-check';
import { compareBytes, SortedMap } from './sorted-map.js';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('a sorted map', () => {
  test('gives ranges in the order of bytes', () => {
    const map = new SortedMap<number>();
    ['b', 'a', 'a/x', 'a-b', 'a0', '😀', '\uffee'].forEach((key, i) => map.set(key, i));
    expect(map.keys()).toEqual(['a', 'a-b', 'a/x', 'a0', 'b', '\uffee', '😀']);
    expect(map.keys('a/', 'a0')).toEqual(['a/x']);
    expect(map.slice('a', 'b', 2)).toEqual([1, 3]);
    expect(map.count('a', 'b')).toBe(4);
    expect(map.size).toBe(7);
  });

  test('says what a key held before', () => {
    const map = new SortedMap<number>();
    expect(map.set('a', 1)).toBeUndefined();
    expect(map.set('a', 2)).toBe(1);
    expect(map.get('a')).toBe(2);
    expect(map.delete('a')).toBe(2);
    expect(map.delete('a')).toBeUndefined();
    expect(map.get('a')).toBeUndefined();
    expect(map.count()).toBe(0);
  });

  test.each([
    { order: 'ascending', key: (i: number) => i },
    { order: 'descending', key: (i: number) => 9999 - i },
    { order: 'scattered', key: (i: number) => (i * 7919) % 10_000 },
  ])('holds ten thousand keys that came in $order order, and lets them go', ({ key }) => {
    const map = new SortedMap<number>();
    const name = (n: number): string => String(n).padStart(5, '0');
    for (let i = 0; i < 10_000; i++) map.set(name(key(i)), key(i));
    expect(map.slice()).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(map.count('02500', '07500')).toBe(5000);
    expect(map.slice('02500', undefined, 3)).toEqual([2500, 2501, 2502]);
    for (let i = 0; i < 10_000; i++) if (i % 100 !== 0) map.delete(name(key(i)));
    expect(map.size).toBe(100);
    expect(map.keys('00050')[0]).toBe(name(Number(map.keys('00050')[0])));
    expect(map.count('00000', '99999')).toBe(100);
  });

  test('behaves as a plain map that is sorted when read', () => {
    const key = fc.oneof(fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 4 }), fc.string({ unit: 'grapheme', maxLength: 3 }));
    const step = fc.tuple(fc.constantFrom('set', 'set', 'delete'), key);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), key, key, fc.nat(20), (steps, from, to, limit) => {
        const map = new SortedMap<number>();
        const model = new Map<string, number>();
        steps.forEach(([what, each], i) => {
          if (what === 'set') {
            expect(map.set(each, i)).toBe(model.get(each));
            model.set(each, i);
          } else {
            expect(map.delete(each)).toBe(model.get(each));
            model.delete(each);
          }
        });
        const sorted = [...model.keys()].sort(byBytes);
        expect(map.keys()).toEqual(sorted);
        const range = sorted.filter((each) => byBytes(each, from) >= 0 && byBytes(each, to) < 0);
        expect(map.keys(from, to)).toEqual(range);
        expect(map.count(from, to)).toBe(range.length);
        expect(map.slice(from, to, limit)).toEqual(range.slice(0, limit).map((each) => model.get(each)));
        for (const each of sorted) expect(map.get(each)).toBe(model.get(each));
      }),
    );
  });
});

test('strings compare as their UTF-8 bytes do', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => Math.sign(compareBytes(a, b)) === byBytes(a, b)));
  expect(compareBytes('\uffee', '😀')).toBeLessThan(0);
});
