import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Deployment } from '../../api/types/apps-v1.js';
import type { PodSpec } from '../../api/types/core-v1.js';
import { ApiError } from '../../api/errors.js';
import { deepClone, deepFreeze } from '../../base/freeze.js';
import { type JsonSchema, SchemaResolver } from '../../schema/node.js';
import { checkConversion } from '../convert.js';
import { invalidPatch } from '../errors.js';
import { strategicMerge, strategicMergePatch } from './strategic-merge-patch.js';
import { codeOf } from '../../../test/support/recorded-code.js';

const definitions = JSON.parse(readFileSync('openapi/schemas.json', 'utf8')) as Record<string, JsonSchema>;
const schemas = new SchemaResolver(definitions);
const schemaOf = (name: string) => {
  const node = schemas.definition(name);
  if (!node) throw new Error(`no definition ${name}`);
  return node;
};

interface Recorded {
  patch: object;
  result?: object;
  code?: number;
  message?: string;
}

/** Answers of the real server v1.36.3 to strategic merge patches of one Deployment (dry runs, fieldValidation=Ignore). */
const recorded = JSON.parse(readFileSync(new URL('../testdata/strategic-merge.json', import.meta.url), 'utf8')) as { document: object; cases: Recorded[] };
const deployment = schemaOf('io.k8s.api.apps.v1.Deployment');

/** The parts that the recording kept; parts that decoding and defaults would fill in or drop are left out. */
function project(document: Partial<Deployment>): unknown {
  const { metadata, spec } = document;
  const pod = spec?.template?.spec as Partial<PodSpec> | undefined;
  const annotations = Object.entries(metadata?.annotations ?? {}).filter(([key]) => !key.includes('kubernetes.io'));
  return pruned({
    labels: metadata?.labels,
    annotations: Object.fromEntries(annotations),
    finalizers: metadata?.finalizers,
    replicas: spec?.replicas,
    strategy: spec?.strategy,
    nodeSelector: pod?.nodeSelector,
    affinity: pod?.affinity,
    securityContext: pod?.securityContext,
    imagePullSecrets: pod?.imagePullSecrets,
    tolerations: pod?.tolerations?.map((item) => withoutDirectives(item)),
    volumes: pod?.volumes?.map((volume) => `${volume.name}:${Object.keys(withoutDirectives(volume)).filter((key) => key !== 'name').join(',')}`),
    containers: pod?.containers?.map(({ name, image, ports, env, args }) => ({ name, image, ports, env, args })),
    initContainers: pod?.initContainers?.map((container) => container.name),
  });
}

/** Directives in what a patch adds stay until decoding drops them as unknown fields. */
function withoutDirectives(item: object): object {
  return Object.fromEntries(Object.entries(item).filter(([key]) => !key.startsWith('$')));
}

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, pruned(item)] as const)
    .filter(([, item]) => item !== undefined && item !== null && !(typeof item === 'object' && Object.keys(item).length === 0));
  return Object.fromEntries(entries);
}

describe('strategic merge of a Deployment equals the real server', () => {
  const cases = recorded.cases.map((row) => [JSON.stringify(row.patch), row] as const);
  test.each(cases)('%s', (_, row) => {
    const document = deepFreeze(deepClone(recorded.document)) as Partial<Deployment>;
    const patch = deepFreeze(deepClone(row.patch));
    const run = (): Partial<Deployment> => {
      const merged = strategicMerge(document, patch, deployment);
      const { error } = checkConversion(merged.object, deployment);
      if (error) throw invalidPatch(merged.patchText(), error);
      return merged.object;
    };
    if (row.result) {
      expect(project(run())).toEqual(pruned(row.result));
      return;
    }
    let thrown: unknown;
    try {
      run();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ApiError);
    expect({ code: (thrown as ApiError).code, message: (thrown as ApiError).message }).toEqual({ code: codeOf(row), message: row.message });
  });
});

describe('strategicMergePatch', () => {
  const pod = schemaOf('io.k8s.api.core.v1.Pod');
  const merge = (document: object, patch: object, schema = pod): unknown => strategicMergePatch(deepFreeze(document), deepFreeze(patch), schema);

  test('shares what the patch does not touch', () => {
    const document = { metadata: { name: 'a', labels: { x: '1' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const result = strategicMergePatch(document, { metadata: { labels: { y: '2' } } }, pod);
    expect(result.spec).toBe(document.spec);
    expect(document.metadata.labels).toEqual({ x: '1' });
    expect(result.metadata.labels).toEqual({ x: '1', y: '2' });
  });

  test('keys named like parts of prototypes are data', () => {
    const labels = JSON.parse('{"__proto__":"p","constructor":"c","toString":"t"}') as object;
    const result = merge({ metadata: { labels: {} } }, { metadata: { labels } }) as { metadata: { labels: object } };
    expect(Object.entries(result.metadata.labels)).toEqual([['__proto__', 'p'], ['constructor', 'c'], ['toString', 't']]);
    expect(Object.getPrototypeOf(result.metadata.labels)).toBe(Object.prototype);
  });

  test('maps of objects are not merged key by key: the server has no answer but an error', () => {
    const crd = schemaOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
    expect(() => merge({ properties: { a: { type: 'string' } } }, { properties: { a: { type: 'integer' } } }, crd)).toThrow(
      'merging an object in json but data type is not struct, instead is: map',
    );
  });

  test('what the merge uses up is gone from the patch as errors show it', () => {
    const { patchText } = strategicMerge({ metadata: {} }, { metadata: { labels: { a: null, b: 1 } } }, pod);
    expect(patchText()).toBe('map[metadata:map[labels:map[b:1]]]');
  });

  test('a list of lists is refused with 422', () => {
    expect(() => merge({ spec: { containers: [] } }, { spec: { containers: [['x']] } })).toThrow('the server rejected our request due to an error in our request');
  });

  test('unknown fields are found with their paths, sorted', () => {
    expect(checkConversion({ zip: 1, spec: { containers: [{ name: 'c', zap: { a: 1 } }], foo: 1, nodeSelector: { any: 'x' } } }, pod)).toEqual({
      error: undefined,
      unknownFields: ['unknown field "spec.containers[0].zap"', 'unknown field "spec.foo"', 'unknown field "zip"'],
    });
  });

  test.each([
    ['YQ==', undefined],
    ['', undefined],
    ['YW\nJj', undefined],
    ['YQ=', 3],
    ['!!', 0],
    ['YQ', 0],
    ['YQ==YQ==', 4],
    ['YWJj=', 4],
    ['a===', 1],
    ['YWJjZ', 4],
    ['YWJj!', 4],
    ['YQ=x', 2],
  ])('the bytes of a Secret are checked: %j', (text, byte) => {
    const error = byte === undefined ? undefined : `error decoding from json: illegal base64 data at input byte ${byte}`;
    expect(checkConversion({ data: { a: text } }, schemaOf('io.k8s.api.core.v1.Secret')).error).toBe(error);
  });
});
