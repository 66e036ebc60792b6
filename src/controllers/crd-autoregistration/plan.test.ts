import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.js';
import type { APIService } from '../../api/types/apiregistration-v1.js';
import { apiServiceNames, AUTOMANAGED_LABEL, planApiService } from './plan.js';

const NAME = 'v1.example.com';
const SPEC = { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 };
const apiService = (managed: string | undefined, spec: Partial<APIService['spec']> = {}): APIService => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: NAME, uid: 'u', labels: managed === undefined ? {} : { [AUTOMANAGED_LABEL]: managed } },
  spec: { ...SPEC, ...spec },
});

test('a version that is served gets an APIService', () => {
  expect(planApiService(NAME, true, undefined)).toMatchObject({ type: 'create', object: { metadata: { name: NAME, labels: { [AUTOMANAGED_LABEL]: 'true' } }, spec: SPEC } });
});

test.each([
  ['is as it should be', true, apiService('true'), 'none'],
  ['was changed', true, apiService('true', { groupPriorityMinimum: 7 }), 'update'],
  ['is served no longer', false, apiService('true'), 'delete'],
  ['is gone already', false, undefined, 'none'],
  ['is a built-in one', false, apiService('onstart'), 'none'],
  ['belongs to somebody else and was changed', true, apiService(undefined, { groupPriorityMinimum: 7 }), 'none'],
  ['belongs to somebody else and is not served', false, apiService(undefined), 'none'],
] as const)('one that %s', (_what, isServed, present, expected) => {
  expect(planApiService(NAME, isServed, present).type).toBe(expected);
});

test('a change is undone in the object as it is', () => {
  expect(planApiService(NAME, true, apiService('true', { versionPriority: 9 }))).toEqual({ type: 'update', object: apiService('true') });
});

test('all versions are looked at, those that are served are wanted', () => {
  const version = (name: string, served: boolean) => ({ name, served, storage: served });
  const definition: CustomResourceDefinition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'a.example.com' },
    spec: { group: 'example.com', scope: 'Cluster', names: { plural: 'a', kind: 'A' }, versions: [version('v1', true), version('v2', false)] },
  };
  expect(apiServiceNames(definition, false)).toEqual(['v1.example.com', 'v2.example.com']);
  expect(apiServiceNames(definition, true)).toEqual(['v1.example.com']);
});
