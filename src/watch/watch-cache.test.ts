import { labelMatcherFromSet, LabelMatcher, parseLabelSelector } from '../api/label-selector.js';
import { FakeClock } from '../base/fake-clock.js';
import { openStore, revision, StorageError, type Change, type Store } from '../storage/index.js';
import { line, place, pod, podKey, type TestPod } from '../../test/support/storage-objects.js';
import { WatchCache, type Watcher } from './index.js';

let clock: FakeClock;
let store: Store;
let cache: WatchCache;
let stop: AbortController;

beforeEach(async () => {
  clock = new FakeClock();
  stop = new AbortController();
  store = await openStore({ engine: 'memory', clock });
  cache = new WatchCache(store);
});

afterEach(async () => {
  stop.abort();
  await store.close();
});

const put = async (name: string, more: Parameters<typeof pod>[1] = {}): Promise<Change> => (await store.commit([{ key: podKey(name), object: pod(name, more) }]))[0] as Change;
const remove = async (name: string): Promise<Change> => (await store.commit([{ key: podKey(name), object: null }]))[0] as Change;
const names = ({ entries }: { entries: readonly { key: string }[] }): string[] => entries.map(({ key }) => key.split('/').slice(2).join('/'));
const watch = (from: number, prefix = 'core/pods/'): Watcher => cache.watch(prefix, { from: revision(from), signal: stop.signal });

/** The next batch; fails the test when the watcher ends instead. */
async function batch(watcher: Watcher): Promise<string[]> {
  const { value, done } = await watcher.next();
  if (done) throw new Error('the watch has ended');
  return value.map(line);
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
  throw new Error('expected a StorageError');
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('lists', () => {
  beforeEach(async () => {
    for (const name of ['b', 'a', 'kube-system/dns', 'c']) await put(name);
    await store.commit([{ key: 'core/nodes/node-0', object: pod('node-0') }]);
  });

  test('show what is durable, at the newest revision', async () => {
    expect(names(cache.list('core/pods/'))).toEqual(['default/a', 'default/b', 'default/c', 'kube-system/dns']);
    expect(names(cache.list('core/pods/kube-system/'))).toEqual(['kube-system/dns']);
    expect(cache.list('core/nodes/')).toMatchObject({ revision: 5, remaining: 0 });
    expect(cache.list('').entries).toHaveLength(5);
    expect(cache.count('core/pods/default/')).toBe(3);
    expect(cache.get(podKey('a'))?.revision).toBe(2);
    expect(cache.get(podKey('z'))).toBeUndefined();
  });

  test('are the same array until something changes, and never change afterwards', async () => {
    const first = cache.list('core/pods/').entries;
    await store.commit([{ key: 'core/nodes/node-1', object: pod('node-1') }]);
    expect(cache.list('core/pods/').entries).toBe(first);
    await remove('a');
    expect(cache.list('core/pods/').entries).toHaveLength(3);
    expect(first).toHaveLength(4);
  });

  test('come in pages that say how much is left', () => {
    const first = cache.list('core/pods/', { limit: 2 });
    expect({ names: names(first), remaining: first.remaining }).toEqual({ names: ['default/a', 'default/b'], remaining: 2 });
    const rest = cache.list('core/pods/', { after: podKey('b'), limit: 2 });
    expect({ names: names(rest), remaining: rest.remaining }).toEqual({ names: ['default/c', 'kube-system/dns'], remaining: 0 });
  });

  test('of an older revision are put together from the window', async () => {
    await remove('a');
    await put('b', { text: 'new' });
    await put('aa');
    const then = revision(5);
    const old = cache.list('core/pods/default/', { at: then });
    expect(old).toMatchObject({ revision: 5, remaining: 0 });
    expect(old.entries.map(place)).toEqual([`${podKey('a')}@2`, `${podKey('b')}@1`, `${podKey('c')}@4`]);
    const page = cache.list('core/pods/default/', { at: then, after: podKey('a'), limit: 1 });
    expect({ names: names(page), remaining: page.remaining }).toEqual({ names: ['default/b'], remaining: 1 });
    expect(names(cache.list('core/nodes/', { at: then }))).toEqual(['node-0']);
  });

  test('of a revision that the window has lost come from the log, until that is compacted', async () => {
    const narrow = new WatchCache(store, { maxEvents: 2 });
    for (const name of ['a', 'a', 'a']) await put(name);
    expect(await codeOf(() => narrow.list('core/pods/', { at: revision(5) }))).toBe('compacted');
    const page = await narrow.listAt('core/pods/default/', revision(5), { after: podKey('a'), limit: 1 });
    expect({ names: names(page), remaining: page.remaining }).toEqual({ names: ['default/b'], remaining: 1 });
    expect((await narrow.listAt('core/pods/', revision(5))).entries.map(place)[0]).toBe(`${podKey('a')}@2`);
    await store.compact(revision(7));
    expect(await codeOf(() => narrow.listAt('core/pods/', revision(5)))).toBe('compacted');
  });

  test('of the future do not exist', async () => {
    expect(await codeOf(() => cache.list('core/pods/', { at: revision(6) }))).toBe('future');
    expect(await codeOf(() => cache.listAt('core/pods/', revision(6)))).toBe('future');
  });
});

describe('a watcher', () => {
  test('gets every change after its revision once, in order', async () => {
    await put('a');
    const watcher = watch(1);
    await put('a');
    await put('b');
    await remove('a');
    expect(await batch(watcher)).toEqual(['updated default/a@2 <- 1', 'created default/b@3', 'deleted default/a@4 <- 2']);
    await put('c');
    expect(await batch(watcher)).toEqual(['created default/c@5']);
  });

  test('gets what is in the window already', async () => {
    await put('a');
    await put('b');
    expect(await batch(watch(0))).toEqual(['created default/a@1', 'created default/b@2']);
    expect(await batch(watch(1))).toEqual(['created default/b@2']);
  });

  test('waits for the next change', async () => {
    const pending = batch(watch(0));
    await put('a');
    expect(await pending).toEqual(['created default/a@1']);
  });

  test('of a namespace or of one object gets nothing else', async () => {
    const namespace = batch(watch(0, 'core/pods/kube-system/'));
    const single = batch(watch(0, podKey('a')));
    const similar = batch(watch(0, podKey('a-1')));
    await put('b');
    await put('a-1');
    await put('a');
    await put('kube-system/x');
    expect(await Promise.all([namespace, single, similar])).toEqual([['created kube-system/x@4'], ['created default/a@3'], ['created default/a-1@2']]);
  });

  test('shares the changes with all others', async () => {
    const watchers = [watch(0), watch(0)];
    const [own] = await store.commit([{ key: podKey('a'), object: pod('a') }]);
    const [first, second] = await Promise.all(watchers.map(async (watcher) => (await watcher.next()).value?.[0]));
    expect(first).toBe(own);
    expect(second).toBe(own);
    own?.cache.set('application/json', Buffer.from('{}'));
    expect(second?.cache.get('application/json')?.toString()).toBe('{}');
  });

  test('gets at most some hundred changes at a time, never half a revision', async () => {
    for (let i = 0; i < 400; i++) await put(`p${i}`);
    await store.commit(Array.from({ length: 300 }, (_, i) => ({ key: podKey(`q${i}`), object: pod(`q${i}`) })));
    await put('last');
    const watcher = watch(0);
    const first = await watcher.next();
    expect(first.value?.at(-1)?.revision).toBe(401);
    expect(first.value).toHaveLength(700);
    expect(watcher.revision).toBe(401);
    expect(await batch(watcher)).toEqual(['created default/last@402']);
  });

  test('knows how far it has come, also past changes of others', async () => {
    const watcher = watch(0, 'core/pods/kube-system/');
    await put('a');
    await store.commit([{ key: 'core/nodes/node-0', object: pod('node-0') }]);
    expect(watcher.revision).toBe(2);
    await put('kube-system/x');
    await put('b');
    expect(watcher.revision).toBe(2);
    expect(await batch(watcher)).toEqual(['created kube-system/x@3']);
    expect(watcher.revision).toBe(4);
  });

  test('is not woken by what it does not watch', async () => {
    let settled = false;
    const watcher = watch(0, 'core/pods/kube-system/');
    const next = watcher.next().then(() => (settled = true));
    for (let i = 0; i < 10; i++) await put('a');
    await turn();
    expect(settled).toBe(false);
    await put('kube-system/x');
    await next;
  });

  test('that nobody reads holds up nobody and may go on where it was', async () => {
    const slow = watch(0);
    for (let i = 0; i < 1000; i++) await put('a');
    const seen: number[] = [];
    while (seen.length < 1000) seen.push(...((await slow.next()).value ?? []).map((change) => change.revision));
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  test('that was passed by the window goes on in the log, and ends as compacted when that is gone too', async () => {
    const narrow = new WatchCache(store, { maxEvents: 10 });
    const slow = narrow.watch('core/pods/', { from: revision(0), signal: stop.signal });
    const slower = narrow.watch('core/pods/', { from: revision(0), signal: stop.signal });
    for (let i = 0; i < 100; i++) await put('a');
    const seen: number[] = [];
    while (seen.length < 100) seen.push(...((await slow.next()).value ?? []).map((change) => change.revision));
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    await store.compact(revision(50));
    expect(await codeOf(() => slower.next())).toBe('compacted');
    expect(await slower.next()).toEqual({ done: true, value: undefined });
    expect(await codeOf(() => narrow.watch('core/pods/', { from: revision(49), signal: stop.signal }).next())).toBe('compacted');
    expect((await narrow.watch('core/pods/', { from: revision(50), signal: stop.signal }).next()).value?.[0]?.revision).toBe(51);
  });

  test('whose resource has not changed since outlives the compaction of everything else', async () => {
    await store.commit([{ key: 'core/nodes/node-0', object: pod('node-0') }]);
    for (let i = 0; i < 10; i++) await put('a');
    await store.compact(store.revision);
    const watcher = watch(1, 'core/nodes/');
    expect(watcher.revision).toBe(11);
    await store.commit([{ key: 'core/nodes/node-1', object: pod('node-1') }]);
    expect((await watcher.next()).value?.map(place)).toEqual(['core/nodes/node-1@12']);
  });

  test('cannot start in the future, nor at no resource', async () => {
    expect(await codeOf(() => watch(1))).toBe('future');
    expect(() => watch(0, 'core/')).toThrow(TypeError);
    expect(() => watch(0, '')).toThrow(TypeError);
  });

  test('ends when its signal aborts, waiting or not', async () => {
    const waiting = watch(0).next();
    const idle = watch(0);
    await turn();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await idle.next()).toEqual({ done: true, value: undefined });
    expect(await watch(0).next()).toEqual({ done: true, value: undefined });
  });

  test('that waits can be interrupted, gets an empty batch then and goes on', async () => {
    const watcher = watch(0);
    const waiting = watcher.next();
    watcher.interrupt();
    expect(await waiting).toEqual({ done: false, value: [] });
    // Without a pending next there is nothing to interrupt.
    watcher.interrupt();
    const next = batch(watcher);
    await put('a');
    expect(await next).toHaveLength(1);
  });

  test('ends when the loop over it is left', async () => {
    await put('a');
    const watcher = watch(0);
    for await (const changes of watcher) {
      expect(changes).toHaveLength(1);
      break;
    }
    expect((await watcher.next()).done).toBe(true);
  });

  test('fails with closed when the store closes', async () => {
    const waiting = codeOf(() => watch(0).next());
    const idle = watch(0);
    await turn();
    await store.close();
    expect(await waiting).toBe('closed');
    expect(await codeOf(() => idle.next())).toBe('closed');
  });

  test('takes one next at a time', async () => {
    const watcher = watch(0);
    const first = batch(watcher);
    await expect(watcher.next()).rejects.toThrow(TypeError);
    await put('a');
    expect(await first).toEqual(['created default/a@1']);
  });

  test('is woken once for all that a group of commits has brought', async () => {
    const watcher = watch(0);
    const pending = batch(watcher);
    await Promise.all(['a', 'b', 'c'].map((name) => put(name)));
    expect(await pending).toEqual(['created default/a@1', 'created default/b@2', 'created default/c@3']);
  });
});

describe('list and watch', () => {
  test('loses nothing and repeats nothing while others write', async () => {
    const state = new Map<string, number>();
    const writing = (async () => {
      for (let i = 0; i < 300; i++) {
        if (i % 7 === 6) await remove(`p${(i - 1) % 20}`);
        else await put(`p${i % 20}`);
      }
    })();
    await put('x');
    const { entries, revision: from, watcher } = cache.listAndWatch('core/pods/', { signal: stop.signal });
    for (const entry of entries) state.set(entry.key, entry.revision);
    let last: number = from;
    const reading = (async () => {
      for await (const changes of watcher) {
        for (const change of changes) {
          expect(change.revision).toBe(last + 1);
          last = change.revision;
          expect(state.get(change.key)).toBe(change.previous?.revision);
          if (change.type === 'deleted') state.delete(change.key);
          else state.set(change.key, change.revision);
        }
        if (last === 301) return;
      }
    })();
    await Promise.all([writing, reading]);
    expect([...state].map(([key, at]) => `${key}@${at}`).sort()).toEqual(cache.list('core/pods/').entries.map(place).sort());
  });
});

describe('label selectors', () => {
  beforeEach(async () => {
    await put('a', { labels: { app: 'web', tier: 'front' } });
    await put('b', { labels: { app: 'web', tier: 'back' } });
    await put('c', { labels: { app: 'db' } });
    await put('d');
    await put('other/e', { labels: { app: 'web', tier: 'front' } });
  });

  test.each([
    { selector: '', found: ['default/a', 'default/b', 'default/c', 'default/d', 'other/e'] },
    { selector: 'app=web', found: ['default/a', 'default/b', 'other/e'] },
    { selector: 'app==db', found: ['default/c'] },
    { selector: 'app in (db,web)', found: ['default/a', 'default/b', 'default/c', 'other/e'] },
    { selector: 'app=web,tier=front', found: ['default/a', 'other/e'] },
    { selector: 'app=web,tier!=front', found: ['default/b'] },
    { selector: 'app notin (web)', found: ['default/c', 'default/d'] },
    { selector: 'tier', found: ['default/a', 'default/b', 'other/e'] },
    { selector: '!tier', found: ['default/c', 'default/d'] },
    { selector: 'app=nothing', found: [] },
    { selector: 'constructor', found: [] },
  ])('$selector finds $found', ({ selector, found }) => {
    // The second time the index is there.
    for (let i = 0; i < 2; i++) {
      expect(names(cache.selectLabels('core/pods/', parseLabelSelector(selector)))).toEqual(found);
      expect(names(cache.selectLabels('core/pods/default/', parseLabelSelector(selector)))).toEqual(found.filter((name) => name.startsWith('default/')));
    }
  });

  test('that match nothing find nothing', () => {
    expect(cache.selectLabels('core/pods/', LabelMatcher.nothing).entries).toEqual([]);
  });

  test('follow every change', async () => {
    const web = (): string[] => names(cache.selectLabels('core/pods/', labelMatcherFromSet({ app: 'web' })));
    expect(web()).toEqual(['default/a', 'default/b', 'other/e']);
    await put('d', { labels: { app: 'web' } });
    await put('a', { labels: { app: 'db' } });
    await remove('b');
    expect(web()).toEqual(['default/d', 'other/e']);
    await remove('d');
    await put('other/e', { labels: { app: 'web', other: 'x' } });
    expect(web()).toEqual(['other/e']);
    expect(cache.selectLabels('core/pods/', labelMatcherFromSet({ app: 'web' })).entries[0]).toBe(cache.get(podKey('other/e')));
    await remove('other/e');
    expect(web()).toEqual([]);
  });

  test('stay right when more labels are asked for than there are indexes', async () => {
    for (let i = 0; i < 100; i++) {
      await put('d', { labels: { [`label-${i}`]: 'x', app: 'web' } });
      expect(names(cache.selectLabels('core/pods/', labelMatcherFromSet({ [`label-${i}`]: 'x' })))).toEqual(['default/d']);
      expect(names(cache.selectLabels('core/pods/', labelMatcherFromSet({ [`label-${i - 1}`]: 'x' })))).toEqual([]);
    }
  });

  test('look at none of the objects that do not match', async () => {
    let reads = 0;
    for (let i = 0; i < 1000; i++) await put(`p${i}`, { labels: { app: `app-${i % 100}`, common: 'x' } });
    const counting = new Proxy(labelMatcherFromSet({ common: 'x', app: 'app-7' }), {
      get: (target, name) => (name === 'matches' ? (labels: Record<string, string>) => (reads++, target.matches(labels)) : (Reflect.get(target, name) as unknown)),
    });
    expect(cache.selectLabels('core/pods/', counting).entries).toHaveLength(10);
    expect(reads).toBe(10);
  });
});

describe('field indexes', () => {
  const nodeName = (object: unknown): string | undefined => (object as TestPod).spec.nodeName;

  test('find objects by a field and follow every change', async () => {
    await put('a', { nodeName: 'node-0' });
    cache.index('core/pods/', 'spec.nodeName', nodeName);
    const on = (node: string): string[] => names(cache.selectField('core/pods/', 'spec.nodeName', node));
    expect(on('node-0')).toEqual(['default/a']);
    await put('c', { nodeName: 'node-0' });
    await put('b', { nodeName: 'node-0' });
    await put('d');
    expect(on('node-0')).toEqual(['default/a', 'default/b', 'default/c']);
    await put('a', { nodeName: 'node-1' });
    await remove('b');
    expect(on('node-0')).toEqual(['default/c']);
    expect(on('node-1')).toEqual(['default/a']);
    expect(on('node-2')).toEqual([]);
    expect(names(cache.selectField('core/pods/other/', 'spec.nodeName', 'node-1'))).toEqual([]);
  });

  test('must be declared, once', () => {
    expect(() => cache.selectField('core/pods/', 'spec.nodeName', 'x')).toThrow(TypeError);
    cache.index('core/pods/', 'spec.nodeName', nodeName);
    expect(() => cache.index('core/pods/', 'spec.nodeName', nodeName)).toThrow(TypeError);
  });
});

describe('the window', () => {
  test('is bounded in events and bytes', async () => {
    const narrow = new WatchCache(store, { maxBytes: 50_000 });
    for (let i = 0; i < 100; i++) await put('a', { text: 'x'.repeat(5000) });
    expect(await codeOf(() => narrow.list('core/pods/', { at: revision(85) }))).toBe('compacted');
    expect(narrow.list('core/pods/', { at: revision(95) }).entries.map(place)).toEqual([`${podKey('a')}@95`]);
  });

  test('lets go of what the store has compacted', async () => {
    await put('a');
    await put('a');
    await put('a');
    await store.compact(revision(2));
    expect(await codeOf(() => cache.list('core/pods/', { at: revision(1) }))).toBe('compacted');
    expect(cache.list('core/pods/', { at: revision(2) }).entries.map(place)).toEqual([`${podKey('a')}@2`]);
  });
});
