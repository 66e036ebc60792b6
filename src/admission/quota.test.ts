import { readFileSync } from 'node:fs';
import { answerOf, comparable, type Answer } from '../../test/support/pods/outcome.js';
import { testServer, type TestServer } from '../../test/support/pods/server.js';
import type { KubeObject } from '../api/object.js';
import type { ResourceQuota } from '../api/types/core-v1.js';

/** What the real server let into namespaces with quotas, and what it booked (test/support/pods/record-quota.mjs). */

const RESOURCES: Readonly<Record<string, string>> = { ResourceQuota: 'resourcequotas', Pod: 'pods', Service: 'services' };

interface QuotaCase extends Answer {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: KubeObject;
  readonly live?: boolean;
  readonly used?: unknown;
}

interface Space {
  readonly namespace: string;
  readonly objects: readonly KubeObject[];
  readonly cases: readonly QuotaCase[];
}

const spaces = JSON.parse(readFileSync('test/fixtures/pods/quota.json', 'utf8')) as Space[];

describe.each(spaces.map((space) => [space.namespace, space] as const))('%s', (namespace, { objects, cases }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer({ namespace });
    for (const object of objects) await server.seed(object, RESOURCES[object.kind] ?? '');
  });
  afterAll(() => server.close());

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, { method, path, body, live, used, code, status }) => {
    const contentType = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
    const response = await server.ask(method, path, { body, contentType, query: live ? 'fieldValidation=Ignore' : 'dryRun=All&fieldValidation=Ignore' });
    const ours = answerOf(response);
    expect(nameless(comparable({ code: ours.code, ...(ours.status ? { status: ours.status } : {}) }))).toEqual(nameless(comparable({ code, ...(status ? { status } : {}) })));
    if (used) expect(usedOf(server, namespace)).toEqual(used);
  });
});

/** Without the lot in generated names. */
function nameless(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replace(/gen-\w{5}/g, 'gen-#'));
}

function usedOf({ reader }: TestServer, namespace: string): unknown {
  const quotas = reader.list(`core/resourcequotas/${namespace}/`).entries.map(({ object }) => object as unknown as ResourceQuota);
  return Object.fromEntries(quotas.map(({ metadata, status }) => [metadata.name, status?.used]));
}

describe('many at once', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await testServer({ namespace: 'n' });
    await server.seed(quota({ configmaps: '3' }), 'resourcequotas');
  });
  afterEach(() => server.close());

  test('no more get in than the quota has left', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => server.ask('POST', 'configmaps', { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${i}` } } })),
    );
    expect(answers.map((response) => answerOf(response).code).sort((a, b) => a - b)).toEqual([201, 201, 201, ...Array.from({ length: 7 }, () => 403)]);
    expect(usedOf(server, 'n')).toEqual({ q: { configmaps: '3' } });
  });
});

function quota(hard: Record<string, string>): KubeObject {
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q', namespace: 'n', uid: 'u' }, spec: { hard }, status: { hard, used } } as KubeObject;
}
