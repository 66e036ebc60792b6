import { invalid, Path, type FieldError } from '../../api/field.js';
import { nameIsDnsSubdomain, type NameCheck } from '../../api/names.js';
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../api/types/apiextensions-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { metadataErrors } from '../../registry/metadata.js';
import { defineKind, keepAllButStatus, statusStrategy } from '../define-kind.js';
import { approvalErrors } from '../../api/api-approval.js';
import { schemasOf, specChangeErrors, specErrors, statusErrors, storedVersionErrors } from './definition-spec.js';
import { formatWarnings } from './formats.js';

/** Holds a definition back until its objects are gone. */
const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

function nameCheck({ names, group }: CustomResourceDefinition['spec']): NameCheck {
  return (name, prefix) => [...nameIsDnsSubdomain(name, prefix), ...(name === `${names.plural}.${group}` ? [] : ['must be spec.names.plural+"."+spec.group'])];
}

function errorsOf(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { spec, status } = definition;
  return [
    ...(old ? [] : metadataErrors(definition, false, nameCheck(spec))),
    ...specErrors(spec),
    ...(old ? specChangeErrors(spec, old.spec, (old.status?.conditions ?? []).some(({ type, status }) => type === 'Established' && status === 'True')) : []),
    ...statusErrors(status),
    ...storedVersionErrors(status?.storedVersions ?? [], spec.versions),
    ...approvalErrors(definition, old),
    ...(spec.preserveUnknownFields && !old?.spec.preserveUnknownFields
      ? [invalid(Path.of('spec', 'preserveUnknownFields'), true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead')]
      : []),
  ];
}

/** The version that objects are stored in is one that was stored. */
function addStoredVersion(definition: CustomResourceDefinition): void {
  const storage = definition.spec.versions.find((version) => version.storage)?.name;
  if (storage === undefined) return;
  definition.status ??= {};
  const stored = definition.status.storedVersions ?? [];
  if (!stored.includes(storage)) definition.status.storedVersions = [...stored, storage];
}

const strategy: Strategy<CustomResourceDefinition> = {
  generation: 'spec',
  allowUnconditionalUpdate: false,
  metadata: 'own',
  defaults({ spec }) {
    const { names } = spec;
    names.singular ||= names.kind.toLowerCase();
    if (names.kind) names.listKind ||= `${names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
    const service = spec.conversion.webhook?.clientConfig?.service;
    if (service) service.port ??= 443;
  },
  prepareForCreate(definition) {
    definition.status = {};
    addStoredVersion(definition);
  },
  prepareForUpdate: addStoredVersion,
  validate: (definition) => errorsOf(definition),
  validateUpdate: (definition, old) => errorsOf(definition, old),
  warnings: (definition, old) => formatWarnings(definition, old, ({ spec }) => schemasOf(spec)),
  // Held back once, so that its finalizer can be written with the time of its deletion.
  pendingFinalizers: ({ metadata }) => metadata.deletionTimestamp === undefined,
  markDeleting(definition) {
    const { metadata } = definition;
    const conditions = definition.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === 'Terminating')) return;
    if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) metadata.finalizers = [...(metadata.finalizers ?? []), CLEANUP_FINALIZER];
    const terminating: CustomResourceDefinitionCondition = {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: metadata.deletionTimestamp,
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    };
    definition.status = { ...definition.status, conditions: [...conditions, terminating] };
  },
  garbageCollection: 'unsupported',
  resetFields: [['status']],
};

/** Metadata may change by this route: the finalizer goes with it. */
const statusRoute = statusStrategy(strategy, {
  prepareForUpdate: keepAllButStatus,
  validateUpdate: ({ status }) => statusErrors(status),
});

/** CustomResourceDefinitions: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/ */
export const customResourceDefinitionKind = defineKind<CustomResourceDefinition>(
  { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
  { strategy, subresources: { status: { type: 'object', strategy: statusRoute as Strategy } } },
);
