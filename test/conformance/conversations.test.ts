import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster, type Cluster } from '../../src/index.js';
import { type Conversation, inAnyOrder, Mask, requestOf } from '../support/conversation.mjs';
import { HttpsClient } from '../support/https.js';
import { codeOf } from '../support/recorded-code.js';

/**
 * Sequences of requests that were had with the real server v1.36.3 (test/support/record-conversations.mjs) and what it
 * answered: codes, bodies with managed fields, warnings, whether resourceVersions moved.
 */
const folder = join(import.meta.dirname, '../fixtures/conversations');
const files = readdirSync(folder).map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(join(folder, file), 'utf8')) as Conversation[]] as const);

let cluster: Cluster;
let https: HttpsClient;
let count = 0;

beforeAll(async () => {
  cluster = await createCluster({ nodes: 0, controllers: ['-*'], scheduler: false, addons: [] });
  https = new HttpsClient(cluster.kubeconfig);
});

afterAll(async () => {
  https[Symbol.dispose]();
  await cluster.stop();
});

describe.each(files)('%s', (_file, conversations) => {
  test.each(conversations.map(({ name, steps }) => [name, steps] as const))('%s', async (_name, steps) => {
    const namespace = `talk-${++count}`;
    await https.send('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
    await https.send('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
    const mask = new Mask();
    const plain = (text: string): string => mask.mask(text).replaceAll(namespace, '{ns}');
    for (const step of steps) {
      const { method, path, body, type, accept } = requestOf(step, namespace, mask);
      const reply = await https.send(method, path, { ...(body === undefined ? {} : { body }), headers: { 'user-agent': 'talker/1', accept, ...(body === undefined ? {} : { 'content-type': type }) } });
      const warnings = [reply.headers['warning'] ?? []].flat().map(plain);
      const said = { send: step.send, body: step.body, code: reply.code, answer: inAnyOrder(JSON.parse(plain(reply.text))), warnings };
      const answer = step.code === 500 ? { ...(step.answer as object), code: codeOf(step) } : step.answer;
      expect(said).toEqual({ send: step.send, body: step.body, code: codeOf(step), answer: inAnyOrder(answer), warnings: step.warnings ?? [] });
    }
  });
});
