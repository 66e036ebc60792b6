import { FakeClock } from '../../src/base/fake-clock.js';
import type { StorageEngine } from '../../src/storage/engine.js';
import { jsonCodec, openStore, revision, StorageError, type Change, type Entry, type Store, type StoreOptions } from '../../src/storage/index.js';
import { MemoryEngine } from '../../src/storage/engines/memory/index.js';
import { WatchCache } from '../../src/watch/index.js';
import type { EngineData, EngineUnderTest } from '../support/storage-engines.js';
import { FaultyEngine } from '../support/storage-faulty-engine.js';
import { line, place, pod, podKey, text } from '../support/storage-objects.js';

const A = podKey('a');
const B = podKey('b');
const C = podKey('c');

async function errorOf(promise: Promise<unknown>): Promise<StorageError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('expected a StorageError');
}

const codeOf = async (promise: Promise<unknown>): Promise<string> => (await errorOf(promise)).code;

/** What every store must do, whatever engine it stands on. */
export function storageConformance(subject: EngineUnderTest): void {
  describe(`store on ${subject.name}`, () => {
    let data: EngineData;
    let clock: FakeClock;
    let engine: FaultyEngine;
    let store: Store;

    async function open(options: Partial<StoreOptions> = {}): Promise<Store> {
      const inner = await data.open();
      engine = new FaultyEngine(inner, { syncReads: inner.traits.syncReads });
      store = await openStore({ engine, clock, ...options });
      return store;
    }

    async function restart(options: Partial<StoreOptions> = {}): Promise<Store> {
      await store.close();
      return open(options);
    }

    const put = async (name: string, value = ''): Promise<Change> => (await store.commit([{ key: podKey(name), object: pod(name, { text: value }) }]))[0] as Change;
    const remove = async (name: string): Promise<Change> => (await store.commit([{ key: podKey(name), object: null }]))[0] as Change;
    const history = async (after: number, until: number = store.revision, prefix = ''): Promise<string[]> =>
      (await store.history(prefix, { after: revision(after), until: revision(until), limit: 1000 })).changes.map(line);
    const at = async (when: number, prefix = ''): Promise<string[]> => (await store.listAt(prefix, revision(when))).map(place);
    const now = (prefix = ''): string[] => store.list(prefix).map(place);

    beforeEach(async () => {
      clock = new FakeClock();
      data = await subject.create();
      await open();
    });

    afterEach(async () => {
      await store.close();
      await data.remove();
    });

    describe('a commit', () => {
      test('creates, updates and deletes with one sequence of revisions for all resources', async () => {
        const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' } };
        expect(line(await put('a'))).toBe('created default/a@1');
        await store.commit([{ key: 'coordination.k8s.io/leases/x', object: lease }]);
        expect(line(await put('a'))).toBe('updated default/a@3 <- 1');
        expect(line(await remove('a'))).toBe('deleted default/a@4 <- 3');
        expect(store.revision).toBe(4);
      });

      test('sets resourceVersion in the object and in its bytes, and keeps createRevision', async () => {
        await put('a', 'one');
        await put('a', 'two');
        const entry = store.get(A) as Entry;
        expect(entry).toMatchObject({ key: A, revision: 2, createRevision: 1 });
        expect(entry.object.metadata.resourceVersion).toBe('2');
        expect(JSON.parse(entry.json.toString())).toEqual(entry.object);
      });

      test('refuses objects of more than 1.5 MiB, and goes on', async () => {
        const large = pod('a', { text: 'x'.repeat(2 * 1024 * 1024) });
        expect(await codeOf(store.commit([{ key: A, object: large }]))).toBe('large');
        expect(now()).toEqual([]);
        expect((await put('b')).entry.revision).toBe(store.revision);
      });

      test('asks the codec what a large object counts for', async () => {
        await restart({ codec: { ...jsonCodec, size: () => 1 } });
        await store.commit([{ key: A, object: pod('a', { text: 'x'.repeat(2 * 1024 * 1024) }) }]);
        expect(now()).toHaveLength(1);
      });

      test('leaves resourceVersion where the object has it', async () => {
        const metadata = { name: 'a', resourceVersion: '', generation: 1 };
        await store.commit([{ key: A, object: { apiVersion: 'v1', kind: 'Pod', metadata } }]);
        expect(store.get(A)?.json.toString()).toBe('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","resourceVersion":"1","generation":1}}');
      });

      test('freezes the object all the way down', async () => {
        await store.commit([{ key: A, object: pod('a', { labels: { app: 'x' } }) }]);
        const object = store.get(A)?.object as ReturnType<typeof pod>;
        expect(() => ((object.metadata.labels as Record<string, string>).app = 'y')).toThrow(TypeError);
        expect(() => (object.spec.text = 'y')).toThrow(TypeError);
      });

      test('takes a frozen object, or one with frozen parts, as the base of a new version', async () => {
        const first = await put('a', 'one');
        await store.commit([{ key: B, object: first.entry.object }]);
        await store.commit([{ key: C, object: { ...first.entry.object, kind: 'Other' } }]);
        expect(first.entry.object.metadata.resourceVersion).toBe('1');
        expect(store.get(B)?.object.metadata.resourceVersion).toBe('2');
        expect(store.get(C)?.object).toMatchObject({ kind: 'Other', metadata: { resourceVersion: '3' } });
      });

      test('keeps text and keys of any kind', async () => {
        const object = JSON.parse('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ä/🔑"},"data":{"__proto__":"x","constructor":"y","\\u0000":"\\ud83d\\ude00 ünïcode"}}') as ReturnType<typeof pod>;
        const expected = JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: '1' } });
        await store.commit([{ key: 'core/configmaps/default/ä🔑', object }]);
        await restart();
        const entry = store.get('core/configmaps/default/ä🔑') as Entry;
        expect(entry.json.toString()).toBe(expected);
        expect(JSON.stringify(entry.object)).toBe(expected);
      });

      test('of nothing resolves without a revision', async () => {
        expect(await store.commit([])).toEqual([]);
        expect(store.revision).toBe(0);
      });

      test('that names a key twice is a bug', async () => {
        await expect(store.commit([{ key: A, object: pod('a') }, { key: A, object: null }])).rejects.toThrow(TypeError);
        expect(store.head(A)).toBeUndefined();
      });

      test('of an object that cannot be encoded changes nothing', async () => {
        const circular = pod('b') as ReturnType<typeof pod> & { self?: unknown };
        circular.self = circular.metadata;
        (circular.metadata as { self?: unknown }).self = circular.metadata;
        await expect(store.commit([{ key: A, object: pod('a') }, { key: B, object: circular }])).rejects.toThrow();
        expect(store.head(A)).toBeUndefined();
        expect((await put('a')).revision).toBe(1);
      });

      test('is durable before it resolves', async () => {
        const open = engine.hold();
        let done = false;
        const commit = put('a').then(() => (done = true));
        await new Promise((resolve) => setImmediate(resolve));
        expect({ done, durable: store.get(A), head: store.head(A)?.revision, revision: store.revision }).toEqual({ done: false, durable: undefined, head: 1, revision: 0 });
        open();
        await commit;
        expect(store.get(A)?.revision).toBe(1);
      });

      test('syncs to disk, unless told not to', async () => {
        await put('a');
        expect(engine.batches.at(-1)?.sync).toBe(true);
        await restart({ fsync: false });
        await put('a');
        expect(engine.batches.at(-1)?.sync).toBe(false);
      });

      test('shares a batch with all that wait', async () => {
        const open = engine.hold();
        const first = put('first');
        await new Promise((resolve) => setImmediate(resolve));
        const before = engine.batches.length;
        const rest = Array.from({ length: 50 }, (_, i) => put(`p${i}`));
        open();
        const changes = await Promise.all([first, ...rest]);
        expect(engine.batches.length - before).toBe(2);
        expect(changes.map((change) => change.revision)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
      });

      test('resolves and publishes in order of revision', async () => {
        const resolved: number[] = [];
        const published: number[] = [];
        store.subscribe({ published: (changes) => published.push(...changes.map((change) => change.revision)) });
        await Promise.all(
          Array.from({ length: 100 }, async (_, i) => {
            if (i % 3 === 0) await Promise.resolve();
            const change = await put(`p${i % 7}`);
            expect(store.revision).toBeGreaterThanOrEqual(change.revision);
            resolved.push(change.revision);
          }),
        );
        expect(published).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
        expect(resolved).toEqual(published);
      });
    });

    describe('a batch of several objects', () => {
      test('has one revision', async () => {
        await put('a', 'old');
        await put('b', 'old');
        const changes = await store.commit([
          { key: A, object: pod('a', { text: 'new' }) },
          { key: B, object: null },
          { key: C, object: pod('c') },
        ]);
        expect(changes.map(line)).toEqual(['updated default/a@3 <- 1', 'deleted default/b@3 <- 2', 'created default/c@3']);
        expect(store.revision).toBe(3);
        expect(await history(2)).toEqual(['updated default/a@3 <- 1', 'deleted default/b@3 <- 2', 'created default/c@3']);
        await restart();
        expect(now()).toEqual([`${A}@3`, `${C}@3`]);
      });

      test('is all or nothing', async () => {
        await put('a');
        const own = pod('b');
        expect(await codeOf(store.commit([{ key: B, expected: 0, object: own }, { key: A, expected: 0, object: pod('a') }]))).toBe('exists');
        expect(store.head(B)).toBeUndefined();
        expect(own.metadata.resourceVersion).toBeUndefined();
        expect((await put('c')).revision).toBe(2);
      });
    });

    describe('compare and set', () => {
      beforeEach(() => put('a'));

      test.each([
        { what: 'create what is there', key: A, expected: 0, value: 'x', code: 'exists', current: 1 },
        { what: 'update what is not there', key: B, expected: 1, value: 'x', code: 'missing', current: undefined },
        { what: 'update another revision', key: A, expected: 7, value: 'x', code: 'conflict', current: 1 },
        { what: 'delete what is not there', key: B, expected: undefined, value: null, code: 'missing', current: undefined },
        { what: 'delete a revision of what is not there', key: B, expected: 3, value: null, code: 'missing', current: undefined },
        { what: 'delete another revision', key: A, expected: 7, value: null, code: 'conflict', current: 1 },
      ])('refuses to $what', async ({ key, expected, value, code, current }) => {
        const error = await errorOf(store.commit([{ key, expected, object: value === null ? null : pod('x') }]));
        expect({ code: error.code, key: error.key, current: error.current?.revision }).toEqual({ code, key, current });
        expect(store.revision).toBe(1);
        expect(now()).toEqual([`${A}@1`]);
      });

      test.each([
        { what: 'create what is not there', key: B, expected: 0, value: 'x' },
        { what: 'update the expected revision', key: A, expected: 1, value: 'x' },
        { what: 'write whatever is there', key: A, expected: undefined, value: 'x' },
        { what: 'write where nothing is, whatever is there', key: B, expected: undefined, value: 'x' },
        { what: 'delete the expected revision', key: A, expected: 1, value: null },
        { what: 'delete whatever is there', key: A, expected: undefined, value: null },
      ])('lets one $what', async ({ key, expected, value }) => {
        const [change] = await store.commit([{ key, expected, object: value === null ? null : pod('x') }]);
        expect(change?.revision).toBe(2);
      });

      test('sees writes that are on their way', async () => {
        const open = engine.hold();
        const first = store.commit([{ key: A, expected: 1, object: pod('a') }]);
        expect(await codeOf(store.commit([{ key: A, expected: 1, object: pod('a') }]))).toBe('conflict');
        const second = store.commit([{ key: A, expected: 2, object: null }]);
        expect(store.head(A)).toBeUndefined();
        const third = store.commit([{ key: A, expected: 0, object: pod('a') }]);
        expect(store.get(A)?.revision).toBe(1);
        open();
        const changes = (await Promise.all([first, second, third])).flat();
        expect(changes.map(line)).toEqual(['updated default/a@2 <- 1', 'deleted default/a@3 <- 2', 'created default/a@4']);
        expect(store.get(A)?.createRevision).toBe(4);
      });

      test('lets exactly one of many writers win each round', async () => {
        let wins = 0;
        await Promise.all(
          Array.from({ length: 16 }, async () => {
            for (let done = 0; done < 10; ) {
              const current = store.head(A) as Entry;
              try {
                await store.commit([{ key: A, expected: current.revision, object: pod('a', { text: String(Number(text(current) || 0) + 1) }) }]);
                wins++;
                done++;
              } catch (error) {
                if (!(error instanceof StorageError) || error.code !== 'conflict') throw error;
              }
            }
          }),
        );
        expect(wins).toBe(160);
        expect(text(store.get(A))).toBe('160');
      });
    });

    describe('a deletion', () => {
      test('carries the last state with its own revision', async () => {
        await put('a', 'last');
        const change = await remove('a');
        expect(change.entry.object).toMatchObject({ metadata: { name: 'a', resourceVersion: '2' }, spec: { text: 'last' } });
        expect(JSON.parse(change.entry.json.toString())).toEqual(change.entry.object);
        expect(change.previous?.object.metadata.resourceVersion).toBe('1');
        expect(store.get(A)).toBeUndefined();
      });

      test('reads the same from the log, also after a restart', async () => {
        await put('a', 'last');
        await remove('a');
        await restart();
        const { changes } = await store.history('', { after: revision(1), until: revision(2), limit: 10 });
        expect(changes.map(line)).toEqual(['deleted default/a@2 <- 1']);
        expect(changes[0]?.entry.object).toMatchObject({ metadata: { resourceVersion: '2' }, spec: { text: 'last' } });
      });
    });

    describe('reads', () => {
      beforeEach(async () => {
        for (const name of ['b', 'a', 'default-2/x', 'default/c', 'a/z']) await put(name);
        await store.commit([{ key: 'core/podtemplates/default/t', object: pod('t') }]);
        await store.commit([{ key: 'apps/deployments/default/d', object: pod('d') }]);
      });

      test.each([
        { prefix: 'core/pods/', found: ['core/pods/a/z', 'core/pods/default-2/x', 'core/pods/default/a', 'core/pods/default/b', 'core/pods/default/c'] },
        { prefix: 'core/pods/default/', found: [A, B, C] },
        { prefix: 'core/pods/def/', found: [] },
        { prefix: 'core/', found: ['core/pods/a/z', 'core/pods/default-2/x', 'core/pods/default/a', 'core/pods/default/b', 'core/pods/default/c', 'core/podtemplates/default/t'] },
        { prefix: A, found: [A] },
        { prefix: 'core/pods/default', found: [] },
        { prefix: 'nothing/', found: [] },
      ])('of $prefix are sorted by key', async ({ prefix, found }) => {
        expect(store.list(prefix).map(({ key }) => key)).toEqual(found);
        expect(store.count(prefix)).toBe(found.length);
        expect((await store.listAt(prefix, store.revision)).map(({ key }) => key)).toEqual(found);
        expect((await store.listAt(prefix, revision(0))).map(({ key }) => key)).toEqual([]);
      });

      test('can be paged', () => {
        expect(store.list('core/pods/', { limit: 2 }).map(({ key }) => key)).toEqual(['core/pods/a/z', 'core/pods/default-2/x']);
        expect(store.list('core/pods/', { after: A, limit: 1 }).map(({ key }) => key)).toEqual([B]);
        expect(store.count('core/pods/', { after: A })).toBe(2);
        expect(store.list('core/pods/', { after: 'zzz' })).toEqual([]);
        expect(store.list('core/pods/', { after: 'apps/' })).toHaveLength(5);
      });

      test('are snapshots', async () => {
        const before = store.list('core/pods/default/');
        await remove('a');
        expect(before.map(place)).toEqual([`${A}@2`, `${B}@1`, `${C}@4`]);
      });
    });

    describe('the past', () => {
      beforeEach(async () => {
        await put('a', '1');
        await put('b', '2');
        await put('a', '3');
        await remove('b');
        await put('b', '5');
        await remove('a');
      });

      const states: Array<[number, string[]]> = [
        [0, []],
        [1, [`${A}@1`]],
        [2, [`${A}@1`, `${B}@2`]],
        [3, [`${A}@3`, `${B}@2`]],
        [4, [`${A}@3`]],
        [5, [`${A}@3`, `${B}@5`]],
        [6, [`${B}@5`]],
      ];

      test.each(states)('at revision %i reads as it was', async (when, expected) => {
        expect(await at(when)).toEqual(expected);
        await restart();
        expect(await at(when)).toEqual(expected);
        expect((await store.getAt(A, revision(when)))?.revision).toBe(Number(expected.find((e) => e.startsWith(A))?.split('@')[1] ?? 0) || undefined);
      });

      test('gives whole objects', async () => {
        const entry = await store.getAt(A, revision(2));
        expect(text(entry)).toBe('1');
        expect(entry).toMatchObject({ revision: 1, createRevision: 1 });
        expect((await store.getAt(B, revision(5)))?.createRevision).toBe(5);
      });

      test('has every change in order, also after a restart', async () => {
        const all = ['created default/a@1', 'created default/b@2', 'updated default/a@3 <- 1', 'deleted default/b@4 <- 2', 'created default/b@5', 'deleted default/a@6 <- 3'];
        expect(await history(0)).toEqual(all);
        await restart();
        expect(await history(0)).toEqual(all);
        expect(await history(2, 4)).toEqual(all.slice(2, 4));
        expect(await history(0, 6, A)).toEqual(all.filter((change) => change.includes('/a@')));
        expect(await history(6)).toEqual([]);
      });

      test('comes in pages that end with a revision', async () => {
        await store.commit([
          { key: A, object: pod('a') },
          { key: B, object: pod('b') },
          { key: C, object: pod('c') },
        ]);
        const first = await store.history('', { after: revision(5), until: store.revision, limit: 2 });
        expect({ until: first.until, changes: first.changes.map(place) }).toEqual({ until: 7, changes: [`${A}@6`, `${A}@7`, `${B}@7`, `${C}@7`] });
        const one = await store.history('', { after: revision(0), until: revision(5), limit: 2 });
        expect({ until: one.until, changes: one.changes.map(place) }).toEqual({ until: 2, changes: [`${A}@1`, `${B}@2`] });
        const none = await store.history('apps/deployments/', { after: revision(0), until: revision(5), limit: 2 });
        expect(none).toEqual({ until: 5, changes: [] });
      });

      test('has no future', async () => {
        expect(await codeOf(store.listAt('', revision(7)))).toBe('future');
        expect(await codeOf(store.getAt(A, revision(7)))).toBe('future');
        expect(await codeOf(store.compact(revision(7)))).toBe('future');
      });
    });

    describe('compaction', () => {
      beforeEach(async () => {
        await put('a', '1');
        await put('b', '2');
        await put('a', '3');
        await remove('b');
        await put('a', '5');
      });

      const rowsOf = async (source: StorageEngine): Promise<string[]> => {
        const keys: string[] = [];
        for await (const page of source.scan({ from: '', to: undefined, values: false })) keys.push(...page.map(({ key }) => key));
        return keys.filter((key) => !key.startsWith('m/')).map((key) => key.replace(/^([rh])\/0*(\d+)\/.*\/(.*)$/, '$1 $2 $3'));
      };

      test('keeps what stood at the floor and everything after it', async () => {
        await store.compact(revision(3));
        expect(store.floor).toBe(3);
        expect(await at(3)).toEqual([`${A}@3`, `${B}@2`]);
        expect(await at(4)).toEqual([`${A}@3`]);
        expect(await history(3)).toEqual(['deleted default/b@4 <- 2', 'updated default/a@5 <- 3']);
        expect(text(await store.getAt(A, revision(4)))).toBe('3');
      });

      test('ends what is before the floor', async () => {
        await store.compact(revision(3));
        expect(await codeOf(store.listAt('', revision(2)))).toBe('compacted');
        expect(await codeOf(store.getAt(A, revision(2)))).toBe('compacted');
        expect(await codeOf(history(2))).toBe('compacted');
      });

      test('deletes the rows that nobody can ask for any more', async () => {
        await store.compact(revision(3));
        expect(await rowsOf(engine)).toEqual(['h 4 b', 'h 5 a', `k/${A}`, 'r 2 b', 'r 3 a', 'r 4 b', 'r 5 a']);
        await store.compact(store.revision);
        expect(await rowsOf(engine)).toEqual([`k/${A}`, 'r 5 a']);
      });

      test('stays done after a restart', async () => {
        await store.compact(revision(4));
        await restart();
        expect(store.floor).toBe(4);
        expect(await codeOf(history(3))).toBe('compacted');
        expect(await history(4)).toEqual(['updated default/a@5 <- 3']);
        await store.compact(store.revision);
        expect(await rowsOf(engine)).toEqual([`k/${A}`, 'r 5 a']);
      });

      test('of everything does not let a revision be used twice', async () => {
        await remove('a');
        await store.compact(store.revision);
        expect(await rowsOf(engine)).toEqual([]);
        await restart();
        expect(store.revision).toBe(6);
        expect((await put('a')).revision).toBe(7);
      });

      test('goes forwards only', async () => {
        await store.compact(revision(4));
        await store.compact(revision(2));
        expect(store.floor).toBe(4);
      });

      test('leaves versions that somebody still holds readable', async () => {
        await restart();
        const held = store.get(A) as Entry;
        await put('a', '6');
        await store.compact(store.revision);
        expect(text(held)).toBe('5');
      });

      test('tells subscribers', async () => {
        const floors: number[] = [];
        store.subscribe({ compacted: (floor) => floors.push(floor) });
        await store.compact(revision(4));
        expect(floors).toEqual([4]);
      });

      test('happens by itself when history is old, and then nothing runs any more', async () => {
        await restart({ history: { maxAgeMs: 300_000 } });
        await clock.advance(299_000);
        expect(store.floor).toBe(0);
        await clock.advance(60_000);
        await store.compact(revision(0));
        expect(store.floor).toBe(5);
        expect(clock.timers).toBe(0);
        await clock.advance(24 * 3600_000);
        await put('a', '6');
        expect(clock.timers).toBe(1);
        expect(store.floor).toBe(5);
        await clock.advance(360_000);
        await store.compact(revision(0));
        expect(store.floor).toBe(6);
        expect(clock.timers).toBe(0);
      });

      test('happens by itself when there are too many revisions', async () => {
        await restart({ history: { maxRevisions: 100 } });
        for (let i = 0; i < 500; i++) await put(`p${i % 3}`);
        await store.compact(revision(0));
        expect(store.revision - store.floor).toBeGreaterThanOrEqual(100);
        expect(store.revision - store.floor).toBeLessThanOrEqual(111);
        expect((await rowsOf(engine)).length).toBeLessThan(300);
      });

      test('happens by itself when history takes too many bytes', async () => {
        await restart({ history: { maxBytes: 100_000 } });
        for (let i = 0; i < 100; i++) await put('a', 'x'.repeat(10_000));
        await store.compact(revision(0));
        expect(store.revision - store.floor).toBeGreaterThanOrEqual(9);
        expect(store.revision - store.floor).toBeLessThanOrEqual(12);
      });

      test('of much history runs in parts, beside writes', async () => {
        for (let i = 0; i < 3000; i += 100) await Promise.all(Array.from({ length: 100 }, (_, j) => put(`p${(i + j) % 10}`)));
        const compaction = store.compact(store.revision);
        const write = await put('a', 'beside');
        await compaction;
        expect(store.revision).toBe(write.revision);
        expect(await rowsOf(engine)).toHaveLength(11 * 2 + 2);
        expect(Math.max(...engine.batches.map(({ operations }) => operations.length))).toBeLessThan(2000);
      });
    });

    describe('a failing disk', () => {
      beforeEach(() => put('a', '1'));

      test.each(['lost', 'applied'] as const)('fails the batch (%s) and all that waits behind it, and head goes back', async (fault) => {
        const open = engine.hold();
        engine.faults.push(fault);
        const first = store.commit([{ key: A, expected: 1, object: pod('a', { text: '2' }) }]);
        await new Promise((resolve) => setImmediate(resolve));
        const second = store.commit([{ key: A, expected: 2, object: null }]);
        const third = store.commit([{ key: B, expected: 0, object: pod('b') }]);
        const codes = Promise.all([first, second, third].map(codeOf));
        open();
        expect(await codes).toEqual(['io', 'io', 'io']);
        expect(store.head(A)?.revision).toBe(1);
        expect(store.head(B)).toBeUndefined();
        expect(store.revision).toBe(1);
      });

      test.each(['lost', 'applied'] as const)('works again when the disk does (%s), and no revision comes twice', async (fault) => {
        await put('b', 'old');
        engine.faults.push(fault);
        expect(await codeOf(Promise.all([put('a', 'lost'), put('c', 'lost'), remove('b')]))).toBe('io');
        const change = await put('a', '2');
        expect(change.revision).toBeGreaterThan(5);
        expect(change.previous?.revision).toBe(1);
        expect(now()).toEqual([`${A}@${change.revision}`, `${B}@2`]);
        expect(await history(0)).toEqual(['created default/a@1', 'created default/b@2', `updated default/a@${change.revision} <- 1`]);
        await restart();
        expect(now()).toEqual([`${A}@${change.revision}`, `${B}@2`]);
        expect(text(store.get(B))).toBe('old');
        expect(store.revision).toBe(change.revision);
        expect(await history(0)).toEqual(['created default/a@1', 'created default/b@2', `updated default/a@${change.revision} <- 1`]);
      });

      test('keeps failing writes, and nothing else, until it has recovered', async () => {
        engine.faults.push('lost');
        engine.failingRecoveries = 2;
        expect(await codeOf(put('a'))).toBe('io');
        expect(await codeOf(put('a'))).toBe('io');
        expect(await codeOf(put('a'))).toBe('io');
        expect(text(store.get(A))).toBe('1');
        expect(await at(1)).toEqual([`${A}@1`]);
        expect((await put('a')).type).toBe('updated');
        expect(engine.recoveries).toBe(3);
      });

      test('publishes nothing of what failed', async () => {
        const published: string[] = [];
        store.subscribe({ published: (changes) => published.push(...changes.map(line)) });
        engine.faults.push('applied');
        await errorOf(put('a', 'lost'));
        await put('b');
        expect(published).toEqual(['created default/b@3']);
      });

      test('takes back several versions of one object', async () => {
        engine.faults.push('applied');
        await Promise.allSettled([put('a', '2'), put('a', '3'), remove('a'), put('a', '5')]);
        await put('b');
        await restart();
        expect(now()).toEqual([`${A}@1`, `${B}@6`]);
        expect(text(store.get(A))).toBe('1');
        expect(await history(0)).toEqual(['created default/a@1', 'created default/b@6']);
      });

      test.each(['lost', 'applied'] as const)('does not spoil a compaction (%s)', async (fault) => {
        for (let i = 0; i < 5; i++) await put('a', String(i));
        engine.faults.push(fault);
        expect(await codeOf(store.compact(revision(4)))).toBe('io');
        await put('b');
        await store.compact(revision(4));
        expect(store.floor).toBe(4);
        expect(await history(4)).toEqual(['updated default/a@5 <- 4', 'updated default/a@6 <- 5', 'created default/b@7']);
        await restart();
        expect(store.floor).toBe(4);
        expect(now()).toEqual([`${A}@6`, `${B}@7`]);
      });

      test('at the first start leaves nothing behind', async () => {
        const fresh = await subject.create();
        const failing = new FaultyEngine(await fresh.open());
        failing.faults.push('lost');
        await expect(openStore({ engine: failing, clock })).rejects.toThrow();
        const again = await openStore({ engine: await fresh.open(), clock });
        expect(again.revision).toBe(0);
        await again.close();
        await fresh.remove();
      });
    });

    describe('a restart', () => {
      test('keeps objects, revisions and history', async () => {
        await put('a', '1');
        await put('b', '2');
        await put('a', '3');
        await restart();
        expect(store.revision).toBe(3);
        expect(now()).toEqual([`${A}@3`, `${B}@2`]);
        expect(store.get(A)).toMatchObject({ revision: 3, createRevision: 1 });
        expect(text(store.get(A))).toBe('3');
        const error = await errorOf(store.commit([{ key: A, expected: 1, object: pod('a') }]));
        expect({ code: error.code, current: text(error.current) }).toEqual({ code: 'conflict', current: '3' });
        expect(line(await put('a', '4'))).toBe('updated default/a@4 <- 3');
      });

      test('lets many objects be read together, whatever happens to them meanwhile', async () => {
        for (const name of ['a', 'b', 'c']) await put(name, name);
        await restart();
        const entries = store.list('');
        const loaded = store.load(entries);
        await Promise.all([put('b', 'new'), store.load(entries), loaded]);
        await store.compact(store.revision);
        const before = engine.syncReads;
        expect(entries.map(text)).toEqual(['a', 'b', 'c']);
        expect(store.list('').map(text)).toEqual(['a', 'new', 'c']);
        expect(engine.syncReads).toBe(before);
        await store.load(store.list(''));
        await store.close();
        await expect(store.load(entries)).resolves.toBeUndefined();
      });

      test('lets a watch go on from a revision before it', async () => {
        await put('a', '1');
        await put('b', '2');
        await restart();
        const cache = new WatchCache(store);
        const watcher = cache.watch('core/pods/', { from: revision(1), signal: AbortSignal.timeout(10_000) });
        await put('a', '3');
        const seen: string[] = [];
        for await (const changes of watcher) {
          seen.push(...changes.map(line));
          if (seen.length >= 2) break;
        }
        expect(seen).toEqual(['created default/b@2', 'updated default/a@3 <- 1']);
      });

      test('of an empty store is an empty store', async () => {
        await restart();
        expect(store.revision).toBe(0);
        expect(now()).toEqual([]);
      });
    });

    describe('the format', () => {
      const write = async (key: string, value: string): Promise<void> => {
        await store.close();
        const raw = await data.open();
        await raw.batch([{ key, value: Buffer.from(value) }], { sync: true });
        await raw.close();
      };

      afterEach(async () => {
        data = await subject.create();
        await open();
      });

      test('of a newer version is refused', async () => {
        await write('m/format', '2');
        const error = await errorOf(open());
        expect(error.code).toBe('corrupt');
        expect(error.message).toContain('format 2');
      });

      test('that is none is refused', async () => {
        await write('m/format', 'hello');
        expect(await codeOf(open())).toBe('corrupt');
      });

      test('of damaged meta rows is refused', async () => {
        await write('m/floor', 'x');
        expect(await codeOf(open())).toBe('corrupt');
      });

      test('of a foreign database is refused', async () => {
        await store.close();
        data = await subject.create();
        const raw = await data.open();
        await raw.batch([{ key: 'something', value: Buffer.from('else') }], { sync: true });
        await raw.close();
        expect(await codeOf(open())).toBe('corrupt');
      });
    });

    describe('a time to live', () => {
      const putFor = (name: string, ttlMs: number): Promise<readonly Change[]> => store.commit([{ key: podKey(name), object: pod(name), ttlMs }]);

      test('ends with a deletion', async () => {
        await putFor('a', 10_000);
        await putFor('b', 5_000);
        await putFor('c', 20_000);
        expect(store.get(A)?.expires).toBe(clock.now() + 10_000);
        await clock.advance(4_999);
        expect(now()).toHaveLength(3);
        await clock.advance(5_001);
        await store.commit([{ key: podKey('z'), object: pod('z') }]);
        expect(now()).toEqual([`${C}@3`, `${podKey('z')}@6`]);
        expect((await history(3)).slice(0, 2)).toEqual(['deleted default/b@4 <- 2', 'deleted default/a@5 <- 1']);
      });

      test('starts again with every write, and stops with one that has none', async () => {
        await putFor('a', 10_000);
        await putFor('b', 10_000);
        await clock.advance(9_000);
        await putFor('a', 10_000);
        await put('b');
        await clock.advance(9_000);
        await put('c');
        expect(now()).toHaveLength(3);
        await clock.advance(1_000);
        await put('c');
        expect(now().map((entry) => entry.split('@')[0])).toEqual([B, C]);
      });

      test('goes on after a restart', async () => {
        await putFor('a', 10_000);
        await restart();
        await clock.advance(10_000);
        await put('b');
        expect(now()).toEqual([`${B}@3`]);
      });

      test('is tried again when the disk fails', async () => {
        await putFor('a', 10_000);
        engine.faults.push('lost');
        await clock.advance(10_000);
        await put('b');
        expect(now()).toHaveLength(2);
        await clock.advance(10_000);
        await put('b');
        expect(now().map((entry) => entry.split('@')[0])).toEqual([B]);
      });
    });

    describe('closed', () => {
      test('finishes what was accepted', async () => {
        const open = engine.hold();
        const commit = put('a');
        const closing = store.close();
        open();
        expect((await commit).revision).toBe(1);
        await closing;
      });

      test('twice is once, and leaves no timer behind', async () => {
        await store.commit([{ key: A, object: pod('a'), ttlMs: 1000 }]);
        expect(clock.timers).toBeGreaterThan(0);
        await Promise.all([store.close(), store.close()]);
        expect(clock.timers).toBe(0);
      });

      test('refuses everything with closed', async () => {
        await put('a');
        await store.close();
        expect(await codeOf(put('a'))).toBe('closed');
        expect(await codeOf(history(0))).toBe('closed');
        expect(await codeOf(at(0))).toBe('closed');
        expect(await codeOf(store.compact(revision(1)))).toBe('closed');
      });

      test('tells subscribers, after the last change', async () => {
        const told: string[] = [];
        store.subscribe({ published: (changes) => told.push(...changes.map(line)), closed: () => told.push('closed') });
        void put('a');
        await store.close();
        expect(told).toEqual(['created default/a@1', 'closed']);
      });
    });

    test('a listener that throws does not harm the others', async () => {
      const seen: string[] = [];
      store.subscribe({
        published: () => {
          throw new Error('mine');
        },
      });
      const stop = store.subscribe({ published: (changes) => seen.push(...changes.map(line)) });
      await put('a');
      stop();
      await put('b');
      expect(seen).toEqual(['created default/a@1']);
    });

    test('two stores share nothing', async () => {
      const other = await openStore({ engine: new MemoryEngine(), clock });
      await put('a');
      expect(other.revision).toBe(0);
      expect(other.get(A)).toBeUndefined();
      await other.close();
    });
  });
}
