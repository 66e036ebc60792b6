import { ApiError, unknownPath } from '../api/errors.js';
import type { GroupVersionResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { ResourceRequestInfo, Verb } from '../api/request-info.js';
import type { Status } from '../api/types/meta-v1.js';
import type { UserInfo } from '../api/user.js';
import { mapInSlices } from '../base/slices.js';
import type { ApiResponse, Pipeline } from '../pipeline/request.js';
import type { Client, ClientEvent, DeleteRequest, ListOptions, Patch, ResourceClient, Target, WatchOptions, WriteOptions } from './types.js';

const PATCH_TYPES: Readonly<Record<Patch['type'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** The second door of the corridor: requests of residents, built without a socket and answered without bytes. */
export class LocalClient implements Client {
  constructor(
    private readonly pipeline: Pick<Pipeline, 'handle'>,
    private readonly user: UserInfo,
    private readonly agent: string = user.name,
  ) {}

  as(user: { name: string; groups: readonly string[] }, agent?: string): Client {
    return new LocalClient(this.pipeline, user, agent);
  }

  resource<T extends KubeObject = KubeObject>(resource: GroupVersionResource): ResourceClient<T> {
    return new LocalResourceClient<T>(this.pipeline, this.user, this.agent, resource);
  }
}

interface Call {
  readonly verb: Verb;
  readonly method: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly contentType?: string;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

const NEVER = new AbortController().signal;

class LocalResourceClient<T extends KubeObject> implements ResourceClient<T> {
  constructor(
    private readonly pipeline: Pick<Pipeline, 'handle'>,
    private readonly user: UserInfo,
    private readonly agent: string,
    private readonly target: GroupVersionResource,
  ) {}

  get(name: string, namespace?: string): Promise<T> {
    return this.object({ verb: 'get', method: 'GET', name, namespace });
  }

  async getSubresource<R extends KubeObject>(target: Target & { subresource: string }): Promise<R> {
    const response = await this.call({ verb: 'get', method: 'GET', ...target });
    if (response.type !== 'object') throw unexpected(response);
    return response.object as R;
  }

  async list(options: ListOptions = {}): Promise<{ resourceVersion: string; items: readonly T[] }> {
    const { namespace, ...query } = options;
    const response = await this.call({ verb: 'list', method: 'GET', namespace, query });
    if (response.type !== 'list') throw unexpected(response);
    // What is read for the first time since a restart is parsed here.
    const items = await mapInSlices(response.entries, ({ object }) => object as T);
    return { resourceVersion: response.resourceVersion, items };
  }

  async *watch({ namespace, signal, ...query }: WatchOptions): AsyncGenerator<readonly ClientEvent<T>[], void, undefined> {
    const response = await this.call({ verb: 'watch', method: 'GET', namespace, query: { ...query, watch: 'true' }, signal });
    if (response.type !== 'watch') throw unexpected(response);
    for await (const batch of response.events) {
      const events: ClientEvent<T>[] = [];
      for (const event of batch) {
        if (event.type === 'ERROR') throw errorOf(event.status);
        if (event.type !== 'BOOKMARK') events.push({ type: event.type, object: event.entry.object as T });
      }
      if (events.length > 0) yield events;
    }
  }

  create(object: T, options: WriteOptions = {}): Promise<T> {
    return this.object({ verb: 'create', method: 'POST', namespace: object.metadata.namespace, body: object, query: writeQuery(options) });
  }

  update(object: T, options: WriteOptions = {}): Promise<T> {
    return this.updateSubresource(object, '', options);
  }

  updateSubresource(object: T, subresource: string, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    return this.object({ verb: 'update', method: 'PUT', name, namespace, subresource, body: object, query: writeQuery(options) });
  }

  patch(target: Target, patch: Patch, options: WriteOptions = {}): Promise<T> {
    return this.object({
      verb: 'patch',
      method: 'PATCH',
      ...target,
      body: patch.body,
      contentType: PATCH_TYPES[patch.type],
      query: { ...writeQuery(options), ...(patch.force === undefined ? {} : { force: String(patch.force) }) },
    });
  }

  async delete(target: Target, options: DeleteRequest = {}): Promise<void> {
    await this.call({ verb: 'delete', method: 'DELETE', ...target, body: deleteBody(options) });
  }

  async deleteCollection({ namespace, ...query }: ListOptions = {}, how: DeleteRequest = {}): Promise<void> {
    await this.call({ verb: 'deletecollection', method: 'DELETE', namespace, query: { ...query }, body: deleteBody(how) });
  }

  async post<R extends KubeObject>(target: Target & { subresource: string }, body: KubeObject): Promise<R> {
    const response = await this.call({ verb: 'create', method: 'POST', ...target, body });
    if (response.type !== 'object') throw unexpected(response);
    return response.object as R;
  }

  private async object(call: Call): Promise<T> {
    const response = await this.call(call);
    if (response.type !== 'object') throw unexpected(response);
    return response.object as T;
  }

  /** Rejects with the ApiError behind a Status. */
  private async call(call: Call): Promise<ApiResponse> {
    const { group, version, resource } = this.target;
    const info: ResourceRequestInfo = {
      isResource: true,
      path: `/${group ? 'apis' : 'api'}/${group ? `${group}/` : ''}${version}/${resource}`,
      verb: call.verb,
      group,
      version,
      resource,
      subresource: call.subresource ?? '',
      namespace: call.namespace ?? '',
      name: call.name ?? '',
      rest: '',
    };
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(key, value);
    const response = await this.pipeline.handle({
      method: call.method,
      info,
      user: this.user,
      query,
      headers: { 'user-agent': this.agent, ...(call.contentType ? { 'content-type': call.contentType } : {}) },
      body: () => Promise.resolve({ object: call.body ?? {} }),
      sent: call.body && { object: call.body },
      signal: call.signal ?? NEVER,
    });
    if (response.type === 'status') throw errorOf(response.status);
    if (response.type === 'document' && response.code === 404) throw unknownPath();
    return response;
  }
}

function writeQuery({ fieldManager, dryRun }: WriteOptions): Record<string, string | undefined> {
  return { fieldManager, dryRun: dryRun ? 'All' : undefined };
}

function deleteBody({ uid, resourceVersion, ...rest }: DeleteRequest): object {
  const preconditions = uid === undefined && resourceVersion === undefined ? {} : { preconditions: { uid, resourceVersion } };
  return { kind: 'DeleteOptions', apiVersion: 'v1', ...rest, ...preconditions };
}

function errorOf(status: Status): ApiError {
  return new ApiError(status.code ?? 500, status.reason ?? '', status.message ?? '', status.details);
}

function unexpected(response: ApiResponse): Error {
  return new Error(`the API answered a local request with '${response.type}'`);
}
