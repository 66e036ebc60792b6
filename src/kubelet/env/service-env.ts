import type { Service } from '../../api/types/core-v1.js';

/** Variables that tell containers of Services (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables). */
export function serviceEnvironment(services: readonly Service[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) {
    const ip = service.spec?.clusterIP;
    const ports = service.spec?.ports ?? [];
    const [first] = ports;
    if (!ip || ip === 'None' || !first) continue;
    const name = variableName(service.metadata.name ?? '');
    variables.set(`${name}_SERVICE_HOST`, ip);
    variables.set(`${name}_SERVICE_PORT`, String(first.port));
    for (const port of ports) if (port.name) variables.set(`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
    const host = ip.includes(':') ? `[${ip}]` : ip;
    for (const [i, port] of ports.entries()) {
      const protocol = port.protocol ?? 'TCP';
      const url = `${protocol.toLowerCase()}://${host}:${port.port}`;
      if (i === 0) variables.set(`${name}_PORT`, url);
      const prefix = `${name}_PORT_${port.port}_${protocol.toUpperCase()}`;
      variables.set(prefix, url);
      variables.set(`${prefix}_PROTO`, protocol.toLowerCase());
      variables.set(`${prefix}_PORT`, String(port.port));
      variables.set(`${prefix}_ADDR`, ip);
    }
  }
  return variables;
}

/** Services a pod of `namespace` is told of: those of its namespace if it wants links, and always default/kubernetes. */
export function servicesFor(namespace: string, links: boolean, services: Iterable<Service>): Service[] {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const name = service.metadata.name ?? '';
    const isMaster = service.metadata.namespace === 'default' && name === 'kubernetes';
    if (isMaster ? !chosen.has(name) : links && service.metadata.namespace === namespace) chosen.set(name, service);
  }
  return [...chosen.values()];
}

function variableName(text: string): string {
  return text.replaceAll('-', '_').toUpperCase();
}
