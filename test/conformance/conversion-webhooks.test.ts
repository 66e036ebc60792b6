import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ensurePki, servingCertificate } from '../../src/authn/pki/pki.js';
import { SystemClock } from '../../src/base/clock.js';
import { createCluster, type Cluster } from '../../src/index.js';
import { HttpsClient } from '../support/https.js';
import { until } from '../support/until.js';

/** Conversion by webhooks, with the outcomes and texts of the real server v1.36.3 for the same webhook. */

interface Door {
  apiVersion: string;
  kind?: string;
  metadata?: { name: string; namespace?: string; uid?: string; resourceVersion?: string; labels?: Record<string, unknown>; finalizers?: string[]; managedFields?: unknown[] };
  spec?: { hostPort?: string; host?: string; port?: number; note?: string; surprise?: number };
}

interface Review {
  readonly apiVersion: string;
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: Door[] };
}

type Response = { uid?: string; result?: { status?: string; message?: string }; convertedObjects: unknown[] };

/** v1 has `hostPort`, v2 `host` and `port`. */
function convert(door: Door, apiVersion: string): Door {
  const { hostPort, host, port, ...rest } = door.spec ?? {};
  if (apiVersion.endsWith('/v1')) return { ...door, apiVersion, spec: { ...rest, hostPort: `${host}:${port}` } };
  const [name = '', number = ''] = (hostPort ?? '').split(':');
  return { ...door, apiVersion, spec: { ...rest, host: name, port: Number(number) } };
}

let cluster: Cluster;
let https: HttpsClient;
let server: Server;
let reviews: Review[] = [];
/** What the webhook does to a good answer. */
let spoil: (response: Response) => unknown = () => undefined;
const each = (change: (door: Door) => void) => (response: Response) => {
  for (const door of response.convertedObjects) change(door as Door);
};

const GROUP = 'conv.example.com';
const doors = (version: string): string => `/apis/${GROUP}/${version}/namespaces/default/doors`;
const door = (version: string, name: string, spec: object): object => ({ apiVersion: `${GROUP}/${version}`, kind: 'Door', metadata: { name, labels: { l: 'x' } }, spec });
const schema = (properties: object): object => ({ openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { note: { type: 'string', default: 'd' }, ...properties } } } } });

const definition = (url: string, caBundle: string): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `doors.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'doors', singular: 'door', kind: 'Door' },
    conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig: { url, caBundle } } },
    versions: [
      { name: 'v1', served: true, storage: true, schema: schema({ hostPort: { type: 'string' } }) },
      { name: 'v2', served: true, storage: false, schema: schema({ host: { type: 'string', minLength: 1 }, port: { type: 'integer' } }), selectableFields: [{ jsonPath: '.spec.host' }] },
    ],
  },
});

beforeAll(async () => {
  const clock = new SystemClock();
  const pki = ensurePki({ clock });
  const { cert, key } = servingCertificate(pki.ca, { commonName: 'doors', hosts: ['127.0.0.1'], now: clock.now() });
  server = createServer({ cert, key }, (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const review = JSON.parse(text) as Review;
      reviews.push(review);
      const { uid, desiredAPIVersion, objects } = review.request;
      const made: Response = { uid, result: { status: 'Success' }, convertedObjects: objects.map((object) => convert(structuredClone(object), desiredAPIVersion)) };
      const answer = spoil(made) ?? { apiVersion: review.apiVersion, kind: 'ConversionReview', response: made };
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cluster = await createCluster({ nodes: 0, addons: [] });
  https = new HttpsClient(cluster.kubeconfig);
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/convert`;
  await until(async () => (await https.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition(url, Buffer.from(pki.ca.cert).toString('base64')) })).code === 201, 'the definition to be taken');
  await until(async () => (await https.send('GET', doors('v2'))).code === 200, 'doors to be served');
});

beforeEach(() => {
  spoil = () => undefined;
  reviews = [];
});

afterAll(async () => {
  https[Symbol.dispose]();
  await cluster.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function read(path: string): Promise<Door> {
  const { code, text } = await https.send('GET', path);
  expect({ code, text }).toMatchObject({ code: 200 });
  return JSON.parse(text) as Door;
}

async function create(version: string, name: string, spec: object): Promise<Door> {
  const { code, text } = await https.send('POST', doors(version), { body: door(version, name, spec) });
  expect({ code, text }).toMatchObject({ code: 201 });
  return JSON.parse(text) as Door;
}

async function change(version: string, name: string, body: object, query = '', type = 'application/merge-patch+json'): Promise<{ code: number; text: string }> {
  const { code, text } = await https.send('PATCH', `${doors(version)}/${name}${query}`, { body, headers: { 'content-type': type } });
  return { code, text };
}

test('objects are written and read in both versions, stored in one', async () => {
  await create('v1', 'one', { hostPort: 'h:1' });
  expect(reviews).toEqual([]);
  expect((await read(`${doors('v2')}/one`)).spec).toEqual({ note: 'd', host: 'h', port: 1 });
  const [review] = reviews;
  expect(review).toMatchObject({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', request: { desiredAPIVersion: `${GROUP}/v2` } });
  expect(review?.request.objects.map(({ apiVersion, metadata, spec }) => [apiVersion, metadata?.name, spec])).toEqual([[`${GROUP}/v1`, 'one', { hostPort: 'h:1', note: 'd' }]]);

  expect((await create('v2', 'two', { host: 'hh', port: 2 })).spec).toEqual({ note: 'd', host: 'hh', port: 2 });
  expect((await read(`${doors('v1')}/two`)).spec).toEqual({ note: 'd', hostPort: 'hh:2' });
  const list = JSON.parse((await https.send('GET', `${doors('v2')}?fieldSelector=spec.host%3Dhh`)).text) as { items: Door[] };
  expect(list.items.map(({ metadata, apiVersion }) => [metadata?.name, apiVersion])).toEqual([['two', `${GROUP}/v2`]]);

  expect((await change('v2', 'one', { spec: { port: 9 } })).code).toBe(200);
  expect((await read(`${doors('v1')}/one`)).spec).toEqual({ note: 'd', hostPort: 'h:9' });
  const refused = await change('v2', 'one', { spec: { host: '' } });
  expect(refused.code).toBe(422);
  expect(refused.text).toContain('spec.host: Invalid value: \\"\\": spec.host in body should be at least 1 chars long');
});

test('owners of fields are known over versions', async () => {
  const apply = 'application/apply-patch+yaml';
  expect((await change('v1', 'owned', door('v1', 'owned', { hostPort: 'k:3' }), '?fieldManager=m1', apply)).code).toBe(201);
  expect((await change('v2', 'owned', door('v2', 'owned', { host: 'k' }), '?fieldManager=m2', apply)).code).toBe(200);
  const rival = await change('v2', 'owned', door('v2', 'owned', { host: 'z', port: 4 }), '?fieldManager=m3', apply);
  expect(rival.code).toBe(409);
  const { details } = JSON.parse(rival.text) as { details: { causes: { message: string; field: string }[] } };
  expect(details.causes.map(({ message, field }) => [message, field])).toEqual([
    ['conflict with "m1"', '.spec.hostPort'],
    ['conflict with "m2"', '.spec.host'],
  ]);
});

test('a watch shows changes in its own version', async () => {
  await create('v1', 'seen', { hostPort: 'a:1' });
  const { metadata } = await read(`${doors('v2')}/seen`);
  await change('v1', 'seen', { spec: { hostPort: 'b:2' } });
  await https.send('DELETE', `${doors('v1')}/seen`);
  const path = `${doors('v2')}?watch=true&timeoutSeconds=1&resourceVersion=${metadata?.resourceVersion}&fieldSelector=metadata.name%3Dseen`;
  // A watch that has no more time may end before all is converted: the next one has it.
  const events = await until(async () => {
    const lines = (await https.send('GET', path)).text.split('\n').filter(Boolean);
    return lines.length > 1 && lines.map((line) => JSON.parse(line) as { type: string; object: Door });
  }, 'two events');
  expect(events.map(({ type, object: { apiVersion, spec } }) => [type, apiVersion, spec?.host])).toEqual([
    ['MODIFIED', `${GROUP}/v2`, 'b'],
    ['DELETED', `${GROUP}/v2`, 'b'],
  ]);
});

test('of the metadata labels and annotations are the webhook\'s, unknown fields go', async () => {
  spoil = each((one) => {
    Object.assign(one.metadata ?? {}, { labels: { by: 'hook' }, finalizers: ['a/b'] });
    Object.assign(one.spec ?? {}, { surprise: 1 });
  });
  const { metadata, spec } = await create('v2', 'labelled', { host: 'g', port: 2 });
  expect([metadata?.labels, metadata?.finalizers, spec]).toEqual([{ by: 'hook' }, undefined, { note: 'd', host: 'g', port: 2 }]);
});

const WORDS = 'name part must consist of alphanumeric characters';
const spoilt: readonly (readonly [what: string, spoil: (response: Response) => unknown, message: string])[] = [
  ['a failure', (response) => void (response.result = { status: 'Failure', message: 'no such luck' }), ' failed: no such luck'],
  ['a failure without words', (response) => void (response.result = { status: 'Failure' }), " failed: response.result.status was 'Failure', not 'Success'"],
  ['no result', (response) => void delete response.result, " failed: response.result.status was '', not 'Success'"],
  ['another request\'s answer', (response) => void (response.uid = 'x'), ' failed: expected response.uid="'],
  ['no response', () => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' }), ' failed: no response provided'],
  ['no kind of review', (response) => ({ response }), ' failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got /, Kind='],
  ['another kind of review', (response) => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'AdmissionReview', response }), ' failed: no kind "AdmissionReview" is registered for version "apiextensions.k8s.io/v1" in scheme "pkg/runtime/scheme.go:111"'],
  ['too few objects', (response) => void response.convertedObjects.pop(), ' returned 0 objects, expected 1'],
  ['another version', each((one) => void (one.apiVersion = `${GROUP}/v9`)), ` returned invalid object at index 0: invalid groupVersion (expected ${GROUP}/v2, received ${GROUP}/v9)`],
  ['another kind', each((one) => void (one.kind = 'Other')), ' returned invalid object at index 0: invalid kind (expected Door, received Other)'],
  ['another name', each((one) => void Object.assign(one.metadata ?? {}, { name: 'other' })), ' returned invalid object: must have the same name: bad != other'],
  ['another namespace', each((one) => void Object.assign(one.metadata ?? {}, { namespace: 'other' })), ' returned invalid object: must have the same namespace: default != other'],
  ['no metadata', each((one) => void delete one.metadata), ' returned invalid object: must have the same name: bad != '],
  ['labels that are none', each((one) => void Object.assign(one.metadata ?? {}, { labels: { 'a b': 'c' } })), ` returned invalid metadata: metadata.labels: Invalid value: "a b": ${WORDS}`],
  ['annotations that are none', each((one) => void Object.assign(one.metadata ?? {}, { annotations: { 'a b': 'c' } })), ` returned invalid metadata: metadata.annotation: Invalid value: "a b": ${WORDS}`],
  ['labels that are numbers', each((one) => void Object.assign(one.metadata ?? {}, { labels: { a: 1 } })), ' returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object'],
];

test('an answer that is not right is told, and nothing is written', async () => {
  await create('v1', 'bad', { hostPort: 'h:1' });
  const heard: unknown[] = [];
  for (const [what, how] of spoilt) {
    spoil = how;
    const { code, text } = await https.send('GET', `${doors('v2')}/bad`);
    const { message, reason } = JSON.parse(text) as { message: string; reason?: string };
    const write = await https.send('POST', doors('v2'), { body: door('v2', 'never', { host: 'a', port: 1 }) });
    heard.push([what, code, reason, message, write.code]);
  }
  const title = `conversion webhook for ${GROUP}/v1, Kind=Door`;
  expect(heard).toEqual(spoilt.map(([what, , message]) => [what, 500, undefined, expect.stringContaining(`${title}${message}`), 500]));
  expect((await https.send('GET', `${doors('v1')}/never`)).code).toBe(404);
});

test('writes in the stored version do not need the webhook', async () => {
  await create('v1', 'plain', { hostPort: 'h:1' });
  spoil = (response) => void (response.result = { status: 'Failure', message: 'no such luck' });
  expect((await change('v2', 'plain', { spec: { port: 2 } })).code).toBe(500);
  expect((await change('v1', 'plain', { spec: { hostPort: 'h:3' } })).code).toBe(200);
  expect((await https.send('DELETE', `${doors('v2')}/plain`)).code).toBe(500);
  expect((await https.send('DELETE', `${doors('v1')}/plain`)).code).toBe(200);
});
