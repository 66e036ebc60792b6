import type { HttpsClient } from './https.js';

const PATH = '/api/v1/namespaces/default/configmaps';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const WORKERS = 32;
const NAMES = 200;

/** Creates, changes and deletes ConfigMaps at random, as fast as the server takes it. */
export class Changes {
  /** Writes that the server has acknowledged. */
  done = 0;
  private state = 1;

  constructor(private readonly client: () => HttpsClient) {}

  /** Makes so many changes; resolves with how many there were in a second. Requests that a dying server drops are made again. */
  async make(count: number): Promise<number> {
    const until = this.done + count;
    const started = performance.now();
    await Promise.all(
      Array.from({ length: WORKERS }, async () => {
        while (this.done < until) {
          try {
            if (await this.one()) this.done++;
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      }),
    );
    return (count * 1000) / (performance.now() - started);
  }

  private async one(): Promise<boolean> {
    const name = `c-${this.random(NAMES)}`;
    const [dice, shard, data] = [this.random(5), String(this.random(7)), { n: String(this.done) }];
    const { code } =
      dice < 2
        ? await this.client().send('POST', PATH, { body: { metadata: { name, labels: { shard } }, data } })
        : dice < 4
          ? await this.client().send('PATCH', `${PATH}/${name}`, { body: { metadata: { labels: { shard } }, data }, headers: MERGE })
          : await this.client().send('DELETE', `${PATH}/${name}`);
    return code < 300;
  }

  /** The same numbers in every run. */
  private random(below: number): number {
    this.state = (Math.imul(this.state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.state >>> 8) % below;
  }
}
