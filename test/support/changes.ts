import type { HttpsClient } from './https.js';

const PATH = '/api/v1/namespaces/default/configmaps';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const WORKERS = 32;
/** 200 together. */
const NAMES_EACH = 6;

/** Creates, changes and deletes ConfigMaps at random, as fast as the server takes it. */
export class Changes {
  /** Writes that the server has acknowledged. */
  done = 0;
  private state = 1;
  private readonly there = new Set<string>();

  constructor(private readonly client: () => HttpsClient) {}

  /** Makes so many changes; resolves with how many there were in a second. Requests that a dying server drops are made again. */
  async make(count: number): Promise<number> {
    const until = this.done + count;
    const started = performance.now();
    await Promise.all(
      Array.from({ length: WORKERS }, async (_, worker) => {
        while (this.done < until) {
          try {
            if (await this.one(worker)) this.done++;
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      }),
    );
    return (count * 1000) / (performance.now() - started);
  }

  /** Each worker has names of its own, so that what it wants to do can be done. */
  private async one(worker: number): Promise<boolean> {
    const name = `c-${worker}-${this.random(NAMES_EACH)}`;
    const [dice, shard, data] = [this.random(5), String(this.random(7)), { n: String(this.done) }];
    const exists = this.there.has(name);
    const [{ code }, is] = !exists
      ? [await this.client().send('POST', PATH, { body: { metadata: { name, labels: { shard } }, data } }), true]
      : dice < 3
        ? [await this.client().send('PATCH', `${PATH}/${name}`, { body: { metadata: { labels: { shard } }, data }, headers: MERGE }), true]
        : [await this.client().send('DELETE', `${PATH}/${name}`), false];
    // What a dying server did without saying so is found out by the next attempt.
    if (code === 404 || (code < 300 && !is)) this.there.delete(name);
    else if (code < 300 || code === 409) this.there.add(name);
    return code < 300;
  }

  /** The same numbers in every run. */
  private random(below: number): number {
    this.state = (Math.imul(this.state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.state >>> 8) % below;
  }
}
