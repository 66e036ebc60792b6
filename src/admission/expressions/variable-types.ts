import { types } from '../../cel/index.js';

/** Types of what expressions of admission may name (k8s.io/apiserver/pkg/admission/plugin/cel/compile.go). */

type Type = types.Type;

const { BOOL, DYN, INT, STRING, TIMESTAMP, listOf, mapOf } = types;

function struct(name: string, fields: Readonly<Record<string, Type>>): types.ObjectType {
  return { kind: 'object', name: `kubernetes.${name}`, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) };
}

const texts = (...names: string[]): Record<string, Type> => Object.fromEntries(names.map((name) => [name, STRING]));

const GVK = struct('GroupVersionKind', texts('group', 'version', 'kind'));
const GVR = struct('GroupVersionResource', texts('group', 'version', 'resource'));
const USER = struct('UserInfo', { ...texts('username', 'uid'), groups: listOf(STRING), extra: mapOf(STRING, listOf(STRING)) });

export const REQUEST = struct('AdmissionRequest', {
  ...texts('subResource', 'requestSubResource', 'name', 'namespace', 'operation'),
  kind: GVK,
  resource: GVR,
  requestKind: GVK,
  requestResource: GVR,
  userInfo: USER,
  dryRun: BOOL,
  options: DYN,
});

const CONDITION = struct('NamespaceCondition', { ...texts('status', 'type', 'message', 'reason'), lastTransitionTime: TIMESTAMP });

export const NAMESPACE = struct('Namespace', {
  metadata: struct('NamespaceMetadata', {
    ...texts('name', 'generateName', 'namespace', 'UID', 'resourceVersion'),
    labels: mapOf(STRING, STRING),
    annotations: mapOf(STRING, STRING),
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    finalizers: listOf(STRING),
  }),
  spec: struct('NamespaceSpec', { finalizers: listOf(STRING) }),
  status: struct('NamespaceStatus', { conditions: listOf(CONDITION), phase: STRING }),
});

/** An operation of a JSON patch. */
export const JSON_PATCH: types.ObjectType = {
  kind: 'object',
  name: 'JSONPatch',
  // A field that there is not has a type without a name in the real server, which no value fits.
  field: (name) => (name === 'value' ? DYN : name === 'op' || name === 'path' || name === 'from' ? STRING : types.opaque('')),
};

/** `Object`, `Object.spec`, …: parts of an apply configuration, with fields of any name. */
export const objectType = (name: string): types.ObjectType => ({ kind: 'object', name, field: () => DYN });

export const CONFIGURATION = objectType('Object');

/** The type of a variable that an expression of a policy gives: what is no plain type is not known. */
export function declaredType(type: Type | undefined): Type {
  switch (type?.kind) {
    case 'bool':
    case 'bytes':
    case 'double':
    case 'duration':
    case 'int':
    case 'null':
    case 'string':
    case 'timestamp':
    case 'uint':
      return type;
    case 'list':
      return listOf(declaredType(type.element));
    case 'map':
      return mapOf(declaredType(type.key), declaredType(type.value));
    default:
      return DYN;
  }
}

/** A type as cel-go's Type.String has it. */
export function goTypeText(type: Type): string {
  switch (type.kind) {
    case 'null':
      return 'null_type';
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    case 'list':
      return `list(${goTypeText(type.element)})`;
    case 'map':
      return `map(${goTypeText(type.key)}, ${goTypeText(type.value)})`;
    case 'optional':
      return `optional_type(${goTypeText(type.value)})`;
    case 'type':
      return `type(${goTypeText(type.of)})`;
    default:
      return types.typeText(type);
  }
}
