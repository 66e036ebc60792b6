import type { GroupVersionResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import { Informer, type InformerOptions } from './informer.js';
import type { Client } from './types.js';

/** One informer for each resource, shared by everybody in the process who asks for it (client-go's SharedInformerFactory). */
export class Informers {
  private readonly informers = new Map<string, Informer<KubeObject>>();
  private started = false;

  constructor(
    private readonly client: Client,
    private readonly options: Pick<InformerOptions, 'clock' | 'logger'>,
  ) {}

  /** The informer of a resource in all namespaces. Those asked for after `start` begin at once. */
  for<T extends KubeObject>(target: GroupVersionResource): Informer<T> {
    const key = `${target.group}/${target.version}/${target.resource}`;
    let informer = this.informers.get(key);
    if (!informer) {
      informer = new Informer<KubeObject>(this.client, target, this.options);
      this.informers.set(key, informer);
      if (this.started) void informer.start();
    }
    return informer as unknown as Informer<T>;
  }

  /** Resolves once every informer has its first list. */
  async start(): Promise<void> {
    this.started = true;
    await Promise.all([...this.informers.values()].map((informer) => informer.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.informers.values()].map((informer) => informer.stop()));
  }
}
