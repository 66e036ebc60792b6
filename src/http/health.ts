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

/** The checks behind /healthz, /livez and /readyz, in the order in which they were added. */
export class HealthChecks {
  private readonly checks: HealthCheck[] = [
    { name: 'ping', check: () => {} },
    { name: 'log', check: () => {} },
  ];
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
      if (failure !== undefined) failures.push(`${check.name}: ${failure}`);
      text += failure === undefined ? `[+]${check.name} ok\n` : `[-]${check.name} failed: reason withheld\n`;
    }
    if (unknown.size > 0) text += `warn: some health checks cannot be excluded: no matches for ${[...unknown].sort().map((name) => JSON.stringify(name)).join(',')}\n`;
    if (failures.length > 0) return { code: 500, text: `${text}${endpoint} check failed\n`, failures };
    return { code: 200, text: query.has('verbose') ? `${text}${endpoint} check passed\n` : 'ok', failures };
  }
}

async function failureOf(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
