import { clockRoute } from './admin/clock.js';
import { faultRoute } from './admin/faults.js';
import { nodeRoute } from './admin/nodes.js';
import { requestRoute } from './admin/requests.js';
import { jsonBody, OK, RouteError, type Route } from './admin/route.js';
import { stageRoute } from './admin/stages.js';
import { resetRoute, snapshotRoute } from './admin/state.js';
import type { Cluster } from './cluster.js';
import { DeclarationError } from './kubelet/declared/fields.js';
import type { StageBook } from './kubelet/stages/stage-book.js';
import type { StageDeclaration } from './kubelet/stages/stage.js';
import type { VirtualClusters } from './virtual-clusters.js';

/** kubette's own HTTP routes of one cluster, by the first segment below /kubette/v1/. */
export function clusterRoutes(cluster: Cluster): ReadonlyMap<string, Route> {
  const { clock, faults, journal, state, workloads, virtual } = cluster.parts;
  const routes: Array<[string, Route]> = [
    ['nodes', nodeRoute((name) => workloads.node(name))],
    ['clock', clockRoute(clock)],
    ['faults', faultRoute(faults)],
    ['requests', requestRoute(journal)],
    ['snapshot', snapshotRoute(state)],
    ['reset', resetRoute(() => cluster.reset())],
    ['stages', stagesRoute(workloads.stages)],
  ];
  if (virtual) routes.push(['clusters', virtualRoute(virtual)]);
  return new Map(routes);
}

/** What is wrong with a stage is told to the client. */
function stagesRoute(stages: StageBook): Route {
  const set = (stage: unknown): void => {
    try {
      stages.set(stage as StageDeclaration);
    } catch (error) {
      if (error instanceof DeclarationError) throw new RouteError(400, error.message);
      throw error;
    }
  };
  return stageRoute({ list: () => stages.list(), set, delete: (name) => stages.delete(name) });
}

/** `GET clusters`; `POST clusters/NAME {"nodes": 0}` and `GET clusters/NAME` answer with the kubeconfig; `DELETE clusters/NAME`. */
function virtualRoute(virtual: VirtualClusters): Route {
  return async (call) => {
    const [name, ...more] = call.rest;
    if (more.length > 0) return undefined;
    if (name === undefined) return call.method === 'GET' ? { body: virtual.names() } : undefined;
    if (call.method === 'POST') {
      const { nodes = 1, ...others } = await jsonBody(call);
      if (!Number.isInteger(nodes) || (nodes as number) < 0 || Object.keys(others).length > 0) throw new RouteError(400, 'a cluster is made with {"nodes": NUMBER}, or nothing');
      return { code: 201, body: (await virtual.create(name, { nodes: nodes as number })).kubeconfig };
    }
    const cluster = await virtual.get(name);
    if (!cluster) throw new RouteError(404, `no cluster ${JSON.stringify(name)}`);
    if (call.method === 'GET') return { body: cluster.kubeconfig };
    if (call.method !== 'DELETE') return undefined;
    await virtual.delete(name);
    return OK;
  };
}
