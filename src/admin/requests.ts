import { PATTERN_FIELDS } from '../pipeline/match-request.js';
import type { Journal, RequestFilter } from '../recording/journal.js';
import { OK, RouteError, type Route } from './route.js';

/** `GET requests?verb=create&resource=pods` gives what clients have asked; `DELETE requests` forgets it. */
export function requestRoute(journal: Journal | undefined): Route {
  return ({ method, rest, query }) => {
    if (rest.length > 0) return undefined;
    if (!journal) throw new RouteError(404, 'requests are not recorded: start the server with --record-requests');
    if (method === 'DELETE') {
      journal.clear();
      return OK;
    }
    if (method !== 'GET') return undefined;
    const filter: Record<string, readonly string[]> = {};
    for (const key of new Set(query.keys())) {
      if (key !== 'status' && !PATTERN_FIELDS.some((field) => field === key)) throw new RouteError(400, `requests are found by ${PATTERN_FIELDS.join(', ')} and status, not by ${JSON.stringify(key)}`);
      filter[key] = query.getAll(key);
    }
    return { body: journal.requests(filter as RequestFilter) };
  };
}
