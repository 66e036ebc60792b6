import type { DocumentHandler } from '../pipeline/documents.js';
import { SnapshotError } from '../snapshot/snapshot.js';
import { callOf, RouteError, toDocument, type Route } from './route.js';

export const ADMIN_PREFIX = '/kubette/v1/';

/** Serves routes by the first segment of their path. What the caller got wrong is told in a line of text. */
export function adminDocuments(routes: () => ReadonlyMap<string, Route>): DocumentHandler {
  return async (request) => {
    const { path } = request.info;
    if (!path.startsWith(ADMIN_PREFIX)) return undefined;
    const [name = '', ...rest] = path.slice(ADMIN_PREFIX.length).split('/');
    const route = routes().get(name);
    if (!route) return undefined;
    try {
      const reply = await route(callOf(request, rest));
      return reply && toDocument(reply);
    } catch (error) {
      if (error instanceof RouteError) return toDocument({ code: error.code, body: `${error.message}\n` });
      if (error instanceof TypeError || error instanceof SnapshotError) return toDocument({ code: 400, body: `${error.message}\n` });
      throw error;
    }
  };
}
