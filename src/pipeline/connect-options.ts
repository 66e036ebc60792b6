import type { KubeObject } from '../api/object.js';

/** What a client asks of a stream, as admission sees it (PodExecOptions and its like); undefined for logs, which are read. */
export function connectOptions(kind: string, subresource: string, rest: string, query: URLSearchParams): KubeObject | undefined {
  const name = NAMES[subresource];
  if (name === undefined) return undefined;
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].filter((flag) => isTrue(query.get(flag))).map((flag) => [flag, true]);
  const container = query.get('container');
  const command = query.getAll('command');
  const ports = query.getAll('ports').flatMap((text) => text.split(',').map(Number));
  const parts: Readonly<Record<string, object>> = {
    exec: { ...(Object.fromEntries(flags) as object), ...(container ? { container } : {}), ...(command.length > 0 ? { command } : {}) },
    attach: { ...(Object.fromEntries(flags) as object), ...(container ? { container } : {}) },
    portforward: ports.length > 0 ? { ports } : {},
    proxy: rest === '' ? {} : { path: rest },
  };
  return { kind: `${kind}${name}`, apiVersion: 'v1', ...parts[subresource] } as unknown as KubeObject;
}

const NAMES: Readonly<Record<string, string>> = { exec: 'ExecOptions', attach: 'AttachOptions', portforward: 'PortForwardOptions', proxy: 'ProxyOptions' };

const isTrue = (text: string | null): boolean => text === 'true' || text === '1';
