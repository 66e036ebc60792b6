import { Ajv, type ValidateFunction } from 'ajv';
import { createCluster, type Cluster } from '../../src/index.js';
import { resourceFacts } from '../../src/schema/catalogue.js';
import { HttpsClient } from '../support/https.js';

interface GroupVersionDocument {
  components: { schemas: Record<string, Record<string, unknown>> };
}

/** What the server answers must be what its own OpenAPI documents promise. */
describe('objects and the published OpenAPI schemas', () => {
  let cluster: Cluster;
  let https: HttpsClient;
  const validators = new Map<string, Promise<Map<string, ValidateFunction>>>();

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 1 });
    https = new HttpsClient(cluster.kubeconfig);
  });

  afterAll(async () => {
    https[Symbol.dispose]();
    await cluster.stop();
  });

  /** Validators of all kinds of a group version, by `group/version/kind`, made from what the server publishes. */
  function validatorsOf(path: string): Promise<Map<string, ValidateFunction>> {
    let known = validators.get(path);
    if (!known) validators.set(path, (known = compile(path)));
    return known;
  }

  async function compile(path: string): Promise<Map<string, ValidateFunction>> {
    const document = (await https.send('GET', `/openapi/v3/${path}`)).json<GroupVersionDocument>();
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'document', components: document.components });
    const found = new Map<string, ValidateFunction>();
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      for (const { group, version, kind } of (schema['x-kubernetes-group-version-kind'] ?? []) as Array<Record<'group' | 'version' | 'kind', string>>) {
        found.set(`${group}/${version}/${kind}`, ajv.compile({ $ref: `document#/components/schemas/${name}` }));
      }
    }
    return found;
  }

  const listable = resourceFacts().filter((fact) => fact.verbs.includes('list'));

  test.each(listable.map((fact) => [`${fact.group || 'core'}/${fact.version} ${fact.kind}`, fact] as const))('a list of %s is valid', async (_name, fact) => {
    const path = fact.group ? `apis/${fact.group}/${fact.version}` : `api/${fact.version}`;
    const reply = await https.send('GET', `/${path}/${fact.plural}`);
    expect(reply.code).toBe(200);
    const validate = (await validatorsOf(path)).get(`${fact.group}/${fact.version}/${fact.kind}List`);
    expect(validate).toBeDefined();
    // A time that is not set prints as null, which the schemas of the real server do not mention either.
    validate?.(JSON.parse(reply.text, (key, value: unknown) => (value === null ? (key.endsWith('Time') ? '' : undefined) : value)));
    expect(validate?.errors ?? []).toEqual([]);
  });
});
