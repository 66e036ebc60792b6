import type { ClusterClock } from '../base/cluster-clock.js';
import { jsonBody, RouteError, type Reply, type Route } from './route.js';

/** `GET clock`; `POST clock/freeze|resume`, `clock/advance {"by": "10m"}`, `clock/set {"to": "2026-01-01T00:00:00Z"}`. All answer with the time. */
export function clockRoute(clock: ClusterClock): Route {
  const status = (): Reply => ({ body: { time: new Date(clock.now()).toISOString(), frozen: clock.frozen, offsetMs: Math.round(clock.offsetMs) } });
  return async (call) => {
    const [action, ...more] = call.rest;
    if (more.length > 0) return undefined;
    if (action === undefined) return call.method === 'GET' ? status() : undefined;
    if (call.method !== 'POST') return undefined;
    const { by, to } = await jsonBody(call);
    switch (action) {
      case 'freeze':
        clock.freeze();
        return status();
      case 'resume':
        clock.resume();
        return status();
      case 'advance':
        if (typeof by !== 'string' && typeof by !== 'number') throw new RouteError(400, 'say how far: {"by": "10m"}');
        await clock.advance(by);
        return status();
      case 'set':
        if (typeof to !== 'string' && typeof to !== 'number') throw new RouteError(400, 'say when: {"to": "2026-01-01T00:00:00Z"}');
        await clock.set(to);
        return status();
      default:
        return undefined;
    }
  };
}
