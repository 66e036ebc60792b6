import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster, type Cluster } from '../../src/index.js';
import { type Conversation, inAnyOrder, Mask, requestOf } from '../support/conversation.mjs';
import { HttpsClient } from '../support/https.js';
import { codeOf } from '../support/recorded-code.js';
import { Scratch } from '../support/scratch.js';
import { until } from '../support/until.js';

/** Custom resources as the real server v1.36.3 serves them: node test/support/record-conversations.mjs URL TOKEN ../custom-resources/conversations.json */
const file = join(import.meta.dirname, '../fixtures/custom-resources/conversations.json');
const conversations = JSON.parse(readFileSync(file, 'utf8')) as Conversation[];

let cluster: Cluster;
let https: HttpsClient;
let count = 0;

beforeAll(async () => {
  cluster = await createCluster({ nodes: 0, addons: [] });
  https = new HttpsClient(cluster.kubeconfig);
});

afterAll(async () => {
  https[Symbol.dispose]();
  await cluster.stop();
});

test.each(conversations.map(({ name, steps }) => [name, steps] as const))('%s', async (_name, steps) => {
  const namespace = `talk-${++count}`;
  await https.send('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
  const mask = new Mask();
  const plain = (text: string): string => mask.mask(text).replaceAll(namespace, '{ns}');
  const parsed = (text: string): unknown => (text.startsWith('{') ? JSON.parse(text) : text);
  const [heard, expected]: [unknown[], unknown[]] = [[], []];
  for (const step of steps) {
    const { method, path, body, type } = requestOf(step, namespace, mask);
    const send = () => https.send(method, path, { ...(body === undefined ? {} : { body }), headers: { 'user-agent': 'talker/1', accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }) } });
    let reply = await send();
    if (step.until !== undefined) {
      await until(async () => {
        reply = await send();
        return reply.code === step.until;
      }, `${step.send} to be answered with ${step.until}`);
    }
    const text = plain(reply.text);
    // Definitions themselves are talked about elsewhere.
    if (step.hide) continue;
    const warnings = [reply.headers['warning'] ?? []].flat().map(plain);
    heard.push({ send: step.send, body: step.body, code: reply.code, answer: inAnyOrder(parsed(text)), warnings });
    const answer = step.code === 500 ? { ...(step.answer as object), code: codeOf(step) } : step.answer;
    expected.push({ send: step.send, body: step.body, code: codeOf(step), answer: inAnyOrder(answer), warnings: step.warnings ?? [] });
  }
  expect(heard).toEqual(expected);
});

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const THINGS = '/apis/things.example.com/v1/namespaces/default/things';

/** A definition of things that may hold anything. */
const things = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.things.example.com' },
  spec: {
    group: 'things.example.com',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }],
  },
};
const thing = (name: string, more: object = {}) => ({ apiVersion: 'things.example.com/v1', kind: 'Thing', metadata: { name }, ...more });

async function define(client: HttpsClient): Promise<void> {
  await until(async () => (await client.send('POST', DEFINITIONS, { body: things })).code === 201, 'the definition to be taken');
  await until(async () => (await client.send('GET', THINGS)).code === 200, 'things to be served');
}

test('a list shows objects whole, whatever their fields are called', async () => {
  await define(https);
  await https.send('POST', THINGS, { body: thing('a', { about: { x: 1 }, zeta: [1, null] }) });
  const list = JSON.parse((await https.send('GET', THINGS)).text) as { kind: string; items: unknown[] };
  expect(list.kind).toBe('ThingList');
  expect(list.items).toMatchObject([thing('a', { about: { x: 1 }, zeta: [1, null] })]);
  const metadata = await https.send('GET', THINGS, { headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' } });
  expect(JSON.parse(metadata.text)).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ metadata: { name: 'a' } }] });
});

test('what a patch is written in is looked at before what is accepted', async () => {
  const cbor = { 'content-type': 'application/apply-patch+cbor', accept: 'application/cbor' };
  const messages = [];
  for (const path of ['/api/v1/namespaces/default/configmaps/x', `${THINGS}/x`]) {
    const { code, text } = await https.send('PATCH', `${path}?fieldManager=a`, { body: 'x', headers: cbor });
    messages.push([code, (JSON.parse(text) as { message: string }).message]);
  }
  expect(messages).toEqual([
    [415, '415: Unsupported Media Type'],
    [415, 'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'],
  ]);
});

test('aggregated discovery names the group and version of custom kinds, but not of built-in ones', async () => {
  const { text } = await https.send('GET', '/apis', { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } });
  const { items } = JSON.parse(text) as { items: Array<{ metadata: { name: string }; versions: Array<{ resources: Array<{ responseKind: object }> }> }> };
  const kinds = (group: string) => items.find(({ metadata }) => metadata.name === group)?.versions[0]?.resources.map(({ responseKind }) => responseKind);
  expect(kinds('things.example.com')).toEqual([{ group: 'things.example.com', version: 'v1', kind: 'Thing' }]);
  expect(kinds('scheduling.k8s.io')).toEqual([{ group: '', version: '', kind: 'PriorityClass' }]);
});

test('a definition that goes takes its objects along, once their finalizers let them, and ends their watches', async () => {
  await https.send('POST', THINGS, { body: { ...thing('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } } });
  const watched = https.send('GET', `${THINGS}?watch=1&resourceVersion=0&timeoutSeconds=3000`);
  await https.send('DELETE', `${DEFINITIONS}/${things.metadata.name}`);
  const conditions = async () => {
    const { text } = await https.send('GET', `${DEFINITIONS}/${things.metadata.name}`);
    return (JSON.parse(text) as { status?: { conditions?: Array<{ type: string; reason: string }> } }).status?.conditions ?? [];
  };
  await until(async () => (await conditions()).some(({ type, reason }) => type === 'Terminating' && reason === 'InstanceDeletionInProgress'), 'the objects to be deleted');
  expect((await https.send('POST', THINGS, { body: thing('late') })).code).toBe(403);
  const { text } = await https.send('GET', '/apis/things.example.com/v1');
  expect((JSON.parse(text) as { resources: Array<{ verbs: string[] }> }).resources.map(({ verbs }) => verbs)).toEqual([['delete', 'deletecollection', 'get', 'list', 'watch']]);
  expect((await https.send('GET', `${THINGS}/held`)).code).toBe(200);
  await https.send('PATCH', `${THINGS}/held`, { body: { metadata: { finalizers: null } }, headers: { 'content-type': 'application/merge-patch+json' } });
  await until(async () => (await https.send('GET', `${DEFINITIONS}/${things.metadata.name}`)).code === 404, 'the definition to go');
  expect((await https.send('GET', THINGS)).code).toBe(404);
  expect((await watched).code).toBe(200);
});

test('definitions and their objects are there after a restart', async () => {
  using folder = new Scratch();
  const options = { nodes: 0, addons: [], dataDir: folder.path };
  const first = await createCluster(options);
  const before = new HttpsClient(first.kubeconfig);
  try {
    await define(before);
    await before.send('POST', THINGS, { body: thing('kept', { spec: { a: 1 } }) });
  } finally {
    before[Symbol.dispose]();
    await first.stop();
  }
  const second = await createCluster(options);
  const after = new HttpsClient(second.kubeconfig);
  try {
    // At once: nobody has to establish anything again.
    expect(JSON.parse((await after.send('GET', `${THINGS}/kept`)).text)).toMatchObject(thing('kept', { spec: { a: 1 } }));
  } finally {
    after[Symbol.dispose]();
    await second.stop();
  }
});
