import { duplicate, forbidden, invalid, type Path, required, tooMany, type FieldError } from '../../api/field.js';
import type { CustomResourceColumnDefinition, CustomResourceSubresources, CustomResourceValidation, JSONSchemaProps, SelectableField } from '../../api/types/apiextensions-v1.js';
import { schemaType } from '../../cel/schema-type.js';
import { resolveFieldPath } from './field-path.js';
import { goSchema } from './internal-spec.js';
import { openApiSchemaErrors } from './schema-validation.js';
import { structuralErrors, unsupportedText } from './structural.js';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const MAX_SELECTABLE_FIELDS = 8;
/** Fields that the schema of an object with a status subresource may have at its root: the status is checked by itself. */
const AT_ROOT = [
  ...['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength', 'Pattern', 'MaxItems'],
  ...['MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'],
];

export function columnErrors({ name, type, format = '', jsonPath }: CustomResourceColumnDefinition, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (!name) errors.push(required(path.child('name')));
  if (!type) errors.push(required(path.child('type'), types));
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(path.child('type'), type, types));
  if (format && !COLUMN_FORMATS.includes(format)) errors.push(invalid(path.child('format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  if (!jsonPath) errors.push(required(path.child('JSONPath')));
  else errors.push(...simplePathErrors(jsonPath, path.child('JSONPath')));
  return errors;
}

const simplePathErrors = (text: string, path: Path): FieldError[] => (text.startsWith('.') ? [] : [invalid(path, text, 'must be a simple json path starting with .')]);

export function subresourceErrors(subresources: CustomResourceSubresources | undefined, path: Path): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  const pathErrors = (text: string, field: string, under: readonly string[], where: string): FieldError[] => {
    const at = path.child(`scale.${field}`);
    const errors = simplePathErrors(text, at);
    return errors.length > 0 || under.some((prefix) => text.startsWith(prefix)) ? errors : [invalid(at, text, `should be a json path under ${where}`)];
  };
  const { specReplicasPath: spec, statusReplicasPath: status, labelSelectorPath: selector = '' } = scale;
  return [
    ...(spec ? pathErrors(spec, 'specReplicasPath', ['.spec.'], '.spec') : [required(path.child('scale.specReplicasPath'))]),
    ...(status ? pathErrors(status, 'statusReplicasPath', ['.status.'], '.status') : [required(path.child('scale.statusReplicasPath'))]),
    ...(selector ? pathErrors(selector, 'labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status') : []),
  ];
}

export function selectableFieldErrors(fields: readonly SelectableField[], schema: JSONSchemaProps, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of fields.entries()) {
    const at = path.index(i).child('jsonPath');
    if (!jsonPath) {
      errors.push(required(at));
      continue;
    }
    const found = resolveFieldPath(jsonPath, schema, false);
    if (typeof found === 'string') {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found}`));
      continue;
    }
    if (found.first === 'metadata') errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(found.schema?.type ?? '')) {
      errors.push(invalid(at, jsonPath, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'));
    }
    if (seen.has(found.path)) errors.push(duplicate(at, jsonPath));
    seen.add(found.path);
  }
  return seen.size > MAX_SELECTABLE_FIELDS ? [...errors, tooMany(path, seen.size, MAX_SELECTABLE_FIELDS)] : errors;
}

/** `hasStatus`: the objects have a status subresource. */
export function validationErrors(validation: CustomResourceValidation | undefined, hasStatus: boolean, path: Path): FieldError[] {
  const schema = validation?.openAPIV3Schema;
  if (!schema) return [];
  const at = path.child('openAPIV3Schema');
  const errors = hasStatus ? rootErrors(schema, path) : [];
  if (schema.nullable) errors.push(forbidden(path.child('openAPIV3Schema.nullable'), 'nullable cannot be true at the root'));
  const unsupported = unsupportedText(schema);
  const structural = unsupported === undefined ? structuralErrors(schema, at) : [];
  errors.push(...structural);
  const expressionErrors: FieldError[] = [];
  errors.push(...openApiSchemaErrors(schema, at, { root: true, expressionErrors, type: unsupported === undefined && structural.length === 0 ? schemaType(schema, true) : undefined }), ...expressionErrors);
  return errors.length === 0 && unsupported !== undefined ? [invalid(at, '', unsupported)] : errors;
}

function rootErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  const shown = goSchema(schema) ?? {};
  for (const [field, value] of Object.entries(shown)) {
    if (value === null || value === '' || value === false) continue;
    if (field === 'Type' && value !== 'object') {
      return [invalid(path.child('openAPIV3Schema.type'), value, 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled')];
    }
    if (!AT_ROOT.includes(field)) return [invalid(path.child('openAPIV3Schema'), shown, `only [${AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`)];
  }
  return [];
}
