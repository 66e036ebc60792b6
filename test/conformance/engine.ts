import { compareBytes } from '../../src/base/sorted-map.js';
import type { Row, RowOperation, ScanRange, StorageEngine } from '../../src/storage/engine.js';
import { StorageError } from '../../src/storage/errors.js';
import type { EngineData, EngineUnderTest } from '../support/storage-engines.js';

const bytes = (value: string): Buffer => Buffer.from(value);
const put = (key: string, value = key): RowOperation => ({ key, value: bytes(value) });
const del = (key: string): RowOperation => ({ key, value: undefined });

async function rows(engine: StorageEngine, range: Partial<ScanRange> = {}): Promise<Row[]> {
  const found: Row[] = [];
  for await (const page of engine.scan({ from: '', to: undefined, ...range })) found.push(...page);
  return found;
}

async function keys(engine: StorageEngine, range: Partial<ScanRange> = {}): Promise<string[]> {
  return (await rows(engine, range)).map(({ key }) => key);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
  throw new Error('expected a StorageError');
}

/** What every storage engine must do. */
export function engineConformance(subject: EngineUnderTest): void {
  describe(`engine ${subject.name}`, () => {
    let data: EngineData;
    let engine: StorageEngine;

    beforeEach(async () => {
      data = await subject.create();
      engine = await data.open();
    });

    afterEach(async () => {
      await engine.close();
      await data.remove();
    });

    describe('rows', () => {
      test('are read back as they were written', async () => {
        const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
        await engine.batch([{ key: 'binary', value: binary }, put('ключ/鍵/🔑', 'ünïcode')], { sync: true });
        expect(await engine.get('binary')).toEqual(binary);
        expect((await engine.get('ключ/鍵/🔑'))?.toString()).toBe('ünïcode');
      });

      test('may be empty, which is not the same as absent', async () => {
        await engine.batch([{ key: 'empty', value: new Uint8Array(0) }], { sync: false });
        expect(await engine.get('empty')).toEqual(Buffer.alloc(0));
        expect(await engine.get('absent')).toBeUndefined();
      });

      test('may be large', async () => {
        const large = Buffer.alloc(3 * 1024 * 1024, 'kubette');
        await engine.batch([{ key: 'large', value: large }], { sync: true });
        expect((await engine.get('large'))?.equals(large)).toBe(true);
      });

      test('are replaced by a later batch', async () => {
        await engine.batch([put('a', '1')], { sync: false });
        await engine.batch([put('a', '2')], { sync: false });
        expect((await engine.get('a'))?.toString()).toBe('2');
      });

      test('may have the names of JavaScript properties', async () => {
        await engine.batch([put('__proto__'), put('constructor')], { sync: false });
        expect((await engine.get('__proto__'))?.toString()).toBe('__proto__');
        expect(await engine.get('toString')).toBeUndefined();
      });

      test('take values that are no Buffers', async () => {
        await engine.batch([{ key: 'view', value: new Uint8Array([1, 2, 3]) }], { sync: false });
        expect(await engine.get('view')).toEqual(Buffer.from([1, 2, 3]));
      });

      test('come back from getMany in the order asked, with gaps', async () => {
        await engine.batch([put('a'), put('b')], { sync: false });
        expect((await engine.getMany(['b', 'nothing', 'a', 'b'])).map(String)).toEqual(['b', 'undefined', 'a', 'b']);
        expect(await engine.getMany([])).toEqual([]);
      });

      test('can be read at once where the engine says so', async () => {
        await engine.batch([put('a', '1')], { sync: false });
        if (!engine.traits.syncReads) return;
        expect(engine.getSync?.('a')?.toString()).toBe('1');
        expect(engine.getSync?.('b')).toBeUndefined();
      });
    });

    describe('a batch', () => {
      test('applies its operations in order', async () => {
        await engine.batch([put('a', '1'), del('a'), put('b', '1'), put('b', '2'), del('c')], { sync: true });
        expect((await rows(engine)).map(({ key, value }) => `${key}=${value.toString()}`)).toEqual(['b=2']);
      });

      test('without operations changes nothing', async () => {
        await engine.batch([], { sync: true });
        expect(await rows(engine)).toEqual([]);
      });

      test('is seen as a whole or not at all by a scan that runs beside it', async () => {
        const all = Array.from({ length: 3000 }, (_, i) => `k${String(i).padStart(5, '0')}`);
        await engine.batch(all.map((key) => put(key, 'old')), { sync: false });
        const seen = new Set<string>();
        let writing: Promise<void> | undefined;
        for await (const page of engine.scan({ from: '', to: undefined })) {
          writing ??= engine.batch(all.map((key) => put(key, 'new')), { sync: false });
          for (const { value } of page) seen.add(value.toString());
          await writing;
        }
        expect([...seen]).toEqual(['old']);
      });

      test('follows the one before it without waiting in between', async () => {
        await Promise.all(Array.from({ length: 50 }, (_, i) => engine.batch([put('counter', String(i)), put(`k${i}`)], { sync: i % 2 === 0 })));
        expect(await keys(engine)).toHaveLength(51);
        expect((await engine.get('counter'))?.toString()).toBe('49');
      });
    });

    describe('a scan', () => {
      // As UTF-16 the third sorts before the second.
      const names = ['a', 'a/b', 'a0', 'b', '\uffee', '😀'];

      beforeEach(() => engine.batch([...names].reverse().map((key) => put(key)), { sync: false }));

      test('sorts by the bytes of the keys', async () => {
        expect(await keys(engine)).toEqual([...names].sort(compareBytes));
        expect(await keys(engine)).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      });

      test.each([
        { range: { from: 'a', to: 'b' }, found: ['a', 'a/b', 'a0'] },
        { range: { from: 'a/', to: 'a0' }, found: ['a/b'] },
        { range: { from: 'a0', to: 'b', limit: 5 }, found: ['a0'] },
        { range: { from: 'c', to: 'd' }, found: [] },
        { range: { from: 'b', to: 'a' }, found: [] },
        { range: { from: '', to: undefined, limit: 2 }, found: ['a', 'a/b'] },
        { range: { from: '', to: undefined, limit: 0 }, found: [] },
        { range: { from: '', to: 'b', reverse: true }, found: ['a0', 'a/b', 'a'] },
        { range: { from: 'a', to: undefined, reverse: true, limit: 1 }, found: ['😀'] },
      ])('of $range finds $found', async ({ range, found }) => {
        expect(await keys(engine, range)).toEqual(found);
      });

      test('of keys only has empty values', async () => {
        expect((await rows(engine, { values: false, limit: 1 }))[0]).toEqual({ key: 'a', value: Buffer.alloc(0) });
      });

      test('can be left early', async () => {
        for await (const page of engine.scan({ from: '', to: undefined })) {
          expect(page[0]?.key).toBe('a');
          break;
        }
        expect(await keys(engine, { limit: 1 })).toEqual(['a']);
      });

      test('pages through many rows', async () => {
        const many = Array.from({ length: 5000 }, (_, i) => `m/${String(i).padStart(6, '0')}`);
        await engine.batch(many.map((key) => put(key, 'x'.repeat(500))), { sync: false });
        let largest = 0;
        const found: string[] = [];
        for await (const page of engine.scan({ from: 'm/', to: 'm0' })) {
          largest = Math.max(largest, page.length);
          found.push(...page.map(({ key }) => key));
        }
        expect(found).toEqual(many);
        expect(largest).toBeLessThanOrEqual(1000);
      });
    });

    describe('recovery', () => {
      test('keeps everything that was written', async () => {
        await engine.batch([put('a'), put('b')], { sync: true });
        await engine.recover();
        expect(await keys(engine)).toEqual(['a', 'b']);
        await engine.batch([put('c')], { sync: true });
        expect(await keys(engine)).toEqual(['a', 'b', 'c']);
      });

      test('lets reads that were under way, and those that come meanwhile, succeed or fail with io', async () => {
        await engine.batch([put('a')], { sync: true });
        const outcomes = await Promise.allSettled([engine.recover(), engine.get('a'), keys(engine), engine.getMany(['a'])]);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'io' });
        }
        expect(await engine.get('a')).toEqual(bytes('a'));
      });
    });

    describe('closed', () => {
      test('twice is once', async () => {
        await Promise.all([engine.close(), engine.close()]);
        await engine.close();
      });

      test('rejects everything with closed', async () => {
        const own = await (await subject.create()).open();
        await own.close();
        if ('inner' in own) await (own.inner as StorageEngine).close();
        expect(await codeOf(own.get('a'))).toBe('closed');
        expect(await codeOf(own.getMany(['a']))).toBe('closed');
        expect(await codeOf(rows(own))).toBe('closed');
        expect(await codeOf(own.batch([put('a')], { sync: true }))).toBe('closed');
        expect(await codeOf(own.recover())).toBe('closed');
        if (own.traits.syncReads) expect(() => own.getSync?.('a')).toThrow(expect.objectContaining({ code: 'closed' }));
      });
    });

    describe('opened again', () => {
      test('has every row', async () => {
        await engine.batch([put('a', '1'), put('b', '1')], { sync: true });
        await engine.batch([del('a'), put('b', '2')], { sync: false });
        await engine.close();
        engine = await data.open();
        expect((await rows(engine)).map(({ key, value }) => `${key}=${value.toString()}`)).toEqual(['b=2']);
      });
    });
  });
}
