import type { KubeObject, ObjectMeta } from '../api/object.js';
import { etcdKey } from './etcd-key.js';
import type { Kind } from './kind.js';
import { metadataLooks } from './metadata-looks.js';
import { validateMetadata, validateUpdatedMetadata } from './metadata.js';

const kindOf = (group: string, plural: string, namespaced = true, definition: string | undefined = 'x'): Kind => ({ gvk: { group, version: 'v1', kind: 'X' }, facts: { plural, namespaced }, definition }) as unknown as Kind;
const objectOf = (metadata: Partial<ObjectMeta> = {}): KubeObject => ({ apiVersion: 'v1', kind: 'X', metadata: { name: 'x', namespace: 'ns', uid: 'u', resourceVersion: '1', ...metadata } });
const textsOf = (errors: ReturnType<typeof validateMetadata>): string[] => errors.map(({ field, detail }) => `${field}: ${detail}`);

describe('managed fields', () => {
  const entry = { manager: 'kubectl', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} };

  test.each([
    ['a long manager', { manager: 'x'.repeat(129) }, ['metadata.managedFields[1].manager: may not be more than 128 bytes']],
    ['a manager that does not print', { manager: 'é\tb' }, ['metadata.managedFields[1].manager: invalid character U+0009 (at position 2)']],
    ['a long subresource', { subresource: 'x'.repeat(257) }, ['metadata.managedFields[1].subresource: may not be more than 256 bytes']],
    ['no manager', { manager: undefined }, []],
    ['a subresource that nobody knows', { subresource: 'nope' }, []],
  ])('with %s', (_name, change, expected) => {
    expect(textsOf(validateMetadata(objectOf({ managedFields: [entry, { ...entry, ...change }] as ObjectMeta['managedFields'] }), true, {}))).toEqual(expected);
  });
});

/** As often as the real server told each. */
describe('causes of an update', () => {
  const causes = (metadata: Partial<ObjectMeta>, kind: Kind): number => validateUpdatedMetadata(objectOf(metadata), objectOf(), true, {}, metadataLooks(kind, '')).length;
  const label = { labels: { a: '-' } };
  const finalizer = { finalizers: ['x'] };

  test.each([
    ['a ConfigMap\'s label', label, kindOf('', 'configmaps'), 4],
    ['a ConfigMap\'s finalizer', finalizer, kindOf('', 'configmaps'), 2],
    ['a Deployment\'s label', label, kindOf('apps', 'deployments'), 3],
    ['a Deployment\'s finalizer', finalizer, kindOf('apps', 'deployments'), 1],
    ['a PodDisruptionBudget\'s label', label, kindOf('policy', 'poddisruptionbudgets'), 2],
    ['a PodDisruptionBudget\'s finalizer', finalizer, kindOf('policy', 'poddisruptionbudgets'), 0],
    ['a Lease\'s label', label, kindOf('coordination.k8s.io', 'leases'), 3],
    ['a Lease\'s finalizer', finalizer, kindOf('coordination.k8s.io', 'leases'), 0],
    ['a LimitRange\'s uid', { uid: 'other' }, kindOf('', 'limitranges'), 1],
    ['a LimitRange\'s finalizer', finalizer, kindOf('', 'limitranges'), 1],
    ['a PersistentVolume\'s uid', { uid: 'other' }, kindOf('', 'persistentvolumes'), 1],
    ['a PersistentVolume\'s label', label, kindOf('', 'persistentvolumes'), 4],
    ['a webhook configuration\'s finalizer', finalizer, kindOf('admissionregistration.k8s.io', 'mutatingwebhookconfigurations'), 0],
    ['a ConfigMap\'s uid', { uid: 'other' }, kindOf('', 'configmaps'), 2],
    ['nothing', {}, kindOf('', 'configmaps'), 0],
  ])('%s', (_name, metadata, kind, times) => {
    expect(causes(metadata, kind)).toBe(times);
  });
});

test.each([
  ['configmaps', kindOf('', 'configmaps'), '/registry/configmaps/ns/x'],
  ['services', kindOf('', 'services'), '/registry/services/specs/ns/x'],
  ['nodes', kindOf('', 'nodes', false), '/registry/minions/x'],
  ['ingresses', kindOf('networking.k8s.io', 'ingresses'), '/registry/ingress/ns/x'],
  ['deployments', kindOf('apps', 'deployments'), '/registry/deployments/ns/x'],
])('%s lie in etcd where they always did', (_name, kind, key) => {
  expect(etcdKey(kind, 'ns', 'x')).toBe(key);
});
