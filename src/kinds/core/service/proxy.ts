import { notFound, serviceUnavailable } from '../../../api/errors.js';
import type { EndpointAddress, Endpoints, Pod, Service } from '../../../api/types/core-v1.js';
import type { ConnectRequest, ConnectSubresource } from '../../../registry/subresource.js';
import { joinHostPort, parseProxyTarget, proxiedPath } from '../../common/proxy-target.js';
import type { KindEnvironment } from '../../environment.js';

const SERVICES = { group: '', resource: 'services' };
const ENDPOINTS = { group: '', resource: 'endpoints' };
const PODS = { group: '', resource: 'pods' };

/** services/NAME/proxy: a request to one of the Service's ready pods. */
export function proxySubresource(environment: KindEnvironment): ConnectSubresource {
  return {
    type: 'connect',
    async connect(request) {
      const target = parseProxyTarget(request.name, 'service');
      const { ip, port } = findEndpoint(request, target.name, portName(request, target.name, target.port));
      return {
        type: 'proxy',
        connect: (signal) => environment.network.connect(ip, port, { signal }),
        secure: target.scheme === 'https',
        host: joinHostPort(ip, port),
        path: proxiedPath(request.rest, request.query),
        prefix: `/api/v1/namespaces/${request.namespace}/services/${request.name}/proxy`,
      };
    },
  };
}

/** A port is named by its name or by its number; endpoints know it by name. */
function portName(request: ConnectRequest, service: string, port: string): string {
  if (!/^[+-]?\d+$/.test(port)) return port;
  const found = request.verbs.get(SERVICES, request.namespace, service) as Service | undefined;
  if (!found) throw notFound(SERVICES, service);
  const match = (found.spec.ports ?? []).find((p) => p.port === Number(port));
  if (!match) throw serviceUnavailable(`no service port ${Number(port)} found for service ${JSON.stringify(service)}`);
  return match.name ?? '';
}

function findEndpoint(request: ConnectRequest, service: string, port: string): { ip: string; port: number } {
  const endpoints = request.verbs.get(ENDPOINTS, request.namespace, service) as Endpoints | undefined;
  if (!endpoints) throw notFound(request.verbs.get(SERVICES, request.namespace, service) ? ENDPOINTS : SERVICES, service);
  const subsets = endpoints.subsets ?? [];
  if (subsets.length === 0) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(service)}`);
  for (const { addresses = [], ports = [] } of subsets) {
    const match = ports.find((p) => (p.name ?? '') === port);
    const address = match && addresses.find((a) => isPod(a, request));
    if (match && address) return { ip: address.ip, port: match.port };
  }
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(request.name)}`);
}

/** The API server passes requests on to pods only, not to whatever somebody wrote into Endpoints. */
function isPod({ ip, targetRef }: EndpointAddress, { namespace, verbs }: ConnectRequest): boolean {
  if (!targetRef?.name || targetRef.namespace !== namespace) return false;
  const pod = verbs.get(PODS, namespace, targetRef.name) as Pod | undefined;
  return pod?.status?.podIPs?.some((address) => address.ip === ip) ?? false;
}
