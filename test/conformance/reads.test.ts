import { readFileSync } from 'node:fs';
import { createCluster, type Cluster } from '../../src/index.js';
import { HttpsClient } from '../support/https.js';
import { grouped, lineOf, NAMESPACE, pathIn, requests, setUp } from '../support/reads/cases.mjs';

/** What a real kube-apiserver answers (test/support/reads/record.mjs). */
const recorded = JSON.parse(readFileSync('test/fixtures/reads.json', 'utf8')) as Record<string, string[]>;

let cluster: Cluster;
let client: HttpsClient;

beforeAll(async () => {
  cluster = await createCluster({ nodes: 0, controllers: [] });
  client = new HttpsClient(cluster.kubeconfig);
});

afterAll(async () => {
  client[Symbol.dispose]();
  await cluster.stop();
});

test('lists, watches and gets with every combination of options answer as the real server does', async () => {
  const must = async (method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<unknown> => {
    const reply = await client.send(method, path, { ...(body ? { body } : {}), ...(headers ? { headers } : {}) });
    if (reply.code >= 300) throw new Error(`${method} ${path}: ${reply.text}`);
    return reply.json();
  };
  await must('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  const world = await setUp(must);
  const answers = await Promise.all(requests.map(async (request) => [request, lineOf(world, await client.send('GET', pathIn(world, request)))] as const));
  expect(grouped(answers)).toEqual(recorded);
}, 60_000);
