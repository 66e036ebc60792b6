import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { parse as parseYaml } from 'yaml';
import { SystemClock } from '../../base/clock.js';
import { builtinKinds } from '../../kinds/index.js';
import type { KindEnvironment } from '../../kinds/environment.js';
import { metricsKinds } from '../../kinds/metrics/index.js';
import { KindCatalogue } from '../../registry/catalogue.js';
import type { Kind } from '../../registry/kind.js';
import { resourceFacts } from '../../schema/catalogue.js';
import { loadFact } from '../../schema/facts.js';
import type { JsonSchema } from '../../schema/node.js';
import { OpenApi } from './index.js';
import { resourceOperations } from './operations.js';

interface Operation {
  readonly operationId: string;
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
  readonly 'x-kubernetes-action'?: string;
  readonly 'x-kubernetes-group-version-kind'?: object;
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>> & { readonly parameters?: readonly Parameter[] }>>;

/** An operation in openapi/paths.json, which was taken from a running server. */
interface PathFact {
  readonly operationId: string;
  readonly action: string | null;
  readonly gvk: object | null;
  readonly consumes: readonly string[] | null;
  readonly produces: readonly string[] | null;
  readonly query: readonly string[];
}

const pathFacts = loadFact('paths') as Record<string, Record<string, PathFact>>;
const schemaFacts = loadFact('schemas') as Record<string, JsonSchema>;

function openApi(own: readonly Kind[] = []): OpenApi {
  const environment = { nodes: {}, network: {}, tokens: {}, serviceClusterIpRange: '10.96.0.0/16', serviceNodePortRange: [30000, 32767] };
  return new OpenApi(new KindCatalogue([...builtinKinds(environment as unknown as KindEnvironment), ...own]), new SystemClock());
}

async function parse(document: ReturnType<OpenApi['v3']>): Promise<Record<string, unknown>> {
  const packed = await document;
  if (!packed) throw new Error('no such document');
  return JSON.parse((await packed.plain()).toString('utf8')) as Record<string, unknown>;
}

/** What an operation of version 2 says, in the form of the facts. */
function factOf(operation: Operation, shared: readonly Parameter[]): PathFact {
  const query = [...(operation.parameters ?? []), ...shared]
    .map((parameter) => parameter.$ref?.slice('#/parameters/'.length) ?? parameter.name ?? '')
    .filter(isQuery);
  return {
    operationId: operation.operationId,
    action: operation['x-kubernetes-action'] ?? null,
    gvk: operation['x-kubernetes-group-version-kind'] ?? null,
    consumes: operation.consumes ?? null,
    produces: operation.produces ?? null,
    query: query.sort(),
  };
}

/** Facts list bodies and, of some paths, places too. */
function isQuery(key: string): boolean {
  return !/^(?:body|name|namespace|path-z6C)/.test(key);
}

/** The JSON that a message of gnostic stands for, read by gnostic's own field numbers. */
function decode(version: 'v2' | 'v3', bytes: Buffer): unknown {
  const source = readFileSync(join(import.meta.dirname, `../../../test/fixtures/gnostic/openapi-${version}.proto`), 'utf8');
  const document = protobuf.parse(source, { keepCase: true }).root.resolveAll().lookupType(`openapi.${version}.Document`);
  return unfold(document, document.decode(bytes) as unknown as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function unfold(type: protobuf.Type, message: Fields): unknown {
  const set = type.fieldsArray.filter(({ name }) => Object.hasOwn(message, name) && !(Array.isArray(message[name]) && message[name].length === 0));
  const read = (field: protobuf.Field, value: unknown): unknown =>
    field.resolvedType instanceof protobuf.Type ? unfold(field.resolvedType, value as Fields) : typeof value === 'object' ? Number(value) : value;
  if (type.name === 'Any') return parseYaml(message['yaml'] as string);
  // One of several; of a default that is no scalar, none.
  if (type.oneofsArray.length > 0) return set[0] ? read(set[0], message[set[0].name]) : {};
  if (type.name === 'ItemsItem' || type.name === 'TypeItem') return (message[set[0]?.name ?? ''] as unknown[]).map((item) => read(set[0] as protobuf.Field, item))[0];
  if (type.name === 'StringArray') return message['value'];
  const entries = set.flatMap((field): Array<readonly [string, unknown]> => {
    const value = message[field.name];
    const { resolvedType } = field;
    if (field.repeated && resolvedType?.name.startsWith('Named')) {
      const of = (resolvedType as protobuf.Type).fields['value'] as protobuf.Field;
      return (value as Fields[]).map((entry) => [entry['name'] as string, read(of, entry['value'])]);
    }
    const name = field.name.replace(/^_ref$/, '$ref').replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    return [[name, field.repeated ? (value as unknown[]).map((item) => read(field, item)) : read(field, value)]];
  });
  return Object.fromEntries(entries);
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

describe('OpenAPI version 2', () => {
  test('has exactly the paths, operations, media types and query parameters of the real server', async () => {
    const document = await parse(openApi().v2('json'));
    const paths = document['paths'] as Paths;
    const found = Object.fromEntries(
      Object.entries(paths).map(([path, item]) => {
        const operations = Object.entries(item).filter(([method]) => METHODS.includes(method)) as Array<[string, Operation]>;
        return [path, Object.fromEntries(operations.map(([method, operation]) => [method, factOf(operation, item.parameters ?? [])]))];
      }),
    );
    const expected = Object.fromEntries(
      Object.entries(pathFacts).map(([path, methods]) => [
        path,
        Object.fromEntries(Object.entries(methods).map(([method, fact]) => [method, { ...fact, query: fact.query.filter(isQuery).sort() }])),
      ]),
    );
    expect(found).toEqual(expected);
  });

  test('has exactly the definitions of the real server, with types and extensions', async () => {
    const document = await parse(openApi().v2('json'));
    expect(withoutProse(document['definitions'])).toEqual(withoutDefaults(schemaFacts));
  });

  test('refers to nothing that it does not contain', async () => {
    const document = await parse(openApi().v2('json'));
    const missing = [...JSON.stringify(document).matchAll(/"\$ref":"#\/(\w+)\/([^"]+)"/g)].filter(
      ([, section = '', name = '']) => !Object.hasOwn(document[section] as object, name),
    );
    expect(missing).toEqual([]);
  });

  test('says as protobuf what it says as JSON', async () => {
    const documents = openApi();
    expect(decode('v2', await (await documents.v2('protobuf')).plain())).toEqual(await parse(documents.v2('json')));
  });
});

describe('OpenAPI version 3', () => {
  test('the index names a document for every group and version that is served', () => {
    const names = Object.keys(openApi().index().paths);
    const versions = new Set(resourceFacts().map(({ group, version }) => (group ? `apis/${group}/${version}` : `api/${version}`)));
    expect(names).toEqual(expect.arrayContaining([...versions, 'api', 'apis', 'apis/apps', 'version']));
  });

  test.each(['version', 'api/v1', 'apis/apps/v1', 'apis/apiextensions.k8s.io/v1'])('%s says as protobuf what it says as JSON', async (name) => {
    const documents = openApi();
    const packed = await documents.v3(name, 'protobuf');
    expect(decode('v3', (await packed?.plain()) ?? Buffer.alloc(0))).toEqual(await parse(documents.v3(name, 'json')));
  });

  test('the documents together have all operations, each in the document of its group and version', async () => {
    const api = openApi();
    const ids: string[] = [];
    for (const name of Object.keys(api.index().paths)) {
      const { paths } = (await parse(api.v3(name, 'json'))) as { paths: Paths };
      for (const [path, item] of Object.entries(paths)) {
        expect(path.startsWith(`/${name}`)).toBe(true);
        ids.push(...METHODS.flatMap((method) => (item[method] ? [item[method].operationId] : [])));
      }
    }
    const expected = Object.values(pathFacts).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(ids.sort()).toEqual(expected.sort());
  });

  test('schemas keep types and extensions and gain defaults', async () => {
    const { components } = (await parse(openApi().v3('apis/apps/v1', 'json'))) as { components: { schemas: Record<string, Record<string, unknown>> } };
    const port = components.schemas['io.k8s.api.core.v1.ContainerPort']?.['properties'] as Record<string, Record<string, unknown>>;
    expect(withoutProse(port)).toMatchObject({ containerPort: { type: 'integer', format: 'int32', default: 0 }, protocol: { default: 'TCP' } });
    const pod = components.schemas['io.k8s.api.apps.v1.Deployment']?.['properties'] as Record<string, Record<string, unknown>>;
    expect(withoutProse(pod['spec'])).toEqual({ default: {}, allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec' }] });
    expect(components.schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({ oneOf: [{ type: 'integer' }, { type: 'string' }] });
  });

  test('patches list strategic merge, which kubectl apply looks for', async () => {
    const { paths } = (await parse(openApi().v3('apis/apps/v1', 'json'))) as { paths: Paths };
    const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.['patch'] as Operation;
    expect(Object.keys(patch.requestBody?.content ?? {})).toContain('application/strategic-merge-patch+json');
    expect(patch.parameters?.map(({ name }) => name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
  });

  test('every definition that a kind refers to is in the document of that kind', async () => {
    const api = openApi();
    for (const name of Object.keys(api.index().paths)) {
      const document = (await parse(api.v3(name, 'json'))) as { components: { schemas?: object } };
      for (const [, definition = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
        expect(Object.hasOwn(document.components.schemas ?? {}, definition)).toBe(true);
      }
    }
  });

  test('the hash of a document changes with the kinds of its group version and with nothing else', () => {
    const kinds = builtinKinds({ serviceClusterIpRange: '10.96.0.0/16', serviceNodePortRange: [30000, 32767] } as unknown as KindEnvironment);
    const before = new OpenApi(new KindCatalogue(kinds), new SystemClock()).index().paths;
    const after = new OpenApi(new KindCatalogue(kinds.filter(({ gvk }) => gvk.kind !== 'CronJob')), new SystemClock()).index().paths;
    expect(after['apis/batch/v1']).not.toEqual(before['apis/batch/v1']);
    expect(after['apis/apps/v1']).toEqual(before['apis/apps/v1']);
  });

  test('an unknown group version has no document', () => {
    expect(openApi().v3('apis/nope.example.com/v1', 'json')).toBeUndefined();
  });
});

test('deletion is documented as answering the object where it does', () => {
  const fact = resourceFacts().find(({ kind }) => kind === 'Secret');
  if (!fact) throw new Error('no fact');
  const path = '/api/v1/namespaces/{namespace}/secrets/{name}';
  const answers = (returnsDeleted: boolean): string | undefined =>
    resourceOperations(fact, { returnsDeleted }).get(path)?.find(({ method }) => method === 'delete')?.answers.definition;
  expect(answers(false)).toBe('io.k8s.apimachinery.pkg.apis.meta.v1.Status');
  expect(answers(true)).toBe('io.k8s.api.core.v1.Secret');
});

function withoutProse(value: unknown): unknown {
  return copyWithout(value, (key, child) => key === 'description' && typeof child === 'string');
}

function withoutDefaults(value: unknown): unknown {
  return copyWithout(value, (key, child) => key === 'default' && (typeof child !== 'object' || child === null));
}

function copyWithout(value: unknown, drop: (key: string, child: unknown) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => copyWithout(item, drop));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, child]) => !drop(key, child));
  return Object.fromEntries(entries.map(([key, child]) => [key, copyWithout(child, drop)]));
}

describe('kinds that are no part of the API of Kubernetes', () => {
  test('bring their definitions: nothing in the documents refers to what is not there', async () => {
    const documents = openApi(metricsKinds({ agent: () => undefined }));
    const v3 = (await parse(documents.v3('apis/metrics.k8s.io/v1beta1', 'json'))) as { components: { schemas: Record<string, { description?: string }> } };
    const v2 = (await parse(documents.v2('json'))) as { definitions: Record<string, unknown> };
    for (const [, name = ''] of JSON.stringify(v3).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) expect(Object.hasOwn(v3.components.schemas, name)).toBe(true);
    for (const [, name = ''] of JSON.stringify(v2).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) expect(Object.hasOwn(v2.definitions, name)).toBe(true);
    expect(v3.components.schemas['io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics']?.description).toMatch(/running pod/);
  });
});
