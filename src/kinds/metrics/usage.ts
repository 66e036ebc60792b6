import type { NodeDirectory, NodeStats, ResourceStats } from '../../api/streams.js';
import type { Usage } from '../../api/metrics.js';
import { Quantity } from '../../api/quantity.js';
import { formatDuration } from '../../api/time.js';
import type { ColumnFact, ResourceFact } from '../../schema/catalogue.js';
import type { Cell } from '../../registry/kind.js';

/** The window that usage is averaged over, as with metrics-server's default resolution; shorter for what has just started. */
const WINDOW_MS = 15_000;
/** Younger containers have no usage yet. */
const MIN_WINDOW_MS = 1000;

/** Amounts as metrics-server writes them: billionths of a core, and kibibytes. */
export function usageOf({ cpuNanocores, memoryWorkingSetBytes }: Pick<ResourceStats, 'cpuNanocores' | 'memoryWorkingSetBytes'>): Usage {
  return { cpu: nanocores(cpuNanocores), memory: Quantity.of(Math.floor(memoryWorkingSetBytes / 1024) * 1024, 'BinarySI').toString() };
}

/** The window of what has run for so long; undefined while that is too short to tell. */
export function windowOf(runningMs: number): string | undefined {
  return runningMs < MIN_WINDOW_MS ? undefined : formatDuration(Math.min(runningMs, WINDOW_MS));
}

function nanocores(count: number): string {
  return Quantity.parse(`${Math.round(count)}n`).toString();
}

/** Looks at each node at most once, however many of its pods are asked for. */
export class StatsOnce {
  private readonly seen = new Map<string, NodeStats | undefined>();

  constructor(private readonly nodes: NodeDirectory) {}

  of(nodeName: string): NodeStats | undefined {
    if (!this.seen.has(nodeName)) this.seen.set(nodeName, this.nodes.agent(nodeName)?.stats());
    return this.seen.get(nodeName);
  }
}

const column = (name: string, format: string, description = ''): ColumnFact => ({ name, type: 'string', format, description, priority: 0 });

/** A resource of metrics.k8s.io, with metrics-server's columns. */
export function metricsFact(plural: string, kind: string, namespaced: boolean): ResourceFact {
  return {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    kind,
    plural,
    singular: '',
    namespaced,
    shortNames: [],
    categories: [],
    verbs: ['get', 'list'],
    subresources: [],
    columns: [column('Name', 'name', 'Name of the resource'), column('cpu', 'quantity'), column('memory', 'quantity'), column('Window', 'duration')],
  };
}

export function metricsCells(name: string, usages: readonly Usage[], window: string): Cell[] {
  const total = (resource: string): string => usages.reduce((sum, usage) => sum.add(Quantity.parse(usage[resource] ?? '0')), Quantity.zero).toString();
  return [name, total('cpu'), total('memory'), window];
}
