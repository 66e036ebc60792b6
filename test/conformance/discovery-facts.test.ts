import { createCluster, type Cluster } from '../../src/index.js';
import { resourceFacts, type ResourceFact } from '../../src/schema/catalogue.js';
import { loadFact } from '../../src/schema/facts.js';
import { HttpsClient } from '../support/https.js';

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly singularName: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

interface AggregatedResource {
  readonly resource: string;
  readonly scope: string;
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly responseKind: { readonly kind: string };
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: ReadonlyArray<{ readonly subresource: string; readonly verbs: readonly string[] }>;
}

type Operations = Readonly<Record<string, { readonly operationId?: string }>>;

const groupVersion = ({ group, version }: ResourceFact): string => (group ? `${group}/${version}` : version);
const groupVersionPath = (fact: ResourceFact): string => (fact.group ? `/apis/${fact.group}/${fact.version}` : `/api/${fact.version}`);

/** A running cluster's discovery and OpenAPI against openapi/*.json, which a real server gave. No exceptions. */
describe('discovery and OpenAPI of a running cluster', () => {
  let cluster: Cluster;
  let https: HttpsClient;

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 0, addons: [] });
    https = new HttpsClient(cluster.kubeconfig);
  });

  afterAll(async () => {
    https[Symbol.dispose]();
    await cluster.stop();
  });

  test.each([...new Map(resourceFacts().map((fact) => [groupVersion(fact), fact])).values()].map((fact) => [groupVersion(fact), fact] as const))('resources of %s', async (name, fact) => {
    const { resources } = (await https.send('GET', groupVersionPath(fact))).json<{ resources: ApiResource[] }>();
    const own = resourceFacts().filter((item) => groupVersion(item) === name);
    const shown = resources.filter((resource) => !resource.name.includes('/'));
    expect(shown.map(({ name: plural, kind, namespaced, singularName, verbs, shortNames = [], categories = [] }) => ({ plural, kind, namespaced, singular: singularName, verbs: verbs.toSorted(), shortNames, categories })).sort(byPlural)).toEqual(
      own.map(({ plural, kind, namespaced, singular, verbs, shortNames, categories }) => ({ plural, kind, namespaced, singular, verbs: verbs.toSorted(), shortNames, categories })).sort(byPlural),
    );
    const subresources = resources.filter((resource) => resource.name.includes('/')).map((resource) => `${resource.name} ${resource.kind} ${resource.verbs.toSorted().join()}`);
    expect(subresources.sort()).toEqual(own.flatMap(({ plural, subresources: all }) => all.map((item) => `${plural}/${item.name} ${item.kind.kind} ${item.verbs.toSorted().join()}`)).sort());
  });

  test('aggregated discovery says the same', async () => {
    const headers = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
    const found: string[] = [];
    for (const path of ['/api', '/apis']) {
      const { items } = (await https.send('GET', path, { headers })).json<{ items: Array<{ metadata: { name?: string }; versions: Array<{ version: string; resources: AggregatedResource[] }> }> }>();
      for (const { metadata, versions } of items) {
        for (const { version, resources } of versions) {
          for (const item of resources) {
            const subresources = (item.subresources ?? []).map(({ subresource, verbs }) => `${subresource}:${verbs.toSorted().join()}`).sort();
            found.push([metadata.name ?? '', version, item.resource, item.responseKind.kind, item.scope, item.singularResource, item.verbs.toSorted(), item.shortNames ?? [], item.categories ?? [], subresources].join(' '));
          }
        }
      }
    }
    const expected = resourceFacts().map((fact) => {
      const subresources = fact.subresources.map(({ name, verbs }) => `${name}:${verbs.toSorted().join()}`).sort();
      return [fact.group, fact.version, fact.plural, fact.kind, fact.namespaced ? 'Namespaced' : 'Cluster', fact.singular, fact.verbs.toSorted(), fact.shortNames, fact.categories, subresources].join(' ');
    });
    expect(found.sort()).toEqual(expected.sort());
  });

  test('OpenAPI v2 has the paths, operations and definitions of the facts', async () => {
    const { paths, definitions } = (await https.send('GET', '/openapi/v2')).json<{ paths: Record<string, Operations>; definitions: Record<string, unknown> }>();
    expect(operationIds(paths)).toEqual(operationIds(loadFact('paths') as Record<string, Operations>));
    const schemas = loadFact('schemas') as Record<string, unknown>;
    expect(Object.keys(schemas).filter((name) => !Object.hasOwn(definitions, name))).toEqual([]);
    for (const name of Object.keys(definitions)) expect([name, shapeOf(definitions[name])]).toEqual([name, shapeOf(schemas[name])]);
  });

  test('OpenAPI v3 has the operations of the facts', async () => {
    const { paths: documents } = (await https.send('GET', '/openapi/v3')).json<{ paths: Record<string, { serverRelativeURL: string }> }>();
    const all: Record<string, Operations> = {};
    for (const { serverRelativeURL } of Object.values(documents)) Object.assign(all, (await https.send('GET', serverRelativeURL)).json<{ paths: Record<string, Operations> }>().paths);
    expect(operationIds(all)).toEqual(operationIds(loadFact('paths') as Record<string, Operations>));
  });
});

function byPlural(a: { plural: string }, b: { plural: string }): number {
  return a.plural < b.plural ? -1 : 1;
}

function operationIds(paths: Readonly<Record<string, Operations>>): string[] {
  return Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).flatMap(([method, { operationId }]) => (operationId ? [`${method} ${path} ${operationId}`] : []))).sort();
}

/** A schema without its prose and its scalar defaults, which the facts keep elsewhere. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, child]) => !(key === 'description' && typeof child === 'string') && !(key === 'default' && (typeof child !== 'object' || child === null)));
  return Object.fromEntries(entries.map(([key, child]) => [key, shapeOf(child)] as const));
}
