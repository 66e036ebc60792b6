// Writes openapi/definitions.json from openapi/schemas.json: the definition of each group/version/Kind, so that looking
// one up need not read all schemas. Kinds that every group has (DeleteOptions, Status, …) stand there once, under 'meta.k8s.io/v1'.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openapi = join(import.meta.dirname, '..', 'openapi');
const schemas = JSON.parse(readFileSync(join(openapi, 'schemas.json'), 'utf8'));
const definitions = {};
for (const [definition, schema] of Object.entries(schemas)) {
  const meta = definition.startsWith('io.k8s.apimachinery.pkg.apis.meta.v1.');
  for (const { group, version, kind } of schema['x-kubernetes-group-version-kind'] ?? []) {
    if (meta) definitions[`meta.k8s.io/v1/${kind}`] = definition;
    else definitions[`${group}/${version}/${kind}`] = definition;
  }
}
// Meta kinds that OpenAPI does not tie to a group.
for (const kind of ['PartialObjectMetadata', 'PartialObjectMetadataList']) {
  definitions[`meta.k8s.io/v1/${kind}`] = `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`;
}
const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(join(openapi, 'definitions.json'), `${JSON.stringify(sorted, null, 1)}\n`);
