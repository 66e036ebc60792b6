import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Authenticator } from '../../src/authn/authenticator.js';
import type { Authorize } from '../../src/authn/access.js';
import { adminKubeconfig } from '../../src/authn/kubeconfig.js';
import { ensurePki, type Pki } from '../../src/authn/pki/pki.js';
import { SystemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/base/logger.js';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../src/http/server.js';
import { FakePipeline, type FakeHandler } from './http-fake-pipeline.js';

export const TOKEN_USER = { name: 'tester', groups: ['system:masters'] };

export interface Reply {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** A real HTTPS server in front of a fake pipeline. Token `secret` is an administrator's, `plain` nobody special's, `scheduler` the scheduler's. */
export interface FakeServer {
  readonly server: HttpServer;
  readonly pipeline: FakePipeline;
  readonly port: number;
  readonly url: string;
  readonly pki: Pki;
  readonly kubeconfig: string;
  /** With the administrator's token unless headers say otherwise (`authorization: ''` sends none). */
  readonly get: (path: string, options?: RequestOptions & { readonly body?: string | Buffer }) => Promise<Reply>;
  /** Resolves with the first bytes still to come. */
  readonly open: (path: string, options?: RequestOptions) => Promise<IncomingMessage>;
  readonly stop: () => Promise<void>;
}

export const allowAll: Authorize = async () => ({ allowed: true });

export async function startFakeServer(handler: FakeHandler, options: Partial<HttpServerOptions> = {}): Promise<FakeServer> {
  const pki = ensurePki({ clock: new SystemClock() });
  const pipeline = new FakePipeline(handler);
  const authenticator = new Authenticator({ staticTokens: new Map([['secret', TOKEN_USER], ['plain', { name: 'plain', groups: [] }], ['scheduler', { name: 'system:kube-scheduler', groups: [] }]]) });
  const server = createHttpServer({ pipeline, authenticator, authorize: allowAll, tls: { ...pki.serving, ca: pki.ca.cert }, logger: silentLogger, ...options });
  const { port, url } = await server.listen(0, '127.0.0.1');
  const agent = new Agent({ keepAlive: true, ca: pki.ca.cert });
  const open = (path: string, requestOptions: RequestOptions & { body?: string | Buffer } = {}): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { body, headers, ...rest } = requestOptions;
      const all: Record<string, unknown> = { authorization: 'Bearer secret', ...(headers as OutgoingHttpHeaders | undefined) };
      if (all['authorization'] === '') delete all['authorization'];
      const request = httpsRequest({ host: '127.0.0.1', port, path, agent, ca: pki.ca.cert, headers: all as Record<string, string>, ...rest }, resolve);
      request.on('error', reject);
      request.end(body);
    });
  return {
    server,
    pipeline,
    port,
    url,
    pki,
    kubeconfig: adminKubeconfig({ server: url, ca: pki.ca.cert, ...pki.admin }),
    open,
    async get(path, requestOptions) {
      const response = await open(path, requestOptions);
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      return { code: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() };
    },
    async stop() {
      agent.destroy();
      await server.stop();
    },
  };
}
