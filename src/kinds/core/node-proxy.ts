import { badRequest, notFound } from '../../api/errors.js';
import { parseIp } from '../../api/ip.js';
import type { Node } from '../../api/types/core-v1.js';
import type { ConnectSubresource } from '../../registry/subresource.js';
import { joinHostPort, parseProxyTarget, proxiedPath } from '../common/proxy-target.js';
import type { KindEnvironment } from '../environment.js';

const NODES = { group: '', resource: 'nodes' };
const KUBELET_PORT = 10_250;
/** The order in which kube-apiserver tries a node's addresses (--kubelet-preferred-address-types). */
const PREFERRED = ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'];

/** nodes/NAME/proxy: a request to the kubelet, or to another port of the node. */
export function nodeProxySubresource(environment: KindEnvironment): ConnectSubresource {
  return {
    type: 'connect',
    async connect(request) {
      const target = parseProxyTarget(request.name, 'node');
      const node = request.verbs.get(NODES, '', target.name) as Node | undefined;
      if (!node) throw notFound(NODES, target.name);
      const kubeletPort = node.status?.daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT;
      const port = target.port === '' ? kubeletPort : Number(target.port);
      const ip = addressOf(node);
      return {
        type: 'proxy',
        connect: (signal) => environment.network.connect(ip, port, { signal }),
        secure: port === kubeletPort || target.scheme === 'https',
        host: joinHostPort(ip, port),
        path: proxiedPath(request.rest, request.query),
        prefix: `/api/v1/nodes/${request.name}/proxy`,
      };
    },
  };
}

/** Names of nodes mean nothing outside of the cluster's own network, so only addresses count here. */
function addressOf(node: Node): string {
  const addresses = node.status?.addresses ?? [];
  for (const type of PREFERRED) {
    const found = addresses.find((address) => address.type === type && parseIp(address.address));
    if (found) return found.address;
  }
  throw badRequest('no preferred addresses found; known addresses: [' + addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ') + ']');
}
