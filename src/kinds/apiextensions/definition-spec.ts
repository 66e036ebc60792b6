import { invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { isDns1035Label, isDns1123Subdomain } from '../../api/names.js';
import type { CustomResourceDefinitionSpec, CustomResourceDefinitionStatus, CustomResourceDefinitionVersion, JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { IMMUTABLE_TEXT } from '../common/equality.js';
import { conversionErrors } from './conversion.js';
import { missingNameErrors, nameErrors } from './definition-names.js';
import { goVersions, internalSpec, type VersionParts } from './internal-spec.js';
import { columnErrors, selectableFieldErrors, subresourceErrors, validationErrors } from './version-parts.js';

const SPEC = Path.of('spec');
const SCOPES = ['Cluster', 'Namespaced'];
const MAX_WARNING = 256;

/** The schemas of a definition as errors and warnings go through them: one that all versions have counts once. */
export function schemasOf(spec: CustomResourceDefinitionSpec): ReadonlyArray<JSONSchemaProps | undefined> {
  const { shared, versions } = internalSpec(spec);
  return [shared, ...versions].map(({ schema }) => schema?.openAPIV3Schema);
}

export function specErrors(spec: CustomResourceDefinitionSpec): FieldError[] {
  const { group, scope, names } = spec;
  const { shared, versions } = internalSpec(spec);
  const at = SPEC.child('versions');
  const errors = groupErrors(group);
  if (!scope) errors.push(required(SPEC.child('scope')));
  else if (!SCOPES.includes(scope)) errors.push(notSupported(SPEC.child('scope'), scope, SCOPES));
  if (!shared.schema?.openAPIV3Schema) {
    for (const [i, { schema }] of versions.entries()) if (!schema?.openAPIV3Schema) errors.push(required(at.index(i).child('schema', 'openAPIV3Schema')));
  }
  // Its own defaults are what the real server reads a missing preserveUnknownFields as here.
  if (spec.preserveUnknownFields && schemasOf(spec).some(hasDefault)) errors.push(invalid(SPEC.child('preserveUnknownFields'), true, 'must be false in order to use defaults in the schema'));
  const statusPerVersion = versions.some(({ subresources }) => subresources);
  for (const [i, version] of versions.entries()) {
    const path = at.index(i);
    const { name } = version.source;
    const problems = isDns1035Label(name);
    if (problems.length > 0) errors.push(invalid(path.child('name'), name, problems.join(',')));
    const { subresources } = statusPerVersion ? version : shared;
    errors.push(
      ...deprecationErrors(version.source, path.child('deprecationWarning')),
      ...validationErrors(version.schema, subresources?.status !== undefined, path.child('schema')),
      ...partErrors(version, path),
      ...selectionErrors(version, version.schema?.openAPIV3Schema, path, 'may only be set when `version.schema.openAPIV3Schema` is not included'),
    );
  }
  const unique = new Set(versions.map(({ source }) => source.name)).size === versions.length;
  if (!unique) errors.push(invalid(at, goVersions(versions), 'must contain unique version names'));
  if (versions.filter(({ source }) => source.storage).length !== 1) {
    errors.push(invalid(at, goVersions(versions), 'must have exactly one version marked as storage version'));
  }
  const [first] = versions;
  if (first) {
    const problems = isDns1035Label(first.source.name);
    if (problems.length > 0 && first.source.name !== '') errors.push(invalid(SPEC.child('version'), first.source.name, problems.join(',')));
  }
  const anyStatus = [shared, ...versions].some(({ subresources }) => subresources?.status);
  return [
    ...errors,
    ...missingNameErrors(names, SPEC.child('names')),
    ...nameErrors(names, SPEC.child('names')),
    ...validationErrors(shared.schema, anyStatus, SPEC.child('validation')),
    ...partErrors(shared, SPEC),
    ...selectionErrors(shared, shared.schema?.openAPIV3Schema, SPEC, 'may only be set when validations.schema is included'),
    ...(spec.conversion && spec.conversion.strategy !== 'None' && spec.preserveUnknownFields
      ? [invalid(SPEC.child('conversion', 'strategy'), spec.conversion.strategy, 'must be None if spec.preserveUnknownFields is true')]
      : []),
    ...conversionErrors(spec.conversion, SPEC.child('conversion')),
  ];
}

/** What may not change: the group and the plural name never, scope and kind once the definition is established. */
export function specChangeErrors(spec: CustomResourceDefinitionSpec, old: CustomResourceDefinitionSpec, established: boolean): FieldError[] {
  const immutable = (value: string, before: string, path: Path): FieldError[] => (value === before ? [] : [invalid(path, value, IMMUTABLE_TEXT)]);
  const names = SPEC.child('names');
  return [
    ...(established ? [...immutable(spec.scope, old.scope, SPEC.child('scope')), ...immutable(spec.names.kind, old.names.kind, names.child('kind'))] : []),
    ...immutable(spec.group, old.group, SPEC.child('group')),
    ...immutable(spec.names.plural, old.names.plural, names.child('plural')),
  ];
}

export function statusErrors(status: CustomResourceDefinitionStatus | undefined): FieldError[] {
  return nameErrors(status?.acceptedNames, Path.of('status', 'acceptedNames'));
}

export function storedVersionErrors(stored: readonly string[], versions: readonly CustomResourceDefinitionVersion[]): FieldError[] {
  const path = Path.of('status', 'storedVersions');
  if (stored.length === 0) return [invalid(path, null, 'must have at least one stored version')];
  const missing = versions.filter(({ name, storage }) => storage && !stored.includes(name));
  return [
    ...missing.map(({ name }) => invalid(path, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((name, i) =>
      versions.some((version) => version.name === name)
        ? []
        : [
            invalid(
              path.index(i),
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ];
}

function groupErrors(group: string): FieldError[] {
  const path = SPEC.child('group');
  if (!group) return [required(path)];
  const problems = isDns1123Subdomain(group);
  if (problems.length > 0) return [invalid(path, group, problems.join(','))];
  return group.includes('.') ? [] : [invalid(path, group, 'should be a domain with at least one dot')];
}

function partErrors({ subresources, columns }: VersionParts, path: Path): FieldError[] {
  return [...subresourceErrors(subresources, path.child('subresources')), ...columns.flatMap((column, i) => columnErrors(column, path.child('additionalPrinterColumns').index(i)))];
}

function selectionErrors({ selectableFields }: VersionParts, schema: JSONSchemaProps | undefined, path: Path, without: string): FieldError[] {
  if (selectableFields.length === 0) return [];
  const at = path.child('selectableFields');
  return schema ? selectableFieldErrors(selectableFields, schema, at) : [invalid(at, '', without)];
}

function deprecationErrors({ deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion, path: Path): FieldError[] {
  if (text === undefined) return [];
  if (!deprecated) return [invalid(path, text, 'can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(text) > MAX_WARNING) errors.push(invalid(path, text, `must be <= ${MAX_WARNING} characters long`));
  if (text === '') errors.push(invalid(path, text, 'must not be an empty string'));
  // Go's unicode.IsPrint: of all spaces only the common one.
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text);
  if (odd) errors.push(invalid(path, text, `must only contain printable UTF-8 characters; non-printable character found at index ${Buffer.byteLength(text.slice(0, odd.index))}`));
  return errors;
}

function hasDefault(schema: JSONSchemaProps | undefined): boolean {
  if (!schema) return false;
  if (schema.default !== undefined && schema.default !== null) return true;
  const { items, additionalProperties: additional } = schema;
  const nested = [...(Array.isArray(items) ? items : [items]), typeof additional === 'object' ? additional : undefined, ...Object.values(schema.properties ?? {})];
  return nested.some((one) => one !== null && hasDefault(one));
}
