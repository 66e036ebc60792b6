/** One thing that must be well for the server to be healthy (k8s.io/apiserver/pkg/server/healthz). */
export interface HealthCheck {
  /** e.g. `etcd`, `poststarthook/rbac/bootstrap-roles`: also the last part of its own path. */
  readonly name: string;
  /** Endpoints that ask it: all three unless said otherwise. */
  readonly endpoints?: readonly HealthEndpoint[];
  /** Throws (or rejects) when something is wrong. */
  check(): void | Promise<void>;
}

export type HealthEndpoint = 'healthz' | 'livez' | 'readyz';

export interface HealthReport {
  readonly code: 200 | 404 | 500;
  readonly text: string;
  /** What goes to the log when something failed: clients do not learn the reasons. */
  readonly failures: readonly string[];
}

export const NOT_FOUND_TEXT = '404 page not found\n';

/** What /metrics/slis tells of one check at one endpoint (KEP-3466). */
interface Results {
  readonly name: string;
  readonly endpoint: HealthEndpoint;
  success: number;
  error: number;
  /** How it went the last time. */
  last: 'success' | 'error';
}

/** The checks behind /healthz, /livez and /readyz, in the order in which they were added. */
export class HealthChecks {
  private readonly checks: HealthCheck[] = [
    { name: 'ping', check: () => {} },
    { name: 'log', check: () => {} },
  ];
  private readonly results = new Map<string, Results>();
  private stopping = false;

  add(...checks: readonly HealthCheck[]): void {
    this.checks.push(...checks);
  }

  /** From now on /readyz fails: load balancers and clients look elsewhere. */
  startShutdown(): void {
    this.stopping = true;
  }

  /** `name` is what follows the endpoint in the path ('' asks for all checks). */
  async report(endpoint: HealthEndpoint, name: string, query: URLSearchParams): Promise<HealthReport> {
    const checks = this.of(endpoint);
    if (name === '') return this.all(endpoint, checks, query);
    const check = checks.find((candidate) => candidate.name === name);
    if (!check) return { code: 404, text: NOT_FOUND_TEXT, failures: [] };
    const failure = await failureOf(check);
    return failure === undefined ? { code: 200, text: 'ok', failures: [] } : { code: 500, text: `internal server error: ${failure}\n`, failures: [`${name}: ${failure}`] };
  }

  /** Paths of all checks, for the index at "/". */
  paths(): string[] {
    const endpoints: HealthEndpoint[] = ['healthz', 'livez', 'readyz'];
    return endpoints.flatMap((endpoint) => [`/${endpoint}`, ...this.of(endpoint).map(({ name }) => `/${endpoint}/${name}`)]);
  }

  /** What the checks have come to so far, in Prometheus' text form: of those that were asked together, as kube-apiserver counts. */
  indicators(): string {
    const results = [...this.results.values()];
    const lines = (metric: string, values: (result: Results) => ReadonlyArray<readonly [labels: string, value: number]>): string[] =>
      results.flatMap((result) => values(result).map(([labels, value]) => `${metric}{name=${JSON.stringify(result.name)},${labels}type="${result.endpoint}"} ${value}`)).sort();
    const text = [
      ...head('kubernetes_healthcheck', 'gauge', 'This metric records the result of a single healthcheck.'),
      ...lines('kubernetes_healthcheck', ({ last }) => [['', last === 'success' ? 1 : 0]]),
      ...head('kubernetes_healthchecks_total', 'counter', 'This metric records the results of all healthcheck.'),
      ...lines('kubernetes_healthchecks_total', (result) => (['error', 'success'] as const).filter((status) => result[status] > 0).map((status) => [`status="${status}",`, result[status]])),
    ];
    return results.length > 0 ? `${text.join('\n')}\n` : '';
  }

  private count(name: string, endpoint: HealthEndpoint, status: 'success' | 'error'): void {
    const key = `${name} ${endpoint}`;
    let results = this.results.get(key);
    if (!results) this.results.set(key, (results = { name, endpoint, success: 0, error: 0, last: status }));
    results[status]++;
    results.last = status;
  }

  private of(endpoint: HealthEndpoint): HealthCheck[] {
    const checks = this.checks.filter((check) => !check.endpoints || check.endpoints.includes(endpoint));
    if (endpoint !== 'readyz') return checks;
    const shutdown = (): void => {
      if (this.stopping) throw new Error('process is shutting down');
    };
    return [...checks, { name: 'shutdown', check: shutdown }];
  }

  private async all(endpoint: HealthEndpoint, checks: readonly HealthCheck[], query: URLSearchParams): Promise<HealthReport> {
    const excluded = new Set(query.getAll('exclude'));
    const unknown = new Set(excluded);
    const failures: string[] = [];
    let text = '';
    for (const check of checks) {
      if (excluded.has(check.name)) {
        unknown.delete(check.name);
        text += `[+]${check.name} excluded: ok\n`;
        continue;
      }
      const failure = await failureOf(check);
      this.count(check.name, endpoint, failure === undefined ? 'success' : 'error');
      if (failure !== undefined) failures.push(`${check.name}: ${failure}`);
      text += failure === undefined ? `[+]${check.name} ok\n` : `[-]${check.name} failed: reason withheld\n`;
    }
    if (unknown.size > 0) text += `warn: some health checks cannot be excluded: no matches for ${[...unknown].sort().map((name) => JSON.stringify(name)).join(',')}\n`;
    if (failures.length > 0) return { code: 500, text: `${text}${endpoint} check failed\n`, failures };
    return { code: 200, text: query.has('verbose') ? `${text}${endpoint} check passed\n` : 'ok', failures };
  }
}

function head(metric: string, type: string, help: string): string[] {
  return [`# HELP ${metric} [STABLE] ${help}`, `# TYPE ${metric} ${type}`];
}

async function failureOf(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
