import { ApiError } from '../api/errors.js';
import type { GroupVersionResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import { sleep, type Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { Slices } from '../base/slices.js';
import type { Client, ClientEvent, ResourceClient } from './types.js';

export interface InformerHandler<T> {
  onAdd?(object: T): void;
  onUpdate?(object: T, old: T): void;
  onDelete?(object: T): void;
}

export interface InformerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Read access to an informer's cache. Objects are frozen. */
export interface Lister<T> {
  get(name: string, namespace?: string): T | undefined;
  /** All objects, or those of one namespace. */
  list(namespace?: string): T[];
  /** Objects whose index value is `value`; the index was declared with `addIndex`. */
  byIndex(index: string, value: string): T[];
}

const RETRY_MS = 1000;

/**
 * Keeps a copy of a resource by listing once and watching from there, and tells handlers what changes
 * (client-go's SharedIndexInformer). Handlers are called synchronously, in order of revision, after the cache has changed.
 */
export class Informer<T extends KubeObject> implements Lister<T> {
  private readonly objects = new Map<string, T>();
  private readonly indexes = new Map<string, { readonly read: (object: T) => readonly string[]; readonly entries: Map<string, Map<string, T>> }>();
  private readonly handlers = new Set<InformerHandler<T>>();
  private readonly stopping = new AbortController();
  private readonly resource: ResourceClient<T>;
  private running: Promise<void> | undefined;
  private markSynced!: () => void;
  /** Resolves once the first list is in the cache and its handlers have been called. */
  readonly synced = new Promise<void>((resolve) => (this.markSynced = resolve));

  constructor(
    client: Client,
    readonly target: GroupVersionResource,
    private readonly options: InformerOptions,
  ) {
    this.resource = client.resource<T>(target);
  }

  /** Handlers that come late are told of everything that is there. */
  addHandler(handler: InformerHandler<T>): void {
    this.handlers.add(handler);
    for (const object of this.objects.values()) handler.onAdd?.(object);
  }

  /** Declares an index; `read` gives the values under which an object is found. */
  addIndex(name: string, read: (object: T) => readonly string[]): void {
    if (this.indexes.has(name)) return;
    const index = { read, entries: new Map<string, Map<string, T>>() };
    this.indexes.set(name, index);
    for (const [key, object] of this.objects) for (const value of read(object)) putIndex(index.entries, value, key, object);
  }

  get(name: string, namespace = ''): T | undefined {
    return this.objects.get(`${namespace}/${name}`);
  }

  list(namespace?: string): T[] {
    const all = [...this.objects.values()];
    return namespace === undefined ? all : all.filter((object) => (object.metadata.namespace ?? '') === namespace);
  }

  byIndex(name: string, value: string): T[] {
    const index = this.indexes.get(name);
    if (!index) throw new TypeError(`the informer of ${this.target.resource} has no index ${name}`);
    return [...(index.entries.get(value)?.values() ?? [])];
  }

  start(): Promise<void> {
    this.running ??= this.run();
    return this.synced;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.markSynced();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.listAndWatch(signal);
      } catch (error) {
        if (signal.aborted) return;
        // Expired history is a part of life: list again at once. Anything else is worth a line and a pause.
        if (error instanceof ApiError && error.code === 410) continue;
        // A custom resource whose definition is not there (yet) has no objects: nobody need wait for them.
        const notServed = error instanceof ApiError && error.code === 404;
        if (notServed) await this.forgetAll();
        this.options.logger[notServed ? 'debug' : 'warn']({ err: error, resource: this.target.resource }, 'informer lost its watch');
        await sleep(this.options.clock, RETRY_MS, signal).catch(() => {});
      }
    }
  }

  private async listAndWatch(signal: AbortSignal): Promise<void> {
    const { namespace, labelSelector, fieldSelector } = this.options;
    const selection = { namespace, labelSelector, fieldSelector };
    const { items, resourceVersion } = await this.resource.list(selection);
    if (signal.aborted) return;
    await this.replace(items);
    if (signal.aborted) return;
    this.markSynced();
    let from = resourceVersion;
    while (!signal.aborted) {
      for await (const events of this.resource.watch({ ...selection, resourceVersion: from, signal })) {
        for (const event of events) {
          this.apply(event);
          from = event.object.metadata.resourceVersion ?? from;
        }
      }
    }
  }

  private async forgetAll(): Promise<void> {
    await this.replace([]);
    this.markSynced();
  }

  private async replace(items: readonly T[]): Promise<void> {
    const gone = new Map(this.objects);
    const slices = new Slices();
    for (const object of items) {
      gone.delete(keyOf(object));
      const old = this.objects.get(keyOf(object));
      if (old?.metadata.resourceVersion !== object.metadata.resourceVersion) this.apply({ type: 'MODIFIED', object });
      const turn = slices.done();
      if (turn) await turn;
    }
    for (const object of gone.values()) this.apply({ type: 'DELETED', object });
  }

  private apply({ type, object }: ClientEvent<T>): void {
    const key = keyOf(object);
    const old = this.objects.get(key);
    if (old) this.unindex(key, old);
    if (type === 'DELETED') {
      this.objects.delete(key);
      for (const handler of this.handlers) handler.onDelete?.(object);
      return;
    }
    this.objects.set(key, object);
    for (const { read, entries } of this.indexes.values()) for (const value of read(object)) putIndex(entries, value, key, object);
    for (const handler of this.handlers) {
      if (!old) handler.onAdd?.(object);
      else if (old.metadata.uid === object.metadata.uid) handler.onUpdate?.(object, old);
      else {
        // The name was given to another object while we did not look.
        handler.onDelete?.(old);
        handler.onAdd?.(object);
      }
    }
  }

  private unindex(key: string, object: T): void {
    for (const { read, entries } of this.indexes.values()) {
      for (const value of read(object)) {
        const bucket = entries.get(value);
        bucket?.delete(key);
        if (bucket?.size === 0) entries.delete(value);
      }
    }
  }
}

/** `NAMESPACE/NAME`; cluster-scoped objects start with '/'. */
export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** The parts of a key. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function putIndex<T>(entries: Map<string, Map<string, T>>, value: string, key: string, object: T): void {
  const bucket = entries.get(value) ?? new Map<string, T>();
  entries.set(value, bucket.set(key, object));
}
