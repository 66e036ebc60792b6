import fc from 'fast-check';
import { FakeClock } from '../../src/base/fake-clock.js';
import { openStore, revision, StorageError, type Change, type Operation, type Store } from '../../src/storage/index.js';
import { WatchCache } from '../../src/watch/index.js';
import { eagerUnderTest, levelUnderTest, memoryUnderTest, type EngineData } from '../support/storage-engines.js';
import { line, place, pod, podKey, text } from '../support/storage-objects.js';

type Step =
  | { readonly do: 'commit'; readonly operations: ReadonlyArray<{ readonly name: string; readonly expect: 'nothing' | 'current' | 'old' | 'whatever'; readonly text: string | null }> }
  | { readonly do: 'burst'; readonly names: readonly string[] }
  | { readonly do: 'compact'; readonly keep: number }
  | { readonly do: 'restart' };

const NAMES = ['a', 'b', 'a/b', 'ab', 'ü', '\uffee', '😀'];

const name = fc.constantFrom(...NAMES);
const operation = fc.record({ name, expect: fc.constantFrom('nothing', 'current', 'current', 'old', 'whatever'), text: fc.option(fc.string({ maxLength: 5, unit: 'grapheme' }), { freq: 3 }) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('commit' as const), operations: fc.uniqueArray(operation, { minLength: 1, maxLength: 3, selector: (o) => o.name }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('burst' as const), names: fc.array(name, { maxLength: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const), keep: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

/** One engine and everything that can be seen of it from outside. */
class Subject {
  private store!: Store;
  private cache!: WatchCache;
  /** Everything that was ever published. */
  private readonly published: Change[] = [];

  constructor(private readonly data: EngineData) {}

  async open(): Promise<void> {
    this.store = await openStore({ engine: await this.data.open(), clock: new FakeClock() });
    // A small window, so that watchers and lists have to go on in the log.
    this.cache = new WatchCache(this.store, { maxEvents: 5 });
    this.store.subscribe({ published: (changes) => this.published.push(...changes) });
  }

  async run(step: Step): Promise<unknown> {
    switch (step.do) {
      case 'commit':
        return this.commit(step.operations);
      case 'burst':
        return Promise.all(step.names.map((each) => this.commit([{ name: each, expect: 'whatever', text: 'burst' }])));
      case 'compact':
        await this.store.compact(revision(Math.max(0, this.store.revision - step.keep)));
        return this.store.floor;
      case 'restart':
        await this.close();
        await this.open();
        return this.store.revision;
    }
  }

  async look(): Promise<unknown> {
    const { store, cache } = this;
    const past: unknown[] = [];
    for (let at = 0; at <= store.revision; at++) {
      const when = revision(at);
      past.push(
        await caught(async () => (await store.listAt('', when)).map((entry) => [place(entry), entry.createRevision, text(entry)])),
        await caught(async () => {
          const { entries, remaining } = await cache.listAt('core/pods/', when, { after: podKey('a'), limit: 2 });
          return [entries.map(place), remaining];
        }),
        await caught(() => this.watchFrom(at)),
      );
    }
    return { now: store.list('').map(place), count: store.count('core/pods/default/'), past, json: store.list('').map(({ json }) => json.toString()) };
  }

  /** What `look` must show of the past, by plain replay of what was published. */
  replay(): unknown[] {
    const { store, published } = this;
    const past: unknown[] = [];
    for (let at = 0; at <= store.revision; at++) {
      const state = new Map(published.filter((change) => change.revision <= at).map((change) => [change.key, change]));
      const entries = [...state.values()]
        .filter((change) => change.type !== 'deleted')
        .map(({ entry }) => entry)
        .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      const after = entries.filter(({ key }) => Buffer.compare(Buffer.from(key), Buffer.from(podKey('a'))) > 0);
      past.push(
        entries.map((entry) => [place(entry), entry.createRevision, text(entry)]),
        [after.slice(0, 2).map(place), Math.max(0, after.length - 2)],
        published
          .filter((change) => change.revision > at)
          .map((change) => `${line(change)} ${text(change.entry)}`)
          .sort(),
      );
    }
    return past;
  }

  get floor(): number {
    return this.store.floor;
  }

  private async watchFrom(at: number): Promise<string[]> {
    const watcher = this.cache.watch('core/pods/', { from: revision(at), signal: new AbortController().signal });
    const seen: string[] = [];
    while (watcher.revision < this.store.revision) {
      const { value, done } = await watcher.next();
      if (done) throw new Error('the watch ended early');
      seen.push(...value.map((change) => `${line(change)} ${text(change.entry)}`));
    }
    await watcher.return();
    // Objects of one revision come in no particular order.
    return seen.sort();
  }

  private commit(operations: Extract<Step, { do: 'commit' }>['operations']): Promise<unknown> {
    const { store } = this;
    return caught(async () => {
      const changes = await store.commit(
        operations.map(({ name: each, expect: what, text: value }): Operation => {
          const key = podKey(each);
          const current = store.head(key)?.revision;
          const expected = { nothing: 0, current, old: (current ?? 0) + 1000, whatever: undefined }[what];
          return { key, expected, object: value === null ? null : pod(each, { text: value }) };
        }),
      );
      return changes.map(line);
    });
  }

  async close(): Promise<void> {
    await this.store.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await this.data.remove();
  }
}

async function caught<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageError) return `${error.code} ${error.current?.revision}`;
    throw error;
  }
}

test('all engines give the same, right answers to any sequence of operations', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
      const subjects = await Promise.all([memoryUnderTest, eagerUnderTest, levelUnderTest].map(async (engine) => new Subject(await engine.create())));
      try {
        await Promise.all(subjects.map((subject) => subject.open()));
        for (const each of steps) {
          const [first, ...others] = await Promise.all(subjects.map((subject) => subject.run(each)));
          for (const other of others) expect(other).toEqual(first);
        }
        const [first, ...others] = await Promise.all(subjects.map((subject) => subject.look()));
        for (const other of others) expect(other).toEqual(first);
        const { past } = first as { past: unknown[] };
        const subject = subjects[0] as Subject;
        subject.replay().forEach((expected, i) => {
          // What is compacted may still be answered from the window.
          if (Math.floor(i / 3) >= subject.floor || past[i] !== 'compacted undefined') expect(past[i]).toEqual(expected);
        });
      } finally {
        await Promise.all(subjects.map((subject) => subject.remove()));
      }
    }),
    { numRuns: 60 },
  );
});
