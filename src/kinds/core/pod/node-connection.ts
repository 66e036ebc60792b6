import { ApiError, notFound } from '../../../api/errors.js';
import type { NodeAgent } from '../../../api/streams.js';
import type { Node } from '../../../api/types/core-v1.js';
import type { ConnectRequest } from '../../../registry/subresource.js';
import type { KindEnvironment } from '../../environment.js';

const NODES = { group: '', resource: 'nodes' };
const KUBELET_PORT = 10_250;

export interface NodeConnection {
  readonly agent: NodeAgent | undefined;
  /** `10.0.0.1:10250`: how errors name the kubelet. */
  readonly address: string;
}

/** The kubelet of a node. Throws ApiError 404 where the Node object is gone. */
export function nodeConnection(request: ConnectRequest, { nodes }: KindEnvironment, nodeName: string): NodeConnection {
  const node = request.verbs.get(NODES, '', nodeName) as Node | undefined;
  if (!node) throw notFound(NODES, nodeName);
  const ip = (node.status?.addresses ?? []).find(({ type }) => type === 'InternalIP')?.address ?? '';
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT;
  return { agent: nodes.agent(nodeName), address: `${ip}:${port}` };
}

/** What a client sees where no kubelet runs behind a Node object. */
export function kubeletUnreachable({ address }: NodeConnection, doing = 'error dialing backend'): ApiError {
  return new ApiError(500, '', `${doing}: dial tcp ${address}: connect: connection refused`);
}
