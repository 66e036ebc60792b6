import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { isIP } from 'node:net';
import type { WebhookClientConfig } from '../../api/types/apiextensions-v1.js';
import { encodeJson } from '../../base/json.js';
import { parseYamlExactly } from '../../schema/yaml.js';
import type { ServicePort, WebhookEnvironment } from './environment.js';
import { requestErrorText, statusErrorText } from './go-errors.js';

/** As much as an answer may have: an object three times as large as the largest. */
const MAX_ANSWER_BYTES = 9 * 1024 * 1024;
const IDLE_MS = 30_000;
const DEFAULT_PORT = 443;

/** Connections are kept for as long as the configuration they belong to. */
const agents = new WeakMap<WebhookClientConfig, Agent>();

/**
 * Posts a review to a webhook (WebhookClientConfig of admissionregistration.k8s.io and apiextensions.k8s.io) and reads the answer. Rejects with an Error in the words
 * of client-go: nobody listens, no trust, no answer in time, no JSON.
 * @param timeoutSeconds from the start to the last byte; the webhook is told
 */
export async function callWebhook(client: WebhookClientConfig, review: object, timeoutSeconds: number, environment: Pick<WebhookEnvironment, 'connect'>): Promise<unknown> {
  const url = urlOf(client);
  url.searchParams.set('timeout', `${timeoutSeconds}s`);
  const body = Buffer.from(encodeJson(review));
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  let answer: { code: number; type: string; text: string };
  try {
    answer = await post(client, url, body, signal, environment);
  } catch (error) {
    throw new Error(`Post "${shownUrl(client, url)}": ${signal.aborted ? 'context deadline exceeded' : requestErrorText(error, hostOf(url))}`, { cause: error });
  }
  const { code, type, text } = answer;
  if (code < 200 || code > 206) throw new Error(statusErrorText(code, text));
  if (text === '') throw new Error(`0-length response with status code: ${code} and content type: ${type || 'application/json'}`);
  try {
    return JSON.parse(text);
  } catch {
    return parseYamlExactly(Buffer.from(text), false).parsed.value;
  }
}

const hostOf = ({ hostname }: URL): string => hostname.replaceAll(/^\[|\]$/g, '');

function urlOf({ url, service }: WebhookClientConfig): URL {
  if (url !== undefined) return new URL(url);
  const { namespace = '', name = '', path = '/', port = DEFAULT_PORT } = service ?? {};
  return new URL(`https://${name}.${namespace}.svc:${port}${path.startsWith('/') ? path : `/${path}`}`);
}

/** Of a Service the port is shown, even that of the scheme. */
function shownUrl({ service }: WebhookClientConfig, url: URL): string {
  return service ? `https://${url.hostname}:${service.port ?? DEFAULT_PORT}${url.pathname}${url.search}` : url.href;
}

async function post(client: WebhookClientConfig, url: URL, body: Buffer, signal: AbortSignal, environment: Pick<WebhookEnvironment, 'connect'>): Promise<{ code: number; type: string; text: string }> {
  const ca = client.caBundle ? Buffer.from(client.caBundle, 'base64') : undefined;
  const headers = { host: url.host, 'user-agent': 'kube-apiserver-admission', 'content-length': body.length, accept: 'application/json, */*', 'content-type': 'application/json' };
  const options = { method: 'POST', path: `${url.pathname}${url.search}`, headers, signal };
  if (client.service) {
    const { namespace, name, port = DEFAULT_PORT } = client.service;
    const socket = await secured(environment, { namespace, name, port }, ca, signal);
    return send((onResponse) => httpRequest({ ...options, createConnection: () => socket }, onResponse), body);
  }
  let agent = agents.get(client);
  if (!agent) agents.set(client, (agent = new Agent({ keepAlive: true, timeout: IDLE_MS, ...(ca ? { ca } : {}) })));
  const host = hostOf(url);
  const to = { host, port: url.port || DEFAULT_PORT, ...(isIP(host) ? {} : { servername: host }), agent };
  return send((onResponse) => httpsRequest({ ...options, ...to }, onResponse), body);
}

/** A TLS connection to a Service, whose certificate names NAME.NAMESPACE.svc. */
async function secured(environment: Pick<WebhookEnvironment, 'connect'>, service: ServicePort, ca: Buffer | undefined, signal: AbortSignal): Promise<ReturnType<typeof connectTls>> {
  const stream = await environment.connect(service, signal);
  const socket = connectTls({ socket: stream, servername: `${service.name}.${service.namespace}.svc`, ...(ca ? { ca } : {}) });
  const abort = (): void => void socket.destroy(new Error('aborted'));
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => {
    signal.removeEventListener('abort', abort);
    stream.destroy();
  });
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return socket;
}

function send(open: (onResponse: (response: IncomingMessage) => void) => ReturnType<typeof httpRequest>, body: Buffer): Promise<{ code: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const request = open((response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if ((size += chunk.length) > MAX_ANSWER_BYTES) request.destroy(new Error('http: response body too large'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ code: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: Buffer.concat(chunks).toString('utf8') }));
    });
    request.on('error', reject);
    request.end(body);
  });
}
