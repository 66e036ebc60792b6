import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { admissionChain } from '../../src/admission/index.js';
import type { UserInfo } from '../../src/api/user.js';
import { Authenticator } from '../../src/authn/authenticator.js';
import { loadSigningKey } from '../../src/authn/signing-key.js';
import { createTokenIssuer } from '../../src/authn/token-issuer.js';
import { FlowControl, Rbac } from '../../src/authz/index.js';
import { FakeClock } from '../../src/base/fake-clock.js';
import { RandomIds } from '../../src/base/ids.js';
import { silentLogger } from '../../src/base/logger.js';
import { bootstrapObjects } from '../../src/bootstrap.js';
import { parseRequestInfo } from '../../src/http/request-info.js';
import type { KindEnvironment } from '../../src/kinds/environment.js';
import { builtinKinds } from '../../src/kinds/index.js';
import { createPipeline } from '../../src/pipeline/pipeline.js';
import type { Pipeline } from '../../src/pipeline/request.js';
import { KindCatalogue } from '../../src/registry/catalogue.js';
import type { RegistryDependencies } from '../../src/registry/dependencies.js';
import { openStore, type Store } from '../../src/storage/index.js';
import { WatchCache } from '../../src/watch/index.js';
import { flows, namespace, questions, setup, type Question } from '../support/access/cases.mjs';
import { settled } from '../support/access/settled.mjs';

interface Answer {
  readonly code: number;
  readonly body: unknown;
}

const recordedFlows = JSON.parse(readFileSync('test/fixtures/flow-schemas.json', 'utf8')) as Record<string, [flowSchema: string, priorityLevel: string]>;
const recorded = JSON.parse(readFileSync('test/fixtures/access.json', 'utf8')) as Record<string, Answer>;
const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const ADMIN: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

let store: Store;
let pipeline: Pipeline;
let reader: WatchCache;

beforeAll(async () => {
  const clock = new FakeClock(Date.parse('2026-01-02T03:04:05Z'));
  const ids = new RandomIds();
  store = await openStore({ engine: 'memory', clock, logger: silentLogger });
  reader = new WatchCache(store);
  const rbac = new Rbac(reader);
  const authenticator = new Authenticator({ audiences: [ISSUER] });
  const environment = {
    access: rbac,
    tokens: createTokenIssuer({ key: loadSigningKey(KEY), clock, issuer: ISSUER }),
    reviewToken: (token: string, audiences: readonly string[]) => authenticator.reviewToken(token, audiences),
    serviceClusterIpRange: '10.96.0.0/16',
    serviceNodePortRange: [30_000, 32_767],
  } as unknown as KindEnvironment;
  const admission = admissionChain({ reader, clock, ids, updateQuotaStatus: () => Promise.resolve() });
  const registry: RegistryDependencies = { store, reader, catalogue: new KindCatalogue(builtinKinds(environment)), clock, ids, admission, logger: silentLogger };
  pipeline = createPipeline({ registry, authorize: (user, question) => Promise.resolve(rbac.decide(user, question)), documents: [], logger: silentLogger });
  await bootstrapObjects(registry, { serviceClusterIpRange: '10.96.0.0/16', clientCa: '' });
  await must(ADMIN, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  await must(ADMIN, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
  for (const { path, body } of setup) await must(ADMIN, 'POST', path, body);
});

afterAll(() => store.close());

async function send(user: UserInfo, method: string, url: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  const [path = '', search = ''] = url.split('?');
  const query = new URLSearchParams(search);
  const request = {
    method,
    info: parseRequestInfo(method, path, () => query),
    user,
    query,
    headers: { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'recorder', ...headers },
    body: () => Promise.resolve({ bytes: Buffer.from(body === undefined ? '' : JSON.stringify(body)) }),
    signal: new AbortController().signal,
  };
  const response = await pipeline.handle(request);
  if (response.type === 'connect') throw new Error(`${url} was let through`);
  const encoded = pipeline.encode(request, response);
  return { code: encoded.code, body: JSON.parse(Buffer.concat(encoded.body as Buffer[]).toString()) };
}

async function must(...args: Parameters<typeof send>): Promise<void> {
  const { code, body } = await send(...args);
  if (code >= 300) throw new Error(JSON.stringify(body));
}

/** As authentication leaves it after impersonation. */
function userOf({ name, groups, ...more }: Question['as']): UserInfo {
  if (name === 'admin') return ADMIN;
  return { name, groups: groups.includes('system:unauthenticated') ? groups : [...groups, 'system:authenticated'], ...more };
}

describe('the real server and ours answer alike', () => {
  test.each(Object.entries(questions))('%s', async (name, { as, method, path, body, headers }) => {
    const answer = await send(userOf(as), method, path, body, headers);
    // As text: the order of fields counts. What is a 500 there is a 400 here (docs/decisions/no-500-for-bad-input.md).
    expect(JSON.stringify({ code: answer.code, body: settled(answer.body) }, undefined, 1)).toBe(JSON.stringify(recorded[name], undefined, 1).replaceAll('"code": 500', '"code": 400'));
  });
});

describe('requests fall under the same flow schema', () => {
  test.each(Object.entries(flows))('%s', (name, { as, method, path }) => {
    const flow = new FlowControl(reader).classify(userOf(as), parseRequestInfo(method, path, () => new URLSearchParams()));
    const nameOf = (kind: string, uid: string | undefined): string | undefined => reader.list(`flowcontrol.apiserver.k8s.io/${kind}/`).entries.find(({ object }) => object.metadata.uid === uid)?.object.metadata.name;
    expect([nameOf('flowschemas', flow?.flowSchemaUid), nameOf('prioritylevelconfigurations', flow?.priorityLevelUid)]).toEqual(recordedFlows[name]);
  });

  test('without flow schemas nothing is said', async () => {
    const empty = await openStore({ engine: 'memory', clock: new FakeClock(0), logger: silentLogger });
    const info = parseRequestInfo('GET', '/api/v1/pods', () => new URLSearchParams());
    expect(new FlowControl(new WatchCache(empty)).classify(ADMIN, info)).toBeUndefined();
    await empty.close();
  });
});
