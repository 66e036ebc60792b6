import type { Exchange } from './exchange.js';
import { VERSION_INFO } from './version.js';

/** A family of figures that another part of the cluster gives to /metrics; asked at each scrape only. */
export interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  collect(): Iterable<{ readonly labels?: Readonly<Record<string, string>>; readonly value: number }>;
}

/** Upper bounds in seconds, those of apiserver_request_duration_seconds. */
const BUCKETS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

interface Count {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: number[];
  sum: number;
  total: number;
}

/** Bounds the memory that requests for made-up resources can take. */
const MAX_SERIES = 5000;

const LONG_RUNNING_LABELS = ['component', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'] as const;
const DURATION_LABELS = ['component', 'dry_run', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'] as const;
const REQUEST_LABELS = ['code', ...DURATION_LABELS] as const;

/**
 * What the server counts about itself. A request costs one map look-up and a few additions;
 * prom-client is loaded by the first scrape, and given the figures then.
 */
export class ServerMetrics {
  private readonly requests = new Map<string, Count>();
  private readonly durations = new Map<string, Series>();
  private readonly longRunning = new Map<string, Count>();
  private rejected = 0;
  private readonly startedAtSeconds: number;

  constructor(
    private readonly inFlight: () => Readonly<Record<'read' | 'write', number>>,
    private readonly sources: readonly MetricSource[],
    private readonly nowMs: () => number,
  ) {
    this.startedAtSeconds = nowMs() / 1000;
  }

  /** Gives what is to be called when the stream has ended. */
  streamStarted(exchange: Exchange): () => void {
    const labels = requestLabels(exchange, 200);
    const key = LONG_RUNNING_LABELS.map((label) => labels[label]).join(' ');
    let count = this.longRunning.get(key);
    if (!count) {
      count = { labels, value: 0 };
      if (this.longRunning.size < MAX_SERIES) this.longRunning.set(key, count);
    }
    const counted = count;
    counted.value++;
    return () => void counted.value--;
  }

  requestRejected(): void {
    this.rejected++;
  }

  requestEnded(exchange: Exchange, code: number, milliseconds: number): void {
    const { info, method } = exchange;
    const dryRun = exchange.queryText.includes('dryRun=All') ? 'All' : '';
    const target = info.isResource ? `${info.verb} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${info.name !== '' ? 'n' : info.namespace !== '' ? 'ns' : ''}` : code === 404 ? '' : info.path;
    const key = `${method}${isApply(exchange) ? '+' : ''} ${dryRun} ${target}`;
    const requests = this.requests.get(`${code} ${key}`);
    if (requests) requests.value++;
    else if (this.requests.size < MAX_SERIES) this.requests.set(`${code} ${key}`, { labels: { code: String(code), ...requestLabels(exchange, code), dry_run: dryRun }, value: 1 });
    if (info.isResource && info.verb === 'watch') return;
    let series = this.durations.get(key);
    if (!series) {
      if (this.durations.size >= MAX_SERIES) return;
      this.durations.set(key, (series = { labels: { ...requestLabels(exchange, code), dry_run: dryRun }, counts: BUCKETS.map(() => 0), sum: 0, total: 0 }));
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
    const figures = (name: string, help: string, labelNames: readonly string[], type: 'counter' | 'gauge', values: Iterable<{ labels?: Readonly<Record<string, string>> | undefined; value: number }>): void => {
      const metric = type === 'counter' ? new Counter({ name, help, labelNames: [...labelNames], registers: [registry] }) : new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
      for (const { labels = {}, value } of values) metric.inc(only(labels, labelNames), value);
    };
    figures('apiserver_request_total', 'Requests by what was asked for and what was answered.', REQUEST_LABELS, 'counter', this.requests.values());
    const { read, write } = this.inFlight();
    figures('apiserver_current_inflight_requests', 'Requests that are being worked on now, streams not counted.', ['request_kind'], 'gauge', [{ labels: { request_kind: 'mutating' }, value: write }, { labels: { request_kind: 'readOnly' }, value: read }]);
    figures('apiserver_longrunning_requests', 'Watches and other streams that are open now.', LONG_RUNNING_LABELS, 'gauge', this.longRunning.values());
    figures('kubernetes_build_info', 'The release whose API is served; the value is always 1.', BUILD_LABELS, 'gauge', [{ labels: BUILD, value: 1 }]);
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
    const lines = [`# HELP ${name} How long requests took that were no watches, in seconds.`, `# TYPE ${name} histogram`];
    for (const { labels, counts, sum, total } of this.durations.values()) {
      const text = Object.entries(only(labels, DURATION_LABELS)).map(([label, value]) => `${label}="${value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`).join(',');
      let below = 0;
      for (const [i, bound] of BUCKETS.entries()) lines.push(`${name}_bucket{${text},le="${bound}"} ${(below += counts[i] ?? 0)}`);
      lines.push(`${name}_bucket{${text},le="+Inf"} ${total}`, `${name}_sum{${text}} ${sum}`, `${name}_count{${text}} ${total}`);
    }
    return `\n${lines.join('\n')}\n`;
  }
}

const BUILD = {
  build_date: VERSION_INFO.buildDate,
  compiler: VERSION_INFO.compiler,
  git_commit: VERSION_INFO.gitCommit,
  git_tree_state: VERSION_INFO.gitTreeState,
  git_version: VERSION_INFO.gitVersion,
  go_version: VERSION_INFO.goVersion,
  major: VERSION_INFO.major,
  minor: VERSION_INFO.minor,
  platform: VERSION_INFO.platform,
};
const BUILD_LABELS = Object.keys(BUILD);

/** What kube-apiserver calls the verbs in its metrics. */
const VERBS: Readonly<Record<string, string>> = { get: 'GET', list: 'LIST', watch: 'WATCH', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETECOLLECTION' };
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE']);
const CONNECTIONS = new Set(['exec', 'attach', 'portforward', 'proxy']);

const isApply = ({ method, headers }: Exchange): boolean => method === 'PATCH' && (headers['content-type']?.includes('apply-patch') ?? false);

/** The labels that k8s.io/apiserver/pkg/endpoints/metrics gives a request. What nobody answers to is one series, whatever its path. */
function requestLabels(exchange: Exchange, code: number): Record<string, string> {
  const { info, method } = exchange;
  if (!info.isResource) {
    const isApi = /^\/apis?(?:\/|$)/.test(info.path);
    return { component: isApi ? 'apiserver' : '', group: '', resource: '', scope: '', subresource: code === 404 ? '' : isApi ? info.path.slice(1) : info.path, verb: METHODS.has(method) ? method : 'other', version: '' };
  }
  const { group, version, resource, subresource, name, namespace } = info;
  const scope = name !== '' || info.verb === 'create' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster';
  const verb = isApply(exchange) ? 'APPLY' : CONNECTIONS.has(subresource) ? 'CONNECT' : (VERBS[info.verb] ?? 'other');
  return { component: 'apiserver', group, resource, scope, subresource, verb, version };
}

/** Labels in the order of their names, and none beside them. */
function only(labels: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])));
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
