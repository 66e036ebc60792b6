import { badRequest } from '../../../api/errors.js';
import { parseIp, type IpAddress } from '../../../api/ip.js';
import type { ConnectSubresource } from '../../../registry/subresource.js';
import { joinHostPort, parseProxyTarget, proxiedPath } from '../../common/proxy-target.js';
import type { KindEnvironment } from '../../environment.js';
import { podOf } from './container-choice.js';

/** pods/NAME/proxy: passes an HTTP request on to the pod; NAME may be `NAME:PORT` or `SCHEME:NAME:PORT`. */
export function proxySubresource({ network }: KindEnvironment): ConnectSubresource {
  return {
    type: 'connect',
    async connect(request) {
      const target = parseProxyTarget(request.name, 'pod');
      const pod = podOf(request, target.name);
      const firstPort = (pod.spec.containers ?? []).flatMap((container) => container.ports ?? [])[0]?.containerPort;
      const named = target.port || (firstPort === undefined ? '' : String(firstPort));
      const ip = pod.status?.podIPs?.[0]?.ip ?? '';
      if (!isGlobalUnicast(parseIp(ip))) throw badRequest('address not allowed');
      const secure = target.scheme === 'https';
      const port = named === '' ? (secure ? 443 : 80) : Number(named);
      if (!Number.isInteger(port)) throw badRequest(`invalid pod request ${JSON.stringify(request.name)}`);
      return {
        type: 'proxy',
        connect: (signal) => network.connect(ip, port, { signal }),
        secure,
        host: named === '' ? ip : joinHostPort(ip, port),
        path: proxiedPath(request.rest, request.query),
        prefix: `/api/v1/namespaces/${request.namespace}/pods/${request.name}/proxy`,
      };
    },
  };
}

/** Go's net.IP.IsGlobalUnicast: no loopback, link-local, multicast, unspecified or broadcast address. */
function isGlobalUnicast(ip: IpAddress | undefined): boolean {
  if (!ip || ip.value === 0n) return false;
  if (ip.family === 4) {
    const first = Number(ip.value >> 24n);
    const linkLocal = ip.value >> 16n === 0xa9fen;
    return first !== 127 && (first < 224 || first > 239) && !linkLocal && ip.value !== 0xffffffffn;
  }
  return ip.value !== 1n && ip.value >> 120n !== 0xffn && ip.value >> 118n !== 0x3fan;
}
