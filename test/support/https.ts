import { Agent, request } from 'node:https';
import { parse } from 'yaml';

export interface Reply {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly bytes: Buffer;
  json<T = Record<string, unknown>>(): T;
}

/** Plain HTTPS requests as the administrator of a kubeconfig; for tests of what goes over the wire. */
export class HttpsClient implements Disposable {
  private readonly agent: Agent;
  readonly url: string;
  /** For connections that are not HTTP's. */
  readonly tls: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer };

  constructor(kubeconfig: string, options: { readonly anonymous?: boolean; readonly maxSockets?: number } = {}) {
    const config = parse(kubeconfig) as { clusters: [{ cluster: Record<string, string> }]; users: [{ user: Record<string, string> }] };
    const { cluster } = config.clusters[0];
    const { user } = config.users[0];
    const pem = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64');
    const credentials = options.anonymous ? {} : { cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) };
    this.url = cluster['server'] ?? '';
    this.tls = { ca: pem(cluster['certificate-authority-data']), ...credentials };
    this.agent = new Agent({ keepAlive: true, maxSockets: options.maxSockets ?? Infinity, ...this.tls });
  }

  send(method: string, path: string, options: { body?: string | Buffer | object; headers?: Readonly<Record<string, string>> } = {}): Promise<Reply> {
    const { body, headers = {} } = options;
    const bytes = body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    // Node says nothing about the length of a DELETE's body, which would then be read as the next request.
    const length = bytes === undefined ? {} : { 'content-length': String(Buffer.byteLength(bytes)) };
    const type = bytes === undefined || headers['content-type'] ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const call = request(new URL(path, this.url), { method, agent: this.agent, headers: { 'user-agent': 'kubette-test/1', ...type, ...length, ...headers } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString();
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text, bytes, json: <T>() => JSON.parse(text) as T });
        });
      });
      call.on('error', reject);
      call.end(bytes);
    });
  }

  [Symbol.dispose](): void {
    this.agent.destroy();
  }
}
