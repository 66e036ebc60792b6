import type { GroupVersionResource } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import type { ResourceDirectory, ServedResource } from '../../api/served-resource.js';
import type { ControllerContext } from '../../client/controller.js';
import { Informer, type InformerHandler } from '../../client/informer.js';

const CRDS: GroupVersionResource = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const WATCHED_VERBS = ['list', 'watch', 'delete'];

export type HandlerOf = (resource: ServedResource) => InformerHandler<KubeObject> | undefined;

/**
 * Sees every change of every resource that can be listed, watched and deleted. Built-in resources are watched by the
 * informers that all share; those of CRDs come and go, so they have informers of their own.
 */
export class ResourceMonitor {
  private readonly watched = new Map<string, Informer<KubeObject> | undefined>();

  constructor(
    private readonly context: Pick<ControllerContext, 'client' | 'informers' | 'clock' | 'logger'>,
    private readonly directory: ResourceDirectory,
    private readonly handlerOf: HandlerOf,
  ) {}

  /** Watches what is there. `onChange` is called when resources may have come or gone: call `refresh` then. */
  start(onChange: () => void): void {
    for (const resource of this.monitored()) {
      const handler = this.handlerOf(resource);
      if (!handler) continue;
      this.watched.set(keyOfResource(resource), undefined);
      this.context.informers.for<KubeObject>(resource).addHandler(handler);
    }
    this.context.informers.for<KubeObject>(CRDS).addHandler({ onAdd: onChange, onUpdate: onChange, onDelete: onChange });
  }

  async refresh(): Promise<void> {
    const present = new Map(this.monitored().map((resource) => [keyOfResource(resource), resource]));
    for (const [key, resource] of present) {
      if (this.watched.has(key)) continue;
      const handler = this.handlerOf(resource);
      if (!handler) continue;
      const informer = new Informer<KubeObject>(this.context.client, resource, this.context);
      this.watched.set(key, informer);
      informer.addHandler(handler);
      void informer.start();
    }
    for (const [key, informer] of this.watched) {
      if (!informer || present.has(key)) continue;
      this.watched.delete(key);
      await informer.stop();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.watched.values()].map((informer) => informer?.stop() ?? Promise.resolve()));
    this.watched.clear();
  }

  private monitored(): ServedResource[] {
    return this.directory.resources().filter(({ preferred, verbs }) => preferred && WATCHED_VERBS.every((verb) => verbs.includes(verb)));
  }
}

export function keyOfResource({ group, version, resource }: GroupVersionResource): string {
  return `${group}/${version}/${resource}`;
}
