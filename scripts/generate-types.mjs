// Writes src/api/types/*.ts from openapi/schemas.json: one file per API group and version, an interface per definition.
// Generated, committed, never edited: `npm run generate` rewrites them and CI fails on any difference.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const schemas = JSON.parse(readFileSync(join(root, 'openapi/schemas.json'), 'utf8'));
const out = join(root, 'src/api/types');

/** 'io.k8s.api.core.v1.Pod' → { file: 'core-v1', name: 'Pod' } */
function place(definition) {
  const parts = definition.split('.');
  const name = parts.pop();
  const version = parts.pop();
  const group = parts.at(-1) === 'meta' ? 'meta' : parts.at(-1);
  return { file: /^v\d/.test(version) ? `${group}-${version}` : version, name };
}

// Definitions that JSON shows as something else than an object.
const SPECIAL = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'string | number',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'number | string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'Record<string, unknown>',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'Record<string, unknown>',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': 'Record<string, unknown>',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'unknown',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'JSONSchemaProps | JSONSchemaProps[]',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'JSONSchemaProps | boolean',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'JSONSchemaProps | string[]',
};

const files = new Map();
const fileOf = (file) => {
  if (!files.has(file)) files.set(file, { body: [], imports: new Map() });
  return files.get(file);
};

function typeOf(schema, file, here) {
  if (schema.$ref) {
    const target = place(schema.$ref.slice('#/definitions/'.length));
    if (target.file !== file) {
      const names = here.imports.get(target.file) ?? new Set();
      here.imports.set(target.file, names.add(target.name));
    }
    return target.name;
  }
  switch (schema.type) {
    case 'string': return schema.enum ? schema.enum.map((v) => `'${v}'`).join(' | ') : 'string';
    case 'integer': case 'number': return 'number';
    case 'boolean': return 'boolean';
    case 'array': { const item = typeOf(schema.items ?? {}, file, here); return /[ |]/.test(item) && !item.startsWith('Record<') ? `Array<${item}>` : `${item}[]`; }
    case 'object': return schema.additionalProperties ? `Record<string, ${typeOf(schema.additionalProperties, file, here)}>` : 'Record<string, unknown>';
    default: return 'unknown';
  }
}

for (const [definition, schema] of Object.entries(schemas)) {
  const { file, name } = place(definition);
  const here = fileOf(file);
  if (SPECIAL[definition]) { here.body.push(`export type ${name} = ${SPECIAL[definition]};\n`); continue; }
  if (!schema.properties) { here.body.push(`export type ${name} = ${typeOf(schema, file, here)};\n`); continue; }
  const properties = Object.entries(schema.properties);
  const isKind = schema.properties.apiVersion && schema.properties.kind && schema.properties.metadata && schema['x-kubernetes-group-version-kind'];
  const lines = properties.map(([key, value]) => {
    const safe = /^[A-Za-z_]\w*$/.test(key) ? key : `'${key}'`;
    let type = typeOf(value, file, here);
    // A Go struct held by value is always there once decoded.
    const always = schema.required?.includes(key) || (isKind && ['apiVersion', 'kind', 'metadata'].includes(key))
      || (isKind && key === 'spec' && value.$ref) || (definition.endsWith('meta.v1.ObjectMeta') && key === 'name');
    // Enumerations stay open: what clients send is checked by validation, not by the compiler.
    if (value.enum) type = 'string';
    return always ? `  ${safe}: ${type};` : `  ${safe}?: ${type} | undefined;`;
  });
  here.body.push(`export interface ${name} {\n${lines.join('\n')}\n}\n`);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [file, { body, imports }] of files) {
  const head = ['// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.'];
  for (const [from, names] of [...imports].sort()) head.push(`import type { ${[...names].sort().join(', ')} } from './${from}.js';`);
  writeFileSync(join(out, `${file}.ts`), `${head.join('\n')}\n\n${body.join('\n')}`);
}
