import type { Exchange } from './exchange.js';

/** A family of figures that another part of the cluster gives to /metrics; asked at each scrape only. */
export interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  collect(): Iterable<{ readonly labels?: Readonly<Record<string, string>>; readonly value: number }>;
}

/** Upper bounds in seconds, those of apiserver_request_duration_seconds. */
const BUCKETS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: number[];
  sum: number;
  total: number;
}

/** Bounds the memory that requests for made-up resources can take. */
const MAX_SERIES = 5000;

const REQUEST_LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'];

/**
 * What the server counts about itself. A request costs one map look-up and a few additions;
 * prom-client is loaded by the first scrape, and given the figures then.
 */
export class ServerMetrics {
  private readonly requests = new Map<string, { readonly labels: Record<string, string>; value: number }>();
  private readonly durations = new Map<string, Series>();
  private longRunning = 0;
  private rejected = 0;
  private readonly startedAtSeconds: number;

  constructor(
    private readonly inFlight: () => number,
    private readonly sources: readonly MetricSource[],
    private readonly nowMs: () => number,
  ) {
    this.startedAtSeconds = nowMs() / 1000;
  }

  streamStarted(): void {
    this.longRunning++;
  }

  streamEnded(): void {
    this.longRunning--;
  }

  requestRejected(): void {
    this.rejected++;
  }

  requestEnded({ info, method }: Exchange, code: number, milliseconds: number): void {
    const verb = info.isResource ? info.verb.toUpperCase() : method;
    const { group = '', version = '', resource = '', subresource = '' } = info.isResource ? info : {};
    const scope = !info.isResource ? '' : info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
    const key = `${verb} ${group}/${version}/${resource}/${subresource} ${scope}`;
    const labels = (): Record<string, string> => ({ verb, group, version, resource, subresource, scope, component: 'apiserver' });
    const requests = this.requests.get(`${key} ${code}`);
    if (requests) requests.value++;
    else if (this.requests.size < MAX_SERIES) this.requests.set(`${key} ${code}`, { labels: { ...labels(), code: String(code) }, value: 1 });
    if (verb === 'WATCH') return;
    let series = this.durations.get(key);
    if (!series) {
      if (this.durations.size >= MAX_SERIES) return;
      this.durations.set(key, (series = { labels: labels(), counts: BUCKETS.map(() => 0), sum: 0, total: 0 }));
    }
    const seconds = milliseconds / 1000;
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) series.counts[bucket]!++;
    series.sum += seconds;
    series.total++;
  }

  async render(): Promise<{ contentType: string; text: string }> {
    // A CommonJS package: bundled, it has no named exports.
    const { Counter, Gauge, Registry } = (await import('prom-client')).default;
    const registry = new Registry();
    const figures = (name: string, help: string, labelNames: string[], type: 'counter' | 'gauge', values: Iterable<{ labels?: Readonly<Record<string, string>> | undefined; value: number }>): void => {
      const metric = type === 'counter' ? new Counter({ name, help, labelNames, registers: [registry] }) : new Gauge({ name, help, labelNames, registers: [registry] });
      for (const { labels = {}, value } of values) metric.inc(labels, value);
    };
    figures('apiserver_request_total', 'Counter of apiserver requests broken out for each verb, group, version, resource, scope, component, and HTTP response code.', REQUEST_LABELS, 'counter', this.requests.values());
    figures('apiserver_current_inflight_requests', 'Requests that are being worked on now, streams not counted.', [], 'gauge', [{ value: this.inFlight() }]);
    figures('apiserver_longrunning_requests', 'Watches and other streams that are open now.', [], 'gauge', [{ value: this.longRunning }]);
    figures('apiserver_rejected_requests_total', 'Requests that were answered 429 because too many were in flight.', [], 'counter', [{ value: this.rejected }]);
    for (const { name, help, type, value } of processFigures(this.startedAtSeconds)) figures(name, help, [], type, [{ value }]);
    for (const source of this.sources) {
      const values = [...source.collect()];
      const labelNames = [...new Set(values.flatMap(({ labels }) => Object.keys(labels ?? {})))];
      figures(source.name, source.help, labelNames, source.type, values);
    }
    return { contentType: registry.contentType, text: (await registry.metrics()) + this.histogramText() };
  }

  /** prom-client's histograms take observations only, these have been counted already. */
  private histogramText(): string {
    const name = 'apiserver_request_duration_seconds';
    const lines = [`# HELP ${name} Response latency distribution in seconds for each verb, group, version, resource, subresource, scope and component.`, `# TYPE ${name} histogram`];
    for (const { labels, counts, sum, total } of this.durations.values()) {
      const text = Object.entries(labels).map(([label, value]) => `${label}="${value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`).join(',');
      let below = 0;
      for (const [i, bound] of BUCKETS.entries()) lines.push(`${name}_bucket{${text},le="${bound}"} ${(below += counts[i] ?? 0)}`);
      lines.push(`${name}_bucket{${text},le="+Inf"} ${total}`, `${name}_sum{${text}} ${sum}`, `${name}_count{${text}} ${total}`);
    }
    return `\n${lines.join('\n')}\n`;
  }
}

function processFigures(startedAtSeconds: number): Array<{ name: string; help: string; type: 'counter' | 'gauge'; value: number }> {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  return [
    { name: 'process_cpu_seconds_total', help: 'Total user and system CPU time spent in seconds.', type: 'counter', value: (cpu.user + cpu.system) / 1e6 },
    { name: 'process_resident_memory_bytes', help: 'Resident memory size in bytes.', type: 'gauge', value: memory.rss },
    { name: 'process_start_time_seconds', help: 'Start time of the server since unix epoch in seconds.', type: 'gauge', value: startedAtSeconds },
    { name: 'nodejs_heap_size_used_bytes', help: 'Process heap size used from Node.js in bytes.', type: 'gauge', value: memory.heapUsed },
    { name: 'nodejs_external_memory_bytes', help: 'Node.js external memory size in bytes.', type: 'gauge', value: memory.external },
  ];
}
