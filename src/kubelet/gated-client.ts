import { serviceUnavailable } from '../api/errors.js';
import type { GroupVersionResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { Client, ResourceClient } from '../client/types.js';

/** A client whose connection can be cut: requests fail then as if the API server could not be reached. */
export class GatedClient implements Client {
  open = true;

  constructor(private readonly client: Client) {}

  as(user: { name: string; groups: readonly string[] }): Client {
    return this.client.as(user);
  }

  resource<T extends KubeObject = KubeObject>(resource: GroupVersionResource): ResourceClient<T> {
    const target = this.client.resource<T>(resource);
    return new Proxy(target, {
      get: (methods, name) => {
        const method: unknown = Reflect.get(methods, name, methods);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]): unknown => {
          if (this.open) return Reflect.apply(method, methods, args);
          return Promise.reject(serviceUnavailable('the connection to the API server is cut'));
        };
      },
    });
  }
}
