import { invalid, Path, type FieldError } from '../../api/field.js';
import { isQualifiedName, nameIsDnsLabel } from '../../api/names.js';
import type { Namespace } from '../../api/types/core-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';

const FINALIZER = 'kubernetes';
const NAME_LABEL = 'kubernetes.io/metadata.name';
const STANDARD_FINALIZERS = new Set([FINALIZER, 'orphan', 'foregroundDeletion']);

/** Every namespace carries its own name as a label, so that selectors can name namespaces. */
function setNameLabel(namespace: Namespace): void {
  const { name } = namespace.metadata;
  if (name) namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: name };
}

function finalizerErrors(name: string, path: Path): FieldError[] {
  const errors = isQualifiedName(name).map((text) => invalid(path, name, text));
  if (!name.includes('/') && !STANDARD_FINALIZERS.has(name)) errors.push(invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified'));
  return errors;
}

const strategy: Strategy<Namespace> = {
  nameErrors: nameIsDnsLabel,
  generation: 'none',
  defaults(namespace) {
    setNameLabel(namespace);
    namespace.spec ??= {};
    namespace.status = { ...namespace.status, phase: namespace.status?.phase || 'Active' };
  },
  prepareForCreate(namespace) {
    // A generated name was not there for defaulting; one that will be refused makes no label to be refused as well.
    if (nameIsDnsLabel(namespace.metadata.name, false).length === 0) setNameLabel(namespace);
    const finalizers = namespace.spec.finalizers ?? [];
    namespace.spec = { ...namespace.spec, finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER] };
    namespace.status = { phase: 'Active' };
  },
  prepareForUpdate(namespace, old) {
    keepFinalizers(namespace, old);
    if (old.status) namespace.status = old.status;
  },
  validate: (namespace) => (namespace.spec.finalizers ?? []).flatMap((name) => finalizerErrors(name, Path.of('spec', 'finalizers'))),
  validateUpdate: (namespace) => (namespace.spec.finalizers ?? []).flatMap((name) => finalizerErrors(name, Path.of('spec', 'finalizers'))),
  /** The namespace controller empties the namespace and then takes its finalizer away. */
  pendingFinalizers: (namespace) => (namespace.spec.finalizers ?? []).length > 0,
  markDeleting(namespace) {
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  returnsDeleted: true,
  resetFields: [['status']],
};

function keepFinalizers(namespace: Namespace, old: Namespace): void {
  namespace.spec = { ...namespace.spec };
  if (old.spec.finalizers) namespace.spec.finalizers = old.spec.finalizers;
  else delete namespace.spec.finalizers;
}

const statusRoute: Strategy<Namespace> = {
  ...strategy,
  keepsStatus: false,
  prepareForUpdate(namespace, old) {
    namespace.spec = old.spec;
  },
  validateUpdate(namespace) {
    const phase = namespace.status?.phase ?? '';
    const wanted = namespace.metadata.deletionTimestamp ? 'Terminating' : 'Active';
    const when = namespace.metadata.deletionTimestamp ? 'is not empty' : 'is empty';
    return phase === wanted ? [] : [invalid(Path.of('status', 'Phase'), phase, `may only be '${wanted}' if \`deletionTimestamp\` ${when}`)];
  },
  resetFields: [['spec']],
};

const finalizeRoute: Strategy<Namespace> = {
  ...strategy,
  prepareForUpdate(namespace, old) {
    if (old.status) namespace.status = old.status;
  },
  validateUpdate: (namespace) => (namespace.spec.finalizers ?? []).flatMap((name, i) => finalizerErrors(name, Path.of('spec', 'finalizers').index(i))),
};

export const namespaceKind = defineKind<Namespace>(
  { group: '', version: 'v1', kind: 'Namespace' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy }, finalize: { type: 'object', strategy: finalizeRoute as Strategy } },
    selectableFields: { 'metadata.namespace': undefined, 'status.phase': (namespace) => namespace.status?.phase ?? '' },
    cells: (namespace, nowMs) => [namespace.metadata.name, namespace.status?.phase ?? '', age(namespace.metadata.creationTimestamp, nowMs)],
  },
);
