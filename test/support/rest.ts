import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parse } from 'yaml';

export interface Answer<T> {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: T;
}

export interface RestOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

const pem = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString();

/** The bare REST API over HTTPS, without any client library, as the kubeconfig's user or as nobody. */
export class Rest implements Disposable {
  private readonly agent: Agent;
  private readonly server: string;

  constructor(kubeconfig: string, { anonymous = false }: { anonymous?: boolean } = {}) {
    const { clusters, users } = parse(kubeconfig) as Kubeconfig;
    const [{ cluster }] = clusters;
    const [{ user }] = users;
    this.server = cluster['server'] ?? '';
    const identity = anonymous ? {} : { cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) };
    this.agent = new Agent({ keepAlive: true, ca: pem(cluster['certificate-authority-data']), ...identity });
  }

  /** Sends a request; a body that is no text goes as JSON, an answer that is JSON comes parsed. */
  async send<T>(path: string, options: RestOptions = {}): Promise<Answer<T>> {
    const response = await this.open(path, options);
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response) text += chunk as string;
    const isJson = /json/.test(response.headers['content-type'] ?? '');
    return { code: response.statusCode ?? 0, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** Sends a request and resolves as soon as the head of the answer is there. */
  open(path: string, { method = 'GET', body, contentType = 'application/json', headers = {} }: RestOptions = {}): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const all: RequestOptions = { method, agent: this.agent, headers: { ...(text === undefined ? {} : { 'content-type': contentType }), ...headers } };
    return new Promise((resolve, reject) => {
      const call = request(new URL(path, this.server), all, resolve);
      call.on('error', reject);
      call.end(text);
    });
  }

  [Symbol.dispose](): void {
    this.agent.destroy();
  }
}
