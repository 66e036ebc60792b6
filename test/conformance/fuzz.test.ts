import { createCluster, type Cluster } from '../../src/index.js';
import { parseRequestInfo } from '../../src/http/request-info.js';
import type { Logger } from '../../src/base/logger.js';
import type { EncodedResponse } from '../../src/pipeline/request.js';
import { encodeJson } from '../../src/schema/json.js';
import { HttpsClient } from '../support/https.js';
import { Mutator, type Attempt } from '../support/mutate-request.js';
import { collectionPath, validObjects } from '../support/valid-objects.js';

const SEED = 20_260_101;
const IN_PROCESS = 19_000;
const OVER_HTTPS = 1000;
const NAMESPACE = 'fuzz';
const MAX_COMPLAINTS = 20;
/** Hostile requests: broken bodies of every kind, wild paths, queries and headers. Reproducible by their seed. */
describe('20,000 mutated requests', () => {
  let cluster: Cluster;
  const groups = new Set(validObjects().map(({ fact }) => fact.group));
  const bugs: string[] = [];

  beforeAll(async () => {
    const logger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields, text) => void bugs.push(`${text}: ${stackOf(fields)}`), child: () => logger };
    // Nobody else writes: whatever changes was changed by a request.
    cluster = await createCluster({ nodes: 0, controllers: ['-*'], addons: [], logger });
    using https = new HttpsClient(cluster.kubeconfig);
    await https.send('POST', '/api/v1/namespaces', { body: { metadata: { name: NAMESPACE } } });
    await https.send('POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
    for (const { fact, object } of validObjects()) {
      const { namespace: _, ...metadata } = object.metadata ?? {};
      await https.send('POST', collectionPath(fact, NAMESPACE), { body: { ...object, metadata } });
    }
    await forgetWebhooks({ path: 'webhookconfigurations' });
    bugs.length = 0;
  });

  afterAll(() => cluster.stop());

  /** Through the pipeline as http/ would lead it, without a socket. */
  async function handle({ method, path, query, headers, body }: Attempt): Promise<{ code: number; text: string }> {
    const abort = new AbortController();
    const search = new URLSearchParams(query);
    const request = {
      method,
      info: parseRequestInfo(method, path, () => search),
      user: { name: 'fuzzer', groups: ['system:masters', 'system:authenticated'] },
      query: search,
      headers,
      body: () => Promise.resolve({ bytes: body }),
      signal: abort.signal,
    };
    try {
      const response = await cluster['parts'].pipeline.handle(request);
      if (response.type === 'connect') return { code: 101, text: '' };
      const encoded = cluster['parts'].pipeline.encode(request, response);
      return { code: encoded.code, text: response.type === 'watch' ? '' : response.type === 'status' ? encodeJson(response.status) : await textOf(encoded.body) };
    } finally {
      abort.abort();
    }
  }

  /** A webhook that was accepted would be asked about all that follows, and nobody answers: writes would fail, rightly. */
  async function forgetWebhooks({ path }: { readonly path: string }): Promise<void> {
    if (!path.includes('webhookconfigurations')) return;
    for (const sort of ['validating', 'mutating']) await cluster.request(`/apis/admissionregistration.k8s.io/v1/${sort}webhookconfigurations`, { method: 'DELETE' });
  }

  async function textOf(body: EncodedResponse['body']): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece);
    return Buffer.concat(pieces).toString('latin1');
  }

  /** What is wrong with an answer; undefined if nothing is. */
  function complaint(attempt: Attempt, code: number, text: string, changed: boolean): string | undefined {
    const found = bugs.splice(0);
    const { method, path, query, headers, body, wantsJson } = attempt;
    const story = (what: string): string => `${what}: ${code} ${text.slice(0, 400)} ${found.join('\n')}\n${method} ${path}?${query} ${JSON.stringify(headers)} ${body.toString('latin1').slice(0, 600)}`;
    if (code === 500) return story('failed');
    if (code >= 400 && wantsJson && !text.startsWith('{"kind":"Status"') && !isNobodysPage(path, code, text)) return story('no Status');
    if (code >= 400 && changed) return story('refused, and yet something was written');
    return undefined;
  }

  /** Outside the API and its groups the real server answers with a page, below /openapi/v3 with nothing. */
  function isNobodysPage(path: string, code: number, text: string): boolean {
    const [, root, group = ''] = path.split('/');
    const isApi = root === 'api' || (root === 'apis' && groups.has(group));
    return code === 404 && !isApi && (text === '404 page not found\n' || (text === '' && path.startsWith('/openapi/v3/')));
  }

  const known = new Map<string, { readonly revision: string; readonly text: string }>();

  /**
   * What stands of a resource; read again only after something was written. The scheduler writes pods and Events as well:
   * which pods there are is all that counts.
   */
  async function standing({ fact }: Attempt): Promise<string> {
    if (!fact.verbs.includes('list') || fact.plural === 'events') return '';
    const { resourceVersion: revision } = await cluster.api.resource({ group: '', version: 'v1', resource: 'namespaces' }).list({ fieldSelector: `metadata.name=${NAMESPACE}` });
    const key = `${fact.group}/${fact.plural}`;
    let found = known.get(key);
    if (found?.revision !== revision) {
      const { items } = await cluster.api.resource({ group: fact.group, version: fact.version, resource: fact.plural }).list();
      known.set(key, (found = { revision, text: items.map(({ metadata }) => `${metadata.uid} ${fact.plural === 'pods' ? '' : metadata.resourceVersion}`).join() }));
    }
    return found.text;
  }

  test('never fail, hang or write what was refused, in the pipeline', async () => {
    const mutator = new Mutator(SEED, NAMESPACE, validObjects());
    const complaints: string[] = [];
    const note = (text: string | undefined): void => void (text && complaints.length < MAX_COMPLAINTS && complaints.push(text));
    const codes = new Map<number, number>();
    for (let i = 0; i < IN_PROCESS; i++) {
      const attempt = mutator.next();
      const before = await standing(attempt);
      const { code, text } = await inTime(handle(attempt), attempt);
      note(complaint(attempt, code, text, before !== (await standing(attempt))));
      codes.set(code, (codes.get(code) ?? 0) + 1);
      await forgetWebhooks(attempt);
    }
    expect(complaints).toEqual([]);
    // The mutations are worth their name: many are refused in several ways, some are not.
    expect([201, 400, 404, 422].map((code) => (codes.get(code) ?? 0) > 100)).toEqual([true, true, true, true]);
  }, 300_000);

  test('never fail over HTTPS', async () => {
    using https = new HttpsClient(cluster.kubeconfig);
    const complaints: string[] = [];
    const note = (text: string | undefined): void => void (text && complaints.length < MAX_COMPLAINTS && complaints.push(text));
    const mutator = new Mutator(SEED + 1, NAMESPACE, validObjects());
    for (let i = 0; i < OVER_HTTPS; i++) {
      const attempt = mutator.next();
      if (attempt.streams) continue;
      const before = await standing(attempt);
      const path = `${encodeURI(attempt.path).replaceAll('?', '%3F').replaceAll('#', '%23')}?${attempt.query}`;
      const { code, text } = await inTime(https.send(attempt.method, path, { body: attempt.body, headers: attempt.headers }), attempt);
      note(complaint({ ...attempt, wantsJson: false }, code, text, before !== (await standing(attempt))));
      await forgetWebhooks(attempt);
    }
    expect(complaints).toEqual([]);
  });
});

async function inTime<T>(work: Promise<T>, attempt: Attempt): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs: ${JSON.stringify(attempt)}`)), 60_000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function stackOf(fields: object): string {
  const { err, error } = fields as { err?: Error; error?: Error };
  return String((err ?? error)?.stack).slice(0, 1200);
}
