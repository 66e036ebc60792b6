import { Path, required, type FieldError } from '../../api/field.js';
import { groupKindText, parseApiVersion } from '../../api/gvk.js';
import type { ControllerRevision } from '../../api/types/apps-v1.js';
import { immutableField } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { validateNonNegative } from '../shared/simple-checks.js';

const revisionErrors = ({ revision }: ControllerRevision): FieldError[] => validateNonNegative(revision, Path.of('revision'));

function dataErrors({ data }: ControllerRevision): FieldError[] {
  if (data === undefined || data === null) return [required(Path.of('data'), 'data is mandatory')];
  return typeof data === 'object' && !Array.isArray(data) ? [] : [required(Path.of('data'), 'data must be a valid JSON object')];
}

/** `statefulset.apps/web`, the controller that the revision belongs to. */
function controllerCell({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller);
  if (!owner) return '<none>';
  return `${groupKindText({ group: parseApiVersion(owner.apiVersion).group, kind: owner.kind }).toLowerCase()}/${owner.name}`;
}

/** Past states of StatefulSets and DaemonSets, for rollbacks. */
export const controllerRevisionKind = defineKind<ControllerRevision>(
  { group: 'apps', version: 'v1', kind: 'ControllerRevision' },
  {
    strategy: {
      generation: 'none',
      validate: (revision) => [...revisionErrors(revision), ...dataErrors(revision)],
      validateUpdate: (revision, old) => [...revisionErrors(revision), ...immutableField(revision.data, old.data, Path.of('data'))],
    },
    cells: (revision, nowMs) => [revision.metadata.name, controllerCell(revision), revision.revision, age(revision.metadata.creationTimestamp, nowMs)],
  },
);
