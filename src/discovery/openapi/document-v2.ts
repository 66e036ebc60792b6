import type { JsonSchema } from '../../schema/node.js';
import type { ApiOperation } from './operations.js';
import { isShared, parameterFact } from './parameters.js';
import { ANSWERS, compare, pathItem } from './path-item.js';
import { describeParameter, type Prose } from './prose.js';
import { DefinitionPrinter } from './schemas.js';
import { BEARER_TOKEN, INFO } from './document-parts.js';
import { Entries } from './entries.js';

const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const PATCH = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
/** Bodies that many operations share have keys too. */
const SHARED_BODIES: Readonly<Record<string, string>> = { [DELETE_OPTIONS]: 'body-2Y1dVQaQ', [PATCH]: 'body-78PwaGsr' };

/** `/openapi/v2`: everything in one document (Swagger 2.0). */
export function documentV2(paths: ReadonlyMap<string, readonly ApiOperation[]>, definitions: Readonly<Record<string, JsonSchema>>, prose: Prose): Entries {
  const printer = new DefinitionPrinter(definitions, prose, 2);
  const schemas = new Set<string>();
  const parameters = new Map<string, object>();

  function printPath(operations: readonly ApiOperation[]): object {
    const { operations: all, shared } = pathItem(operations);
    return {
      ...Object.fromEntries(all.map(({ operation, own }) => [operation.method, printOperation(operation, own)])),
      ...(shared.length > 0 ? { parameters: shared.map(printParameter) } : {}),
    };
  }

  function printOperation(operation: ApiOperation, own: readonly string[]): object {
    const list = [...(operation.body ? [printBody(operation.body)] : []), ...own.map(printParameter)];
    return {
      description: operation.description,
      ...(operation.consumes.length > 0 ? { consumes: operation.consumes } : {}),
      produces: operation.produces,
      schemes: ['https'],
      tags: [operation.tag],
      operationId: operation.operationId,
      ...(list.length > 0 ? { parameters: list } : {}),
      responses: printAnswers(operation),
      ...(operation.action === undefined ? {} : { 'x-kubernetes-action': operation.action }),
      ...(operation.gvk ? { 'x-kubernetes-group-version-kind': { group: operation.gvk.group, kind: operation.gvk.kind, version: operation.gvk.version } } : {}),
    };
  }

  function printAnswers({ answers }: ApiOperation): object {
    const schema = answers.definition === 'string' ? { type: 'string' } : reference(answers.definition);
    return {
      ...Object.fromEntries(answers.codes.map((code) => [String(code), { description: ANSWERS[code], schema }])),
      401: { description: ANSWERS[401] },
    };
  }

  function printBody({ definition, required }: { readonly definition: string; readonly required: boolean }): object {
    const body = { name: 'body', in: 'body', ...(required ? { required } : {}), schema: reference(definition) };
    const key = SHARED_BODIES[definition];
    if (key === undefined) return body;
    parameters.set(key, body);
    return { $ref: `#/parameters/${key}` };
  }

  function printParameter(key: string): object {
    const fact = parameterFact(key);
    const description = describeParameter(prose, key);
    const parameter = {
      uniqueItems: true,
      type: fact.type,
      ...(description === undefined ? {} : { description }),
      name: fact.name,
      in: fact.in,
      ...(fact.in === 'path' ? { required: true } : {}),
    };
    if (!isShared(key)) return parameter;
    parameters.set(key, parameter);
    return { $ref: `#/parameters/${key}` };
  }

  function reference(definition: string): object {
    printer.collect(definition, schemas);
    return { $ref: `#/definitions/${definition}` };
  }

  function* printPaths(): Iterable<readonly [string, object]> {
    for (const [path, operations] of [...paths].sort(([a], [b]) => compare(a, b))) yield [path, printPath(operations)];
  }

  // Printing the paths tells which definitions and shared parameters they need.
  return new Entries(() => [
    ['swagger', '2.0'],
    ['info', INFO],
    ['paths', new Entries(printPaths)],
    ['definitions', new Entries(() => printer.printAll(schemas))],
    ['parameters', new Entries(() => [...parameters].sort(([a], [b]) => compare(a, b)))],
    ['securityDefinitions', { BearerToken: { description: BEARER_TOKEN.description, type: BEARER_TOKEN.type, name: BEARER_TOKEN.name, in: BEARER_TOKEN.in } }],
    ['security', [{ BearerToken: [] }]],
  ]);
}
