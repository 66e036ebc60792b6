// What discovery says of every built-in kind, both ways, is what openapi/resources.json says, which was taken from a running server.
import { Discovery } from '../../src/discovery/index.js';
import { builtinKinds } from '../../src/kinds/index.js';
import type { KindEnvironment } from '../../src/kinds/environment.js';
import { KindCatalogue } from '../../src/registry/catalogue.js';
import { resourceFacts, type ResourceFact } from '../../src/schema/catalogue.js';

interface ListedResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

interface Aggregated {
  readonly items: ReadonlyArray<{ readonly metadata: { readonly name?: string }; readonly versions: ReadonlyArray<{ readonly version: string; readonly resources: readonly AggregatedResource[] }> }>;
}

interface AggregatedResource {
  readonly resource: string;
  readonly responseKind: { readonly kind: string };
  readonly scope: string;
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: ReadonlyArray<{ readonly subresource: string; readonly responseKind: object; readonly verbs: readonly string[] }>;
}

const environment = { serviceClusterIpRange: '10.96.0.0/16', serviceNodePortRange: [30000, 32767] } as unknown as KindEnvironment;
const discovery = new Discovery(new KindCatalogue(builtinKinds(environment)), () => '127.0.0.1:6443');

function legacy({ group, version }: { group: string; version: string }): readonly ListedResource[] {
  const document = discovery.document(group ? `/apis/${group}/${version}` : `/api/${version}`);
  return (document as { resources: readonly ListedResource[] } | undefined)?.resources ?? [];
}

function aggregated(group: string): Aggregated['items'] {
  return (discovery.aggregated(group ? '/apis' : '/api').object as Aggregated).items;
}

const named = (fact: ResourceFact): [string, ResourceFact] => [`${fact.plural}.${fact.version}.${fact.group}`, fact];

describe.each(resourceFacts().map(named))('%s', (_, fact) => {
  const own = fact.shortNames.length > 0 ? { shortNames: fact.shortNames } : {};
  const categories = fact.categories.length > 0 ? { categories: fact.categories } : {};

  test('is listed by the legacy form with its names, scope, verbs and subresources', () => {
    const listed = legacy(fact).filter(({ name }) => name === fact.plural || name.startsWith(`${fact.plural}/`));
    const [{ storageVersionHash, ...resource } = { storageVersionHash: undefined }, ...subresources] = listed;
    expect(resource).toEqual({ name: fact.plural, singularName: fact.singular, namespaced: fact.namespaced, kind: fact.kind, verbs: fact.verbs, ...own, ...categories });
    expect(storageVersionHash !== undefined).toBe(fact.verbs.includes('watch'));
    expect(subresources).toEqual(
      fact.subresources.map(({ name, kind, verbs }) => ({
        name: `${fact.plural}/${name}`,
        singularName: '',
        namespaced: fact.namespaced,
        ...(kind.version ? { group: kind.group, version: kind.version } : {}),
        kind: kind.kind,
        verbs,
      })),
    );
  });

  test('is listed by the aggregated form with the same', () => {
    const versions = aggregated(fact.group).find(({ metadata }) => (metadata.name ?? '') === fact.group)?.versions;
    const resource = versions?.find(({ version }) => version === fact.version)?.resources.find((r) => r.resource === fact.plural);
    expect(resource).toMatchObject({ responseKind: { kind: fact.kind }, scope: fact.namespaced ? 'Namespaced' : 'Cluster', singularResource: fact.singular, verbs: fact.verbs, ...own, ...categories });
    expect((resource?.subresources ?? []).map(({ subresource, verbs }) => [subresource, verbs])).toEqual(fact.subresources.map(({ name, verbs }) => [name, verbs]));
  });
});

test('there is nothing beside the facts', () => {
  const groupVersions = new Map(resourceFacts().map((fact) => [`${fact.group}/${fact.version}`, fact]));
  const listed = [...groupVersions.values()].flatMap((fact) => legacy(fact).map(({ name }) => `${fact.group}/${fact.version}/${name}`));
  const expected = resourceFacts().flatMap((fact) => [fact.plural, ...fact.subresources.map(({ name }) => `${fact.plural}/${name}`)].map((name) => `${fact.group}/${fact.version}/${name}`));
  expect(listed.toSorted()).toEqual(expected.toSorted());
  const aggregatedVersions = ['', 'apps'].flatMap((group) => aggregated(group)).flatMap(({ metadata, versions }) => versions.map(({ version }) => `${metadata.name ?? ''}/${version}`));
  expect(aggregatedVersions.toSorted()).toEqual([...groupVersions.keys()].toSorted());
});

test.each([
  ['', 'pods', 'xPOwRZ+Yhw8='],
  ['apps', 'deployments', '8aSe+NMegvE='],
  ['', 'configmaps', 'qFsyl6wFWjQ='],
])('the hash of the stored version of %s %s is the real one', (group, plural, hash) => {
  expect(legacy({ group, version: 'v1' }).find(({ name }) => name === plural)?.storageVersionHash).toBe(hash);
});

test('the newest version of a group is the preferred one', () => {
  expect(discovery.document('/apis/autoscaling')).toMatchObject({ preferredVersion: { version: 'v2' }, versions: [{ version: 'v2' }, { version: 'v1' }] });
});
