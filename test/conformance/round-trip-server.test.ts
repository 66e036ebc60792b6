import { createCluster, type Cluster } from '../../src/index.js';
import { parseApiVersion } from '../../src/api/gvk.js';
import type { KubeObject } from '../../src/api/object.js';
import { definitionOf, type ResourceFact } from '../../src/schema/catalogue.js';
import { decodeBody, type BodyType } from '../../src/schema/decode.js';
import { canonical } from '../../src/schema/typed.js';
import { encodeJson, parseJson } from '../../src/schema/json.js';
import { encodeProtobuf } from '../../src/schema/protobuf/index.js';
import { encodeYaml } from '../../src/schema/yaml.js';
import { HttpsClient, type Reply } from '../support/https.js';
import { collectionPath, validObjects } from '../support/valid-objects.js';

const TYPES: ReadonlyArray<readonly [BodyType, string, (object: object) => Buffer]> = [
  ['json', 'application/json', (object) => Buffer.from(encodeJson(object))],
  ['yaml', 'application/yaml', (object) => Buffer.from(encodeYaml(object))],
  ['protobuf', 'application/vnd.kubernetes.protobuf', encodeProtobuf],
];
const NAMESPACE = 'round-trip';

/** The same objects over the wire, in and out, in the three encodings. */
describe('objects of every kind over HTTPS', () => {
  let cluster: Cluster;
  let https: HttpsClient;

  beforeAll(async () => {
    // Nobody else writes.
    cluster = await createCluster({ nodes: 0, controllers: ['-*'], addons: [] });
    // Answers that are compared are given at one time: even a review that is not stored says when it was made.
    cluster.clock.freeze();
    https = new HttpsClient(cluster.kubeconfig);
    await https.send('POST', '/api/v1/namespaces', { body: { metadata: { name: NAMESPACE } } });
    await https.send('POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
  });

  afterAll(async () => {
    https[Symbol.dispose]();
    await cluster.stop();
  });

  function decoded(reply: Reply, type: BodyType): string {
    if (type === 'json') return withoutNestedKinds(encodeJson(parseJson(reply.bytes)));
    const { gvk, raw } = decodeBody(reply.bytes, type, { group: '', version: '', kind: '' });
    const definition = definitionOf(gvk);
    return withoutNestedKinds(encodeJson(canonical(definition, { ...(raw as object), kind: gvk.kind, apiVersion: gvk.group ? `${gvk.group}/${gvk.version}` : gvk.version })));
  }

  async function readInAll(path: string): Promise<string> {
    const seen = new Set<string>();
    for (const [type, accept] of TYPES) {
      const reply = await https.send('GET', path, { headers: { accept } });
      expect([reply.code, reply.headers['content-type']]).toEqual([200, accept]);
      seen.add(decoded(reply, type));
    }
    expect([...seen]).toHaveLength(1);
    return [...seen].join();
  }

  const objects = validObjects();
  const writable = objects.filter(({ fact }) => fact.verbs.includes('update'));
  const virtual = objects.filter(({ fact }) => fact.verbs.includes('create') && !fact.verbs.includes('get') && fact.kind !== 'Binding');

  test.each(byKind(writable.map((item) => item.fact)))('%s', async (_name, fact) => {
    const path = collectionPath(fact, NAMESPACE);
    let taken = 0;
    for (const { name, object } of writable.filter((item) => item.fact === fact)) {
      const { namespace: _, ...metadata } = object.metadata ?? {};
      const created = await https.send('POST', path, { body: { ...object, metadata } });
      // Some need what their recording had prepared.
      if (created.code !== 201) continue;
      taken++;
      const own = `${path}/${created.json<KubeObject>().metadata.name}`;
      const before = await readInAll(own);
      const table = await https.send('GET', own, { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });
      expect([name, table.code, table.json<{ kind: string }>().kind]).toEqual([name, 200, 'Table']);
      const stored = parseJson(before) as unknown as KubeObject;
      for (const [type, contentType, encode] of TYPES) {
        const reply = await https.send('PUT', own, { body: encode(stored), headers: { 'content-type': contentType } });
        // An update that changes nothing writes nothing: everything was understood as it was sent.
        expect([name, type, reply.code, decoded(reply, 'json')]).toEqual([name, type, 200, before]);
      }
      await https.send('DELETE', own, { body: { gracePeriodSeconds: 0 } });
    }
    expect(taken).toBeGreaterThan(0);
  });

  test.each(virtual.map(({ fact, object }) => [fact.kind, fact, object] as const))('%s', async (_name, fact, object) => {
    const answers = new Set<string>();
    for (const [type, contentType, encode] of TYPES) {
      const reply = await https.send('POST', collectionPath(fact, 'default'), { body: encode(object), headers: { 'content-type': contentType, accept: contentType } });
      expect([type, reply.code]).toEqual([type, 201]);
      answers.add(decoded(reply, type));
    }
    expect([...answers]).toHaveLength(1);
    expect(parseApiVersion((JSON.parse([...answers].join()) as KubeObject).apiVersion).group).toBe(fact.group);
  });
});

/** Protobuf does not carry the kind of claim templates, which gets back by default. */
const withoutNestedKinds = (json: string): string => json.replaceAll('[{"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name"', '[{"metadata":{"name"');

function byKind(facts: readonly ResourceFact[]): Array<readonly [string, ResourceFact]> {
  return [...new Set(facts)].map((fact) => [`${fact.group || 'core'}/${fact.version} ${fact.kind}`, fact] as const);
}
