import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { OIDC_CONFIGURATION_PATH, OIDC_KEY_SET_PATH, type OidcDocuments } from '../authn/oidc-documents.js';
import { ApiError, methodNotAllowed, unknownPath } from '../api/errors.js';
import type { Logger } from '../base/logger.js';
import { statusz } from './statusz.js';
import { NOT_FOUND_TEXT, type HealthChecks, type HealthEndpoint } from './health.js';
import type { ServerMetrics } from './metrics.js';
import { VERSION_INFO } from './version.js';

export interface OwnRoutesOptions {
  readonly health: HealthChecks;
  readonly metrics: ServerMetrics;
  /** Asked when the first client wants them: the server's URL is known by then. */
  readonly oidc: () => OidcDocuments | undefined;
  /** When the server came, and what the time is now: milliseconds since the epoch. */
  readonly startedAt: number;
  readonly now: () => number;
  readonly logger: Logger;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const OWN_PATH = /^\/(?:(?:healthz|livez|readyz|version|metrics)(?:\/|$)|statusz$|(?:\.well-known\/openid-configuration|openid\/v1\/jwks)\/?$)/;

const VERSION_PATH = /^\/version\/?$/;

/** Those that `/` names, beside the health checks'. */
export const OWN_PATHS = ['/metrics', '/metrics/slis', '/statusz', '/version'] as const;

/** Routes that are the server's own, not the API's: health, version, metrics, keys of service account tokens. */
export class OwnRoutes {
  private app: Promise<Handler> | undefined;

  constructor(private readonly options: OwnRoutesOptions) {}

  owns(path: string): boolean {
    return OWN_PATH.test(path);
  }

  /** Answers a request that has been authorized; rejects with an ApiError when that is the answer. express is loaded by the first one (docs/decisions/express-behind-the-corridor.md). */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && VERSION_PATH.test(request.url?.split('?')[0] ?? '')) checkAcceptsJson(request.headers.accept);
    const app = await (this.app ??= this.createApp());
    if (response.destroyed) return;
    // It is in flight until it is answered.
    const closed = once(response, 'close');
    app(request, response);
    await closed;
  }

  private async createApp(): Promise<Handler> {
    const { default: express } = await import('express');
    const { health, metrics, oidc, logger, startedAt, now } = this.options;
    const app = express();
    app.disable('x-powered-by').disable('etag');

    app.all(/^\/(healthz|livez|readyz)(?:\/(.+))?$/, async (request, response) => {
      const [endpoint, name = ''] = [request.params[0] as HealthEndpoint, request.params[1]];
      const query = new URL(request.url, 'https://localhost').searchParams;
      const report = await health.report(endpoint, name, query);
      if (report.failures.length > 0) logger.warn({ failures: report.failures }, `${endpoint} check failed`);
      // Go's http.Error says so, and the handler of all checks; that of a check that succeeds does not.
      if (report.code !== 200 || name === '') response.set('x-content-type-options', 'nosniff');
      response.status(report.code).type('text/plain; charset=utf-8').send(report.text);
    });
    // Routers of Kubernetes' own allow what they know; express would answer HEAD by GET's route.
    app.all([VERSION_PATH, OIDC_CONFIGURATION_PATH, OIDC_KEY_SET_PATH], (request, response, next) => {
      if (request.method === 'GET') next();
      else sendStatus(response, methodNotAllowed());
    });
    app.get(VERSION_PATH, (_request, response) => {
      sendBytes(response, 'application/json', JSON.stringify(VERSION_INFO, undefined, 2));
    });
    app.all(/^\/version\//, (_request, response) => sendStatus(response, unknownPath()));
    app.all(/^\/metrics$/, async (_request, response) => {
      const { contentType, text } = await metrics.render();
      sendBytes(response, contentType, text);
    });
    app.all(/^\/metrics\/slis$/, (_request, response) => {
      const seconds = startedAt / 1000;
      const process = ['# HELP process_start_time_seconds [ALPHA] Start time of the process since unix epoch in seconds.', '# TYPE process_start_time_seconds gauge', `process_start_time_seconds ${seconds}`];
      response.set('process-start-time-unix', String(Math.floor(seconds)));
      sendBytes(response, 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores', `${health.indicators()}${process.join('\n')}\n`);
    });
    app.all(/^\/statusz$/, (request, response) => {
      const query = new URL(request.url, 'https://localhost').searchParams;
      const { code, contentType, body, warning } = statusz({ startedAt, now: now(), paths: [...OWN_PATHS, ...health.paths()] }, { accept: request.headers.accept, userAgent: request.headers['user-agent'], query });
      if (warning) response.setHeader('warning', warning);
      sendBytes(response, contentType, body, code);
    });
    app.get(OIDC_CONFIGURATION_PATH, (_request, response) => sendDocument(response, 'application/json', oidc()?.configuration));
    app.get(OIDC_KEY_SET_PATH, (_request, response) => sendDocument(response, 'application/jwk-set+json', oidc()?.keySet));
    app.use((_request, response) => {
      response.set('x-content-type-options', 'nosniff');
      sendBytes(response, 'text/plain; charset=utf-8', NOT_FOUND_TEXT, 404);
    });
    // express' own handler would show the stack.
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
      logger.error({ error }, 'a route of the server failed');
      if (response.headersSent) response.destroy();
      else sendBytes(response, 'text/plain; charset=utf-8', 'Internal Server Error\n', 500);
    });
    return app;
  }
}

function sendDocument(response: ServerResponse, contentType: string, text: string | undefined): void {
  if (text === undefined) return sendBytes(response, 'text/plain; charset=utf-8', NOT_FOUND_TEXT, 404);
  response.setHeader('cache-control', 'public, max-age=3600');
  sendBytes(response, contentType, text);
}

/** Throws ApiError 406 for who takes no JSON, as go-restful's router. */
function checkAcceptsJson(accept: string | undefined): void {
  if (!accept || accept.split(',').some((clause) => /^(?:\*\/\*|application\/json)$/.test(clause.split(';')[0]?.trim() ?? ''))) return;
  throw new ApiError(406, 'NotAcceptable', '406: Not Acceptable\n\nAvailable representations: application/json', {});
}

function sendStatus(response: ServerResponse, error: ApiError): void {
  sendBytes(response, 'application/json', `${JSON.stringify(error.toStatus())}\n`, error.code);
}

/** Go's server names types without the charset that express would add. */
function sendBytes(response: ServerResponse, contentType: string, text: string | Buffer, code = 200): void {
  response.writeHead(code, { 'content-type': contentType, 'content-length': String(Buffer.byteLength(text)) }).end(text);
}
