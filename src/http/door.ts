import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OidcDocuments } from '../authn/oidc-documents.js';
import { SystemClock, type Clock } from '../base/clock.js';
import { RandomIds, type Ids } from '../base/ids.js';
import type { Logger } from '../base/logger.js';
import { Corridor, type CorridorOptions } from './corridor.js';
import type { UpgradeSocket } from './exchange.js';
import { HealthChecks } from './health.js';
import { InFlight } from './in-flight.js';
import { InProcessDoor, type InProcessRequest } from './in-process.js';
import { LIMITS, type RequestLimits } from './limits.js';
import { ServerMetrics, type MetricSource } from './metrics.js';
import { OwnRoutes } from './own-routes.js';

export interface DoorOptions extends Pick<CorridorOptions, 'pipeline' | 'authenticator' | 'authorize' | 'flowControl'> {
  readonly logger: Logger;
  readonly health?: HealthChecks;
  /** Asked once the URL is known, when the first client wants the documents. */
  readonly oidc?: ((serverUrl: string) => OidcDocuments) | undefined;
  readonly metrics?: readonly MetricSource[];
  readonly ids?: Ids;
  /** Real time: clients and sockets know no other. */
  readonly clock?: Clock;
  readonly limits?: RequestLimits | undefined;
}

/** What answers for one cluster, whatever connections its requests come by. */
export class Door {
  readonly health: HealthChecks;
  readonly corridor: Corridor;
  private readonly inProcess = new InProcessDoor((request, response) => this.accept(request, response));
  private readonly clock: Clock;

  /** `prefix` is where the server has the door: what is behind it knows nothing of that, and gets paths without. */
  constructor(
    options: DoorOptions,
    url: () => string,
    private readonly accepted: () => void,
    private readonly prefix = '',
  ) {
    const { logger, health = new HealthChecks(), clock = new SystemClock(), ids = new RandomIds(), oidc } = options;
    this.health = health;
    this.clock = clock;
    const inFlight = new InFlight(options.limits);
    const metrics = new ServerMetrics(() => inFlight.current, options.metrics ?? [], () => clock.now());
    let documents: OidcDocuments | undefined;
    const ownRoutes = new OwnRoutes({ health, metrics, logger, startedAt: clock.now(), now: () => clock.now(), oidc: () => (documents ??= oidc?.(url())) });
    const { pipeline, authenticator, authorize, flowControl } = options;
    const requestTimeoutMs = options.limits?.requestTimeoutMs ?? LIMITS.requestTimeoutMs;
    this.corridor = new Corridor({ pipeline, authenticator, authorize, flowControl, ownRoutes, inFlight, metrics, requestTimeoutMs, ids, clock, logger });
  }

  /** What follows the prefix in a path that begins with it. */
  below(path: string): string {
    const rest = path.slice(this.prefix.length);
    return rest.startsWith('/') ? rest : `/${rest}`;
  }

  accept(request: IncomingMessage, response: ServerResponse, upgrade?: UpgradeSocket): void {
    this.corridor.accept(request, response, upgrade);
    this.accepted();
  }

  request(path: string, request: InProcessRequest): Promise<Response> {
    return this.inProcess.request(path, request);
  }

  /** No more is kept alive, and streams end. */
  startShutdown(): void {
    this.health.startShutdown();
    this.corridor.stopping = true;
    for (const exchange of this.corridor.active) if (exchange.isStream) exchange.abort(new Error('the server is shutting down'));
  }

  /** For a door whose server goes on: lets requests finish for a while, then breaks off what is left. */
  async stop(): Promise<void> {
    this.startShutdown();
    const { active } = this.corridor;
    if (active.size === 0) return;
    await new Promise<void>((resolve) => {
      const closed = (): void => {
        if (active.size > 0) return;
        timer.cancel();
        resolve();
      };
      const timer = this.clock.after(LIMITS.stopMs, () => {
        for (const exchange of active) exchange.incoming.socket.destroy();
        resolve();
      });
      for (const exchange of active) exchange.response.once('close', () => setImmediate(closed));
    });
  }
}
