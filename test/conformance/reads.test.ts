import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { createCluster, type Cluster } from '../../src/index.js';
import { HttpsClient } from '../support/https.js';
import { negotiations, shapeOf } from '../support/reads/accepts.mjs';
import { grouped, lineOf, NAMESPACE, pathIn, requests, setUp } from '../support/reads/cases.mjs';

/** What a real kube-apiserver answers (test/support/reads/record.mjs). */
const recorded = (name: string): unknown => JSON.parse(readFileSync(`test/fixtures/${name}.json`, 'utf8'));

let cluster: Cluster;
let client: HttpsClient;

beforeAll(async () => {
  cluster = await createCluster({ nodes: 0, controllers: [] });
  client = new HttpsClient(cluster.kubeconfig, { maxSockets: 200 });
});

afterAll(async () => {
  client[Symbol.dispose]();
  await cluster.stop();
});

/** A GET whose resourceVersion is no number is 400 here (docs/decisions/no-500-for-bad-input.md). */
const asRecorded = (line: string): string => line.replace(/^400 (\{"metadata":\{\},"message":"resourceVersion: Invalid value.*"code":)400\}$/s, '500 $1500}');

test('lists, watches and gets with every combination of options answer as the real server does', async () => {
  const must = async (method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<unknown> => {
    const reply = await client.send(method, path, { ...(body ? { body } : {}), ...(headers ? { headers } : {}) });
    if (reply.code >= 300) throw new Error(`${method} ${path}: ${reply.text}`);
    return reply.json();
  };
  await must('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  const world = await setUp(must);
  const answers = await Promise.all(requests.map(async (request) => [request, asRecorded(lineOf(world, await client.send('GET', pathIn(world, request))))] as const));
  expect(grouped(answers)).toEqual(recorded('reads'));
});

test('every Accept header is answered in the form, or with the refusal, of the real server', async () => {
  const shapes = await Promise.all(
    negotiations.map(async (negotiation) => {
      const [path = '', accept] = negotiation.split(' ');
      return [negotiation, shapeOf(await client.send('GET', path, { headers: accept ? { accept } : {} }))] as const;
    }),
  );
  expect(grouped(shapes)).toEqual(recorded('negotiations'));
});

test('what cannot be part of a path is no name, and what is no media type is not accepted', async () => {
  const configMaps = '/api/v1/namespaces/default/configmaps';
  const shown = async (method: string, name: string): Promise<unknown> => {
    const { code, text } = await client.send(method, `${configMaps}/${name}`, { ...(method === 'PUT' ? { body: { metadata: { name: decodeURIComponent(name) } } } : {}) });
    return [code, (JSON.parse(text) as { message: string }).message];
  };
  expect(await shown('GET', 'a%25b')).toEqual([400, `Name parameter invalid: "a%b": may not contain '%'`]);
  expect(await shown('DELETE', 'a%25b')).toEqual([400, `Name parameter invalid: "a%b": may not contain '%'`]);
  expect(await shown('PUT', 'a%25b')).toEqual([400, `Name parameter invalid: "a%b": may not contain '%'`]);
  expect(await shown('GET', 'a%00b')).toEqual([404, String.raw`configmaps "a\x00b" not found`]);
  const nameless = await client.send('POST', '/api/v1/namespaces/default/bindings', { body: { apiVersion: 'v1', kind: 'Binding', metadata: {}, target: { kind: 'Node', name: 'x' } } });
  expect([nameless.code, nameless.json()]).toEqual([400, expect.objectContaining({ message: 'Name parameter required.' })]);
  const unknown = await client.send('POST', configMaps, { body: { metadata: { name: 'x' } }, headers: { 'content-type': ';;' } });
  expect(unknown.code).toBe(415);
});

describe('a watch', () => {
  const TABLE = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
  const frames = (text: string): Frame[] => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Frame);

  interface Frame {
    readonly type: string;
    readonly object: { readonly columnDefinitions: readonly unknown[] | null; readonly rows: readonly [{ readonly cells: readonly unknown[]; readonly object: { readonly metadata: Record<string, unknown> } | null }] };
  }

  test('of every kind can be had as Tables with bookmarks', async () => {
    const discovered = await Promise.all(['/api', '/apis'].map((path) => client.send('GET', path, { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } })));
    const paths = discovered.flatMap((reply) =>
      reply.json<Groups>().items.flatMap(({ metadata, versions }) =>
        versions.flatMap(({ version, resources }) => resources.filter(({ verbs }) => verbs.includes('watch')).map(({ resource }) => `${metadata.name ? `/apis/${metadata.name}` : '/api'}/${version}/${resource}`)),
      ),
    );
    expect(paths.length).toBeGreaterThan(50);
    await Promise.all(
      paths.map(async (path) => {
        const { text } = await client.send('GET', `${path}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&labelSelector=no%3Dsuch&includeObject=None`, { headers: TABLE });
        const [bookmark] = frames(text);
        expect([path, bookmark?.type, bookmark?.object.rows[0].object?.metadata['annotations']]).toEqual([path, 'BOOKMARK', { 'k8s.io/initial-events-end': 'true' }]);
        expect([path, (bookmark?.object.rows[0].cells.length ?? 0) >= (bookmark?.object.columnDefinitions?.length ?? 1)]).toEqual([path, true]);
        expect([path, bookmark?.object.rows[0].cells.filter((cell) => cell === null || cell === undefined)]).toEqual([path, []]);
      }),
    );
  });

  interface Groups {
    readonly items: ReadonlyArray<{ readonly metadata: { readonly name?: string }; readonly versions: ReadonlyArray<{ readonly version: string; readonly resources: ReadonlyArray<{ readonly resource: string; readonly verbs: readonly string[] }> }> }>;
  }

  test('of Tables names the columns in its first event only', async () => {
    const { text } = await client.send('GET', '/api/v1/namespaces?watch=1&timeoutSeconds=1', { headers: TABLE });
    const [first, ...others] = frames(text).map(({ object }) => object.columnDefinitions);
    expect(first).toHaveLength(3);
    expect(others.length).toBeGreaterThan(1);
    expect(new Set(others)).toEqual(new Set([null]));
  });

  test('over a WebSocket sends events as text, and protobuf as binary messages without a length in front', async () => {
    const [text, binary] = await Promise.all(['application/json', 'application/vnd.kubernetes.protobuf'].map((accept) => messages('/api/v1/namespaces?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=default', accept)));
    expect(text).toEqual([expect.stringMatching(/^\{"type":"ADDED","object":\{"kind":"Namespace",.*\}\n$/)]);
    const [event] = binary as [Buffer];
    expect(Buffer.isBuffer(event)).toBe(true);
    // Field 1 of a WatchEvent is its type, field 2 the object.
    expect(event.subarray(0, 8).toString('latin1')).toBe('\n\u0005ADDED\u0012');
    expect(event.includes('k8s\0')).toBe(true);
  });

  /** All messages of a WebSocket: text as strings, binary ones as buffers. */
  async function messages(path: string, accept: string): Promise<Array<string | Buffer>> {
    const socket = new WebSocket(client.url.replace('https', 'wss') + path, { ...client.tls, headers: { accept }, origin: 'http://localhost' });
    const all: Array<string | Buffer> = [];
    socket.on('message', (data: Buffer, isBinary) => all.push(isBinary ? data : data.toString()));
    await once(socket, 'close');
    return all;
  }
});
