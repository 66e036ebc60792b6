import { OK, RouteError, type Call, type Reply, type Route } from './route.js';

/** Stages as they are changed while the cluster runs. */
export interface Stages {
  list(): readonly object[];
  /** Adds one, or replaces the one of its name. Throws RouteError for one that is declared wrongly. */
  set(stage: unknown): void;
  /** Whether there was one. */
  delete(name: string): boolean;
}

/** `GET stages`; `POST stages` with a list adds those, or replaces the ones of their names; `DELETE stages/NAME`. */
export function stageRoute(stages: Stages): Route {
  return async (call): Promise<Reply | undefined> => {
    const { method, rest } = call;
    // A name may have slashes.
    const name = rest.join('/');
    if (method === 'DELETE' && name !== '') {
      if (!stages.delete(name)) throw new RouteError(404, `no stage ${JSON.stringify(name)}`);
      return OK;
    }
    if (rest.length > 0) return undefined;
    if (method === 'GET') return { body: stages.list() };
    if (method !== 'POST') return undefined;
    for (const stage of await listOf(call)) stages.set(stage);
    return OK;
  };
}

async function listOf(call: Call): Promise<readonly unknown[]> {
  let value: unknown;
  try {
    value = JSON.parse((await call.body()).toString());
  } catch (error) {
    throw new RouteError(400, (error as Error).message);
  }
  if (!Array.isArray(value)) throw new RouteError(400, 'stages must be a list');
  return value;
}
