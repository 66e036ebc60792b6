import type { Container, Pod } from '../../api/types/core-v1.js';
import { containerSpec } from '../pods/pod-helpers.js';
import { dividedValue, milliValue } from '../pods/resources.js';

/** What a running pod knows of itself that its object does not say yet. */
export interface PodFacts {
  readonly podIp: string;
  readonly hostIp: string;
  /** The node's allocatable resources: the limits of a container that sets none. */
  readonly allocatable: Readonly<Record<string, string | number>>;
}

/** Value of a fieldRef; throws Error with the text of CreateContainerConfigError for a path that is not supported. */
export function podField(pod: Pod, path: string, facts: PodFacts): string {
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIp;
    default: {
      const match = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
      if (!match) throw new Error(`field label not supported: ${path}`);
      const map = match[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
      const key = match[2] ?? '';
      return map && Object.hasOwn(map, key) ? (map[key] ?? '') : '';
    }
  }
}

/** `key="value"` lines in order of the keys, values quoted as Go quotes. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** Value of a resourceFieldRef. */
export function resourceField(pod: Pod, container: Container, ref: { containerName?: string | undefined; resource: string; divisor?: string | number | undefined }, facts: PodFacts): string {
  const target = ref.containerName ? containerSpec(pod, ref.containerName) : container;
  if (!target) throw new Error(`container ${ref.containerName} not found`);
  const [, kind, resource = ''] = /^(limits|requests)\.(.+)$/.exec(ref.resource) ?? [];
  if (!kind) throw new Error(`unsupported container resource : ${ref.resource}`);
  const { limits, requests } = target.resources ?? {};
  const quantity = kind === 'limits' ? (limits?.[resource] ?? facts.allocatable[resource]) : requests?.[resource];
  if (milliValue(quantity) === 0n) return '0';
  return String(dividedValue(quantity, ref.divisor));
}
