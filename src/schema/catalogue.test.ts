import { definitionOf, resourceFacts, schemaFor } from './catalogue.js';

describe('catalogue', () => {
  test('every built-in kind has facts and a schema', () => {
    expect(resourceFacts()).toHaveLength(68);
    expect(resourceFacts().filter((fact) => !schemaFor(fact))).toEqual([]);
  });

  test.each([
    [{ group: '', version: 'v1', kind: 'Pod' }, 'io.k8s.api.core.v1.Pod'],
    [{ group: '', version: 'v1', kind: 'PodList' }, 'io.k8s.api.core.v1.PodList'],
    [{ group: 'apps', version: 'v1', kind: 'DeleteOptions' }, 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'],
    [{ group: '', version: 'v1', kind: 'Status' }, 'io.k8s.apimachinery.pkg.apis.meta.v1.Status'],
    [{ group: 'meta.k8s.io', version: 'v1', kind: 'PartialObjectMetadataList' }, 'io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList'],
    [{ group: 'autoscaling', version: 'v1', kind: 'Scale' }, 'io.k8s.api.autoscaling.v1.Scale'],
    [{ group: 'policy', version: 'v1', kind: 'Eviction' }, 'io.k8s.api.policy.v1.Eviction'],
    [{ group: '', version: 'v1', kind: 'Binding' }, 'io.k8s.api.core.v1.Binding'],
    [{ group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, 'io.k8s.api.authentication.v1.TokenRequest'],
    [{ group: 'example.com', version: 'v1', kind: 'Pod' }, undefined],
    [{ group: '', version: 'v1', kind: '__proto__' }, undefined],
  ])('definition of %j', (gvk, definition) => {
    expect(definitionOf(gvk)).toBe(definition);
  });
});
