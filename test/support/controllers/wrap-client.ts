import type { GroupVersionResource } from '../../../src/api/gvk.js';
import type { KubeObject } from '../../../src/api/object.js';
import type { Client, ClientEvent, ResourceClient, WatchOptions } from '../../../src/client/types.js';

/** One write on its way. `send` performs it; what is returned or thrown is what the writer sees. */
export interface Write {
  readonly verb: 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
  readonly resource: string;
  readonly send: () => Promise<unknown>;
}

export interface Interceptors {
  readonly onWrite?: (write: Write) => Promise<unknown>;
  readonly onWatch?: <T extends KubeObject>(resource: string, events: AsyncIterable<readonly ClientEvent<T>[]>) => AsyncIterable<readonly ClientEvent<T>[]>;
}

/** A client with interceptors between it and the API. Reads pass. */
export function wrapClient(client: Client, interceptors: Interceptors): Client {
  return {
    as: (user, agent) => wrapClient(client.as(user, agent), interceptors),
    resource: <T extends KubeObject>(target: GroupVersionResource) => wrapResource(client.resource<T>(target), target, interceptors),
  };
}

function wrapResource<T extends KubeObject>(inner: ResourceClient<T>, { resource }: GroupVersionResource, { onWrite, onWatch }: Interceptors): ResourceClient<T> {
  const write = <R>(verb: Write['verb'], send: () => Promise<R>): Promise<R> => (onWrite ? (onWrite({ verb, resource, send }) as Promise<R>) : send());
  return {
    get: (name, namespace) => inner.get(name, namespace),
    getSubresource: (target) => inner.getSubresource(target),
    list: (options) => inner.list(options),
    watch: (options: WatchOptions) => (onWatch ? onWatch(resource, inner.watch(options)) : inner.watch(options)),
    create: (object, options) => write('create', () => inner.create(object, options)),
    update: (object, options) => write('update', () => inner.update(object, options)),
    updateSubresource: (object, subresource, options) => write('update', () => inner.updateSubresource(object, subresource, options)),
    patch: (target, patch, options) => write('patch', () => inner.patch(target, patch, options)),
    delete: (target, options) => write('delete', () => inner.delete(target, options)),
    deleteCollection: (options, how) => write('deletecollection', () => inner.deleteCollection(options, how)),
    post: (target, body) => write('create', () => inner.post(target, body)),
  };
}
