import { forbidden } from '../../api/errors.js';
import { OMITTED, Path, type FieldError } from '../../api/field.js';
import { isQualifiedName } from '../../api/names.js';
import type { KubeObject } from '../../api/object.js';
import type { CustomResourceSubresources, JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { deepClone } from '../../base/freeze.js';
import { semanticEqual } from '../common/equality.js';
import type { Strategy, StrategyContext } from '../../registry/kind.js';
import { Correlation } from './correlation.js';
import { applyDefaults } from './defaulting.js';
import { embeddedErrors } from './embedded.js';
import type { Fields } from './json.js';
import { listTypeErrors } from './list-types.js';
import { rulesOf, type RuleValidator } from './rules.js';
import { scaleErrors } from './scale.js';
import { validateSchema } from './schema-validation.js';

/** What is decided of a custom resource's objects by one version of its definition. */
export interface VersionRules {
  readonly schema: JSONSchemaProps;
  readonly subresources: CustomResourceSubresources | undefined;
  /** The resource, where its definition is being deleted. */
  readonly goes: { readonly group: string; readonly resource: string } | undefined;
}

/** Errors that keep rules from being looked at. */
const BLOCKING: ReadonlySet<string> = new Set(['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);
const NOT_CHECKED: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  value: null,
  detail: 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};
const STANDARD_FINALIZERS = ['orphan', 'foregroundDeletion', 'kubernetes'];

type Custom = KubeObject & Fields;

/** The strategies of a custom resource's own route and of its status (k8s.io/apiextensions-apiserver/pkg/registry/customresource). */
export function customStrategies({ schema, subresources, goes }: VersionRules): { readonly main: Strategy; readonly status: Strategy } {
  const hasStatus = subresources?.status !== undefined && subresources.status !== null;
  const scale = subresources?.scale ?? undefined;
  let rules: RuleValidator | undefined | null = null;
  const ruleErrors = (errors: readonly FieldError[], object: KubeObject, old: KubeObject | undefined, correlation: Correlation | undefined, context: StrategyContext): FieldError[] => {
    // Compiled when the first object comes.
    if (rules === null) rules = rulesOf(schema);
    if (!rules) return [];
    if (errors.some(({ type }) => BLOCKING.has(type))) return [NOT_CHECKED];
    return rules.validate(object, old, correlation, (text) => context.warn(text));
  };
  const lists = (object: KubeObject): FieldError[] => listTypeErrors(object, schema, Path.of());
  const embedded = (object: KubeObject): FieldError[] => embeddedErrors(object, schema, Path.of());

  const main: Strategy = {
    metadata: 'lenient',
    ...(goes
      ? {
          authorize(object, old) {
            if (!old) throw forbidden(goes, object.metadata.name ?? '', 'create not allowed while custom resource definition is terminating');
          },
        }
      : {}),
    keepsStatus: hasStatus,
    allowUnconditionalUpdate: false,
    defaults: (object) => applyDefaults(object, schema),
    prepareForCreate(object) {
      object.metadata.generation = 1;
    },
    prepareForUpdate(object, old) {
      if (!semanticEqual(withoutMetadata(object), withoutMetadata(old))) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    validate(object, context) {
      const errors = [...validateSchema(object, schema, '').errors.map(({ error }) => error), ...scaleErrors(object, scale, false), ...embedded(object), ...lists(object)];
      return [...errors, ...ruleErrors(errors, object, undefined, undefined, context)];
    },
    validateUpdate(object, old, context) {
      const correlation = new Correlation(object, old, schema);
      const errors = [...validateSchema(object, schema, '', correlation).errors.map(({ error }) => error), ...scaleErrors(object, scale, false), ...embedded(object)];
      if (lists(old).length === 0) errors.push(...lists(object));
      return [...errors, ...ruleErrors(errors, object, old, correlation, context)];
    },
    warnings: (object, old) => finalizerWarnings(object, old),
    ...(hasStatus ? { resetFields: [['status']] } : {}),
  };

  const status: Strategy = {
    allowUnconditionalUpdate: false,
    keepsStatus: false,
    resetFields: [['metadata'], ['spec']],
    defaults: (object) => applyDefaults(object, schema),
    prepareForUpdate(object, old) {
      const draft = object as Custom;
      const { managedFields } = object.metadata;
      const given = draft['status'];
      for (const key of Object.keys(draft)) delete draft[key];
      Object.assign(draft, deepClone(old));
      if (managedFields) draft.metadata.managedFields = managedFields;
      else delete draft.metadata.managedFields;
      if (given === undefined) delete draft['status'];
      else draft['status'] = given;
    },
    validateUpdate(object, old, context) {
      const correlation = new Correlation(object, old, schema);
      const [given, before] = [(object as Custom)['status'], (old as Custom)['status']];
      const ofStatus = Object.hasOwn(schema.properties ?? {}, 'status') ? schema.properties?.['status'] : undefined;
      const errors: FieldError[] = [];
      if (given !== undefined && ofStatus) errors.push(...validateSchema(given, ofStatus, '', new Correlation(given, before, ofStatus)).errors.map(({ error }) => inStatus(error)));
      errors.push(...scaleErrors(object, scale, true));
      if (lists(old).length === 0) errors.push(...lists(object));
      return [...errors, ...ruleErrors(errors, object, old, correlation, context)];
    },
  };
  return { main, status };
}

/** An error of the status by itself: its place is below the object's status, its text begins at the status. */
function inStatus(error: FieldError): FieldError {
  return { ...error, field: error.field === '<nil>' ? 'status' : `status.${error.field}`, ...(error.value === OMITTED ? { value: OMITTED } : {}) };
}

function withoutMetadata(object: KubeObject): Fields {
  const { metadata: _metadata, ...rest } = object as Custom;
  return rest;
}

function finalizerWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const before = old?.metadata.finalizers ?? [];
  const added = [...new Set((object.metadata.finalizers ?? []).filter((name) => !before.includes(name)))].sort();
  return added.flatMap((name) => {
    const at = `metadata.finalizers: ${JSON.stringify(name)}`;
    const warnings = isQualifiedName(name).map((text) => `${at}: ${text}`);
    if (name.includes('/') || STANDARD_FINALIZERS.includes(name)) return warnings;
    const what = name.includes('.') ? 'finalizer name including a path (/)' : 'finalizer name';
    return [...warnings, `${at}: prefer a domain-qualified ${what} to avoid accidental conflicts with other finalizer writers`];
  });
}
