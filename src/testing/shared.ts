import { createCluster, type Cluster, type ClusterOptions, type Snapshot } from '../index.js';

/** One cluster for all tests of a worker, and what it goes back to between them. */
export class SharedCluster {
  /** What stood when the first test of a group (a `describe`) began: what its `beforeAll` made stays for all its tests. */
  private readonly beginnings = new WeakMap<object, Snapshot>();

  private constructor(readonly cluster: Cluster) {}

  static async start(options: ClusterOptions): Promise<SharedCluster> {
    // The worker must be able to end when its tests have.
    return new SharedCluster(await createCluster({ ...options, keepAlive: false }));
  }

  async beginFile(): Promise<void> {
    await this.cluster.reset();
  }

  /** `groups` are those that the test stands in, the innermost first. */
  beginTest(group: object): void {
    if (!this.beginnings.has(group)) this.beginnings.set(group, this.cluster.snapshot());
  }

  /** Back to what stood when the tests of this group began; of a group without tests nothing is known, and nothing changes. */
  async endTest(group: object): Promise<void> {
    const beginning = this.beginnings.get(group);
    if (beginning) await this.cluster.reset(beginning);
  }

  /** A group has ended: what was made for it goes. */
  async endGroup(group: object, parent: object | undefined): Promise<void> {
    this.beginnings.delete(group);
    if (parent) await this.endTest(parent);
  }
}
