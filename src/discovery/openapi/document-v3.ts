import type { JsonSchema } from '../../schema/node.js';
import { BEARER_TOKEN, INFO } from './document-parts.js';
import { Entries } from './entries.js';
import type { ApiOperation } from './operations.js';
import { parameterFact } from './parameters.js';
import { ANSWERS, compare, pathItem } from './path-item.js';
import { describeParameter, type Prose } from './prose.js';
import { DefinitionPrinter } from './schemas.js';

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** A document of `/openapi/v3/…`: the paths of one group version with the schemas that they need (OpenAPI 3.0). */
export function documentV3(paths: ReadonlyMap<string, readonly ApiOperation[]>, definitions: Readonly<Record<string, JsonSchema>>, prose: Prose, groupVersion?: GroupVersion): Entries {
  const printer = new DefinitionPrinter(definitions, prose, 3, groupVersion);
  const schemas = new Set<string>();

  function printPath(operations: readonly ApiOperation[]): object {
    const { operations: all, shared } = pathItem(operations);
    return {
      ...Object.fromEntries(all.map(({ operation, own }) => [operation.method, printOperation(operation, own)])),
      ...(shared.length > 0 ? { parameters: shared.map(printParameter) } : {}),
    };
  }

  function printOperation(operation: ApiOperation, own: readonly string[]): object {
    return {
      tags: [operation.tag],
      description: operation.description,
      operationId: operation.operationId,
      ...(own.length > 0 ? { parameters: own.map(printParameter) } : {}),
      ...(operation.body ? { requestBody: printBody(operation.consumes, operation.body) } : {}),
      responses: printAnswers(operation),
      ...(operation.action === undefined ? {} : { 'x-kubernetes-action': operation.action }),
      ...(operation.gvk ? { 'x-kubernetes-group-version-kind': { group: operation.gvk.group, version: operation.gvk.version, kind: operation.gvk.kind } } : {}),
    };
  }

  function printBody(consumes: readonly string[], { definition, required }: { readonly definition: string; readonly required: boolean }): object {
    return { content: content(consumes, reference(definition)), ...(required ? { required } : {}) };
  }

  function printAnswers({ answers, produces }: ApiOperation): object {
    const schema = answers.definition === 'string' ? { type: 'string' } : reference(answers.definition);
    return {
      ...Object.fromEntries(answers.codes.map((code) => [String(code), { description: ANSWERS[code], content: content(produces, schema) }])),
      401: { description: ANSWERS[401] },
    };
  }

  function printParameter(key: string): object {
    const fact = parameterFact(key);
    const description = describeParameter(prose, key);
    return {
      name: fact.name,
      in: fact.in,
      ...(description === undefined ? {} : { description }),
      ...(fact.in === 'path' ? { required: true } : {}),
      schema: { type: fact.type, uniqueItems: true },
    };
  }

  function reference(definition: string): object {
    printer.collect(definition, schemas);
    return { $ref: `#/components/schemas/${definition}` };
  }

  function* printPaths(): Iterable<readonly [string, object]> {
    for (const [path, operations] of [...paths].sort(([a], [b]) => compare(a, b))) yield [path, printPath(operations)];
  }

  function* printComponents(): Iterable<readonly [string, unknown]> {
    if (schemas.size > 0) yield ['schemas', new Entries(() => printer.printAll(schemas))];
    yield ['securitySchemes', { BearerToken: BEARER_TOKEN }];
  }

  // Printing the paths tells which schemas they need.
  return new Entries(() => [
    ['openapi', '3.0.0'],
    ['info', INFO],
    ['paths', new Entries(printPaths)],
    ['components', new Entries(printComponents)],
  ]);
}

function content(mediaTypes: readonly string[], schema: object): object {
  return Object.fromEntries(mediaTypes.toSorted().map((mediaType) => [mediaType, { schema }]));
}
