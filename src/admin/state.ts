import type { ClusterState } from '../embed/state.js';
import { OK, type Route } from './route.js';

/** `GET snapshot` gives a snapshot as a file, `PUT snapshot` restores one. */
export function snapshotRoute(state: ClusterState): Route {
  return async ({ method, rest, body }) => {
    if (rest.length > 0) return undefined;
    if (method === 'GET') return { body: await state.snapshot().toBytes() };
    if (method !== 'PUT') return undefined;
    await state.restore(await body());
    return OK;
  };
}

/** `POST reset`: back to a new cluster. */
export function resetRoute(reset: () => Promise<void>): Route {
  return async ({ method, rest }) => {
    if (method !== 'POST' || rest.length > 0) return undefined;
    await reset();
    return OK;
  };
}
