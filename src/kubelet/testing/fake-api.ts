import { ApiError, alreadyExists, conflict, notFound } from '../../api/errors.js';
import type { GroupVersionResource } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import { formatTime } from '../../api/time.js';
import type { Clock } from '../../base/clock.js';
import { deepClone, deepEqual, deepFreeze } from '../../base/freeze.js';
import type { Client, ClientEvent, DeleteRequest, ListOptions, ResourceClient, Target, WatchOptions } from '../../client/types.js';

/**
 * An API server for tests of the kubelet: stores objects in memory with revisions, conflicts, status subresources,
 * graceful deletion of pods and watches; no validation, no defaults.
 */
export class FakeApi implements Client {
  private readonly objects = new Map<string, KubeObject>();
  private readonly log: Array<{ resource: string; revision: number; event: ClientEvent<KubeObject> }> = [];
  private readonly waiters = new Set<() => void>();
  private revision = 0;
  /** Writes by verb and resource, e.g. `update pods/status`; those that change nothing too. */
  readonly writes: string[] = [];

  constructor(private readonly clock: Clock) {}

  as(): Client {
    return this;
  }

  resource<T extends KubeObject = KubeObject>(target: GroupVersionResource): ResourceClient<T> {
    return new FakeResource<T>(this, target) as unknown as ResourceClient<T>;
  }

  /** Everything that has happened to a resource's objects, in order. */
  history<T extends KubeObject>(resource: string): ClientEvent<T>[] {
    return this.log.filter((entry) => entry.resource === resource).map((entry) => entry.event as ClientEvent<T>);
  }

  get now(): number {
    return this.revision;
  }

  find(resource: string, name: string, namespace = ''): KubeObject | undefined {
    return this.objects.get(`${resource}/${namespace}/${name}`);
  }

  all(resource: string): KubeObject[] {
    return [...this.objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => object);
  }

  put(resource: string, type: ClientEvent<KubeObject>['type'], object: KubeObject): KubeObject {
    const draft = deepClone(object);
    draft.metadata.resourceVersion = String(++this.revision);
    // As the real one gives a time that nobody has set.
    const { conditions } = (draft as { status?: { conditions?: Array<{ lastProbeTime?: unknown }> } }).status ?? {};
    if (resource === 'pods') for (const condition of conditions ?? []) condition.lastProbeTime ??= null;
    const stored = deepFreeze(draft);
    const key = `${resource}/${stored.metadata.namespace ?? ''}/${stored.metadata.name}`;
    if (type === 'DELETED') this.objects.delete(key);
    else this.objects.set(key, stored);
    this.log.push({ resource, revision: this.revision, event: { type, object: stored } });
    for (const wake of this.waiters) wake();
    return stored;
  }

  get time(): string {
    return formatTime(this.clock.now());
  }

  /** The time `seconds` from now. */
  later(seconds: number): string {
    return formatTime(this.clock.now() + seconds * 1000);
  }

  async *events(resource: string, from: number, signal: AbortSignal): AsyncGenerator<ClientEvent<KubeObject>[]> {
    let at = this.log.findIndex((entry) => entry.revision > from);
    if (at < 0) at = this.log.length;
    while (!signal.aborted) {
      const batch = this.log.slice(at).filter((entry) => entry.resource === resource).map((entry) => entry.event);
      at = this.log.length;
      if (batch.length > 0) yield batch;
      else {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            this.waiters.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          this.waiters.add(wake);
          signal.addEventListener('abort', wake);
        });
      }
    }
  }
}

class FakeResource<T extends KubeObject> {
  private readonly name: string;

  constructor(
    private readonly api: FakeApi,
    private readonly target: GroupVersionResource,
  ) {
    this.name = target.resource;
  }

  async get(name: string, namespace?: string): Promise<T> {
    await Promise.resolve();
    const found = this.api.find(this.name, name, namespace);
    // The kubelet's sources name the resource in the plural, as the API server's errors do.
    if (!found) throw notFound(this.target, name);
    return found as T;
  }

  async list(_options?: ListOptions): Promise<{ resourceVersion: string; items: readonly T[] }> {
    await Promise.resolve();
    return { resourceVersion: String(this.api.now), items: this.api.all(this.name) as T[] };
  }

  watch(options: WatchOptions): AsyncIterable<readonly ClientEvent<T>[]> {
    return this.api.events(this.name, Number(options.resourceVersion), options.signal) as AsyncIterable<ClientEvent<T>[]>;
  }

  async create(object: T): Promise<T> {
    await Promise.resolve();
    const { name, namespace } = object.metadata;
    if (this.api.find(this.name, name, namespace)) throw alreadyExists(this.target, name);
    this.api.writes.push(`create ${this.name}`);
    const metadata = { generation: 1, ...object.metadata, uid: object.metadata.uid ?? `uid-${this.api.now + 1}`, creationTimestamp: this.api.time };
    return this.api.put(this.name, 'ADDED', { ...object, metadata }) as T;
  }

  async update(object: T): Promise<T> {
    return this.write(object, '', (old) => ({ ...object, ...('status' in old ? { status: old.status } : {}) }));
  }

  async updateSubresource(object: T, subresource: string): Promise<T> {
    return this.write(object, `/${subresource}`, (old) => ({ ...old, status: (object as T & { status?: unknown }).status }));
  }

  async patch(): Promise<T> {
    return Promise.reject(new ApiError(501, 'NotImplemented', 'the fake API server knows no patch'));
  }

  async delete(target: Target, { gracePeriodSeconds, uid }: DeleteRequest = {}): Promise<void> {
    const found = await this.get(target.name, target.namespace);
    if (uid !== undefined && uid !== found.metadata.uid) throw conflict(this.target, target.name);
    this.api.writes.push(`delete ${this.name}`);
    const { spec } = found as T & { spec?: { terminationGracePeriodSeconds?: number; nodeName?: string } };
    const grace = gracePeriodSeconds ?? (this.name === 'pods' ? (spec?.nodeName ? (spec.terminationGracePeriodSeconds ?? 30) : 0) : 0);
    if (grace > 0) {
      const metadata = { ...found.metadata, deletionTimestamp: this.api.later(grace), deletionGracePeriodSeconds: grace, generation: (found.metadata.generation ?? 0) + 1 };
      this.api.put(this.name, 'MODIFIED', { ...found, metadata });
    } else this.api.put(this.name, 'DELETED', { ...found, metadata: { ...found.metadata, deletionGracePeriodSeconds: grace } });
  }

  async post<R extends KubeObject>(target: Target & { subresource: string }, body: KubeObject): Promise<R> {
    await Promise.resolve();
    if (target.subresource !== 'token') throw new ApiError(501, 'NotImplemented', target.subresource);
    return { ...body, status: { token: `token-of-${target.namespace}-${target.name}`, expirationTimestamp: this.api.later(3600) } } as unknown as R;
  }

  private async write(object: T, subresource: string, change: (old: T & { status?: unknown }) => KubeObject): Promise<T> {
    const old = await this.get(object.metadata.name, object.metadata.namespace);
    if (object.metadata.resourceVersion && object.metadata.resourceVersion !== old.metadata.resourceVersion) throw conflict(this.target, object.metadata.name);
    const next = change(old);
    this.api.writes.push(`update ${this.name}${subresource}`);
    if (deepEqual(next, old)) return old;
    return this.api.put(this.name, 'MODIFIED', next) as T;
  }
}
