import { clockRoute } from './admin/clock.js';
import { faultRoute } from './admin/faults.js';
import { nodeRoute } from './admin/nodes.js';
import { requestRoute } from './admin/requests.js';
import { jsonBody, OK, RouteError, type Route } from './admin/route.js';
import { resetRoute, snapshotRoute } from './admin/state.js';
import type { Cluster } from './cluster.js';
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
  ];
  if (virtual) routes.push(['clusters', virtualRoute(virtual)]);
  return new Map(routes);
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
