import type { Fault, Faults } from '../faults/faults.js';
import type { FaultRule } from '../faults/rule.js';
import { jsonBody, OK, RouteError, type Route } from './route.js';

/** `GET faults`; `POST faults` with a rule; `DELETE faults` or `faults/ID`. */
export function faultRoute(faults: Faults): Route {
  return async (call) => {
    const [id, ...more] = call.rest;
    if (more.length > 0) return undefined;
    if (id === undefined && call.method === 'GET') return { body: faults.list().map(described) };
    if (id === undefined && call.method === 'POST') return { code: 201, body: described(faults.add((await jsonBody(call)) as FaultRule)) };
    if (call.method !== 'DELETE') return undefined;
    if (id === undefined) faults.clear();
    else if (!faults.remove(id)) throw new RouteError(404, `no fault ${JSON.stringify(id)}`);
    return OK;
  };
}

function described({ id, hits, rule }: Fault): object {
  return { ...rule, id, hits };
}
