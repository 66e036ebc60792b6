import { type GroupVersionKind, parseApiVersion } from '../../api/gvk.js';
import type { ExpressionWarning, RuleWithOperations, ValidatingAdmissionPolicy } from '../../api/types/admissionregistration-v1.js';
import { CompileError, Environment, types } from '../../cel/index.js';
import { escapeName } from '../../cel/schema-type.js';
import type { SchemaNode } from '../../schema/node.js';
import { authorizerLibrary, AUTHORIZER_TYPE } from '../authorizer-library.js';
import { declaredType, NAMESPACE, REQUEST } from '../expressions/variable-types.js';

/** Kinds and their schemas, as type checking looks for them. */
export interface TypedKinds {
  /** The kind of a resource's objects; undefined where it is not served. */
  kindOf(group: string, version: string, resource: string): GroupVersionKind | undefined;
  /** Undefined for a kind that is not known. */
  schemaOf(kind: GroupVersionKind): SchemaNode | undefined;
}

const MAX_KINDS = 10;

/**
 * What the expressions of a policy get wrong about the kinds that it is for
 * (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking). Nothing where a rule names its
 * resources with wildcards.
 */
export function typeWarnings({ spec }: ValidatingAdmissionPolicy, kinds: TypedKinds): ExpressionWarning[] {
  const checked = kindsToCheck(spec.matchConstraints?.resourceRules ?? [], kinds);
  const environments = checked.flatMap((kind) => {
    const schema = kinds.schemaOf(kind);
    return schema ? [{ kind, environment: environmentOf(spec, kind, schema, kinds) }] : [];
  });
  const warningsOf = (expression: string, fieldRef: string): ExpressionWarning[] => {
    const found = environments.flatMap(({ kind: { group, version, kind }, environment }) => {
      const problem = problemOf(environment, expression);
      return problem === undefined ? [] : [`${group}/${version}, Kind=${kind}: ${problem}\n`];
    });
    return found.length === 0 ? [] : [{ fieldRef, warning: found.join('\n') }];
  };
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, i) => [
    ...warningsOf(expression, `spec.validations[${i}].expression`),
    ...(messageExpression ? warningsOf(messageExpression, `spec.validations[${i}].messageExpression`) : []),
  ]);
}

function problemOf(environment: Environment, expression: string): string | undefined {
  try {
    environment.compile(expression);
    return undefined;
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
}

function environmentOf({ paramKind, variables = [] }: ValidatingAdmissionPolicy['spec'], kind: GroupVersionKind, schema: SchemaNode, kinds: TypedKinds): Environment {
  const object = typeOf(schema, kind.kind) ?? types.DYN;
  const param = paramKind && { ...parseApiVersion(paramKind.apiVersion ?? ''), kind: paramKind.kind ?? '' };
  const paramSchema = param && kinds.schemaOf(param);
  const known = new Map<string, types.Type>();
  const environment = new Environment({
    variables: {
      object,
      oldObject: object,
      namespaceObject: NAMESPACE,
      request: REQUEST,
      authorizer: AUTHORIZER_TYPE,
      variables: { kind: 'object', name: 'kubernetes.variables', field: (name) => known.get(name) },
      ...(param ? { params: (paramSchema && typeOf(paramSchema, param.kind)) ?? types.DYN } : {}),
    },
    libraries: [authorizerLibrary],
  });
  for (const { name, expression } of variables) known.set(name, declaredType(resultOf(environment, expression)));
  return environment;
}

function resultOf(environment: Environment, expression: string): types.Type | undefined {
  try {
    return environment.compile(expression).type;
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

/** Up to ten kinds of each rule that names groups, versions and resources, by group, version and kind. */
function kindsToCheck(rules: readonly RuleWithOperations[], kinds: TypedKinds): GroupVersionKind[] {
  const found = new Map<string, GroupVersionKind>();
  const named = (names: readonly string[] = []): readonly string[] => (names.some((name) => name.includes('*')) ? [] : names.toSorted());
  for (const { apiGroups, apiVersions, resources = [] } of rules) {
    let count = 0;
    for (const group of named(apiGroups)) {
      for (const version of named(apiVersions)) {
        for (const resource of resources.filter((name) => !/[*/]/.test(name)).toSorted()) {
          const kind = kinds.kindOf(group, version, resource);
          if (!kind || count === MAX_KINDS) continue;
          found.set(`${group} ${version} ${kind.kind}`, kind);
          count++;
        }
      }
    }
    if (count === MAX_KINDS) break;
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
}

/** The type of a schema in expressions; undefined for what expressions do not see. */
function typeOf(schema: SchemaNode, name: string): types.Type | undefined {
  switch (schema.type) {
    case 'array': {
      const element = schema.items && typeOf(schema.items, `${name}.@idx`);
      return element && types.listOf(element);
    }
    case 'object': {
      if (!schema.additional) return objectOf(schema, name);
      const value = typeOf(schema.additional, `${name}.@elem`);
      return value && types.mapOf(types.STRING, value);
    }
    case 'string':
      return textOf(schema.format);
    case 'boolean':
      return types.BOOL;
    case 'number':
      return types.DOUBLE;
    case 'integer':
      return types.INT;
    case 'int-or-string':
      return types.DYN;
    case 'any':
      // Data of which nothing is declared but that it is an object has no fields in expressions.
      return schema.definition?.includes('.apiextensions.') ? undefined : objectOf(schema, name);
    default:
      return undefined;
  }
}

function textOf(format: string | undefined): types.Type {
  switch (format) {
    case 'byte':
      return types.BYTES;
    case 'duration':
      return types.DURATION;
    case 'date':
    case 'date-time':
      return types.TIMESTAMP;
    default:
      return types.STRING;
  }
}

function objectOf(schema: SchemaNode, name: string): types.ObjectType {
  const names = new Map(schema.properties.map((property) => [escapeName(property), property]));
  const made = new Map<string, types.Type | undefined>();
  return {
    kind: 'object',
    name,
    field(field) {
      const property = names.get(field);
      const below = property === undefined ? undefined : schema.property(property);
      if (!below) return undefined;
      if (!made.has(field)) made.set(field, typeOf(below, `${name}.${field}`));
      return made.get(field);
    },
  };
}
