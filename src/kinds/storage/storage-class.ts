import { duplicate, notSupported, Path, required, type FieldError } from '../../api/field.js';
import type { TopologySelectorTerm } from '../../api/types/core-v1.js';
import type { StorageClass } from '../../api/types/storage-v1.js';
import { immutableField } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { deprecatedNodeLabel } from '../shared/node-labels.js';
import { validateQualifiedName } from '../shared/simple-checks.js';
import { parametersErrors, provisionerErrors } from './parameters.js';

const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];
const TOPOLOGIES = Path.of('allowedTopologies');
const DEFAULT_ANNOTATIONS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const IMMUTABLE = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const;

function termErrors({ matchLabelExpressions = [] }: TopologySelectorTerm, path: Path): FieldError[] {
  const keys = new Set<string>();
  return matchLabelExpressions.flatMap(({ key, values }, i) => {
    const at = path.child('matchLabelExpressions').index(i);
    const valuesPath = at.child('values');
    const again = keys.has(key);
    keys.add(key);
    return [
      ...(values.length === 0 ? [required(valuesPath)] : []),
      ...values.flatMap((value, j) => (values.indexOf(value) < j ? [duplicate(valuesPath.index(j), value)] : [])),
      ...validateQualifiedName(key, at.child('key')),
      ...(again ? [duplicate(at.child('key'), key)] : []),
    ];
  });
}

/** A term as a map of sets, in which order plays no part, written down. */
function rawTerm({ matchLabelExpressions = [] }: TopologySelectorTerm): string {
  const sets = new Map(matchLabelExpressions.map(({ key, values }) => [key, [...new Set(values)].sort()]));
  return JSON.stringify([...sets].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function topologyErrors(terms: readonly TopologySelectorTerm[]): FieldError[] {
  // Kubernetes compares each term with as many empty ones as there are terms, too.
  const known = terms.map(() => rawTerm({}));
  return terms.flatMap((term, i) => {
    const raw = rawTerm(term);
    const same = known.filter((other) => other === raw).length;
    known.push(raw);
    const errors = termErrors(term, TOPOLOGIES.index(i));
    return [...errors, ...Array.from({ length: same }, () => duplicate(TOPOLOGIES.index(i).child('matchLabelExpressions'), ''))];
  });
}

function errorsOf({ provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies }: StorageClass): FieldError[] {
  const mode = Path.of('volumeBindingMode');
  return [
    ...provisionerErrors(provisioner, Path.of('provisioner')),
    ...parametersErrors(parameters, true, Path.of('parameters')),
    ...(!reclaimPolicy || RECLAIM_POLICIES.includes(reclaimPolicy) ? [] : [notSupported(Path.of('reclaimPolicy'), reclaimPolicy, RECLAIM_POLICIES)]),
    ...(volumeBindingMode === undefined ? [required(mode)] : BINDING_MODES.includes(volumeBindingMode) ? [] : [notSupported(mode, volumeBindingMode, BINDING_MODES)]),
    ...topologyErrors(allowedTopologies ?? []),
  ];
}

/** StorageClasses: https://kubernetes.io/docs/concepts/storage/storage-classes/ */
export const storageClassKind = defineKind<StorageClass>(
  { group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass' },
  {
    strategy: {
      generation: 'none',
      returnsDeleted: true,
      defaults(storageClass) {
        storageClass.reclaimPolicy ??= 'Delete';
        storageClass.volumeBindingMode ??= 'Immediate';
      },
      validate: errorsOf,
      validateUpdate: (storageClass, old) => [...errorsOf(storageClass), ...IMMUTABLE.flatMap((name) => immutableField(storageClass[name], old[name], Path.of(name)))],
      warnings: ({ allowedTopologies = [] }) =>
        allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
          matchLabelExpressions.flatMap(({ key }, j) => {
            const why = deprecatedNodeLabel(key);
            return why === undefined ? [] : [`${String(TOPOLOGIES.index(i).child('matchLabelExpressions').index(j).child('key'))}: ${why}`];
          }),
        ),
    },
    cells: ({ metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion }, nowMs) => [
      DEFAULT_ANNOTATIONS.some((name) => metadata.annotations?.[name] === 'true') ? `${metadata.name} (default)` : metadata.name,
      provisioner,
      reclaimPolicy ?? 'Delete',
      volumeBindingMode ?? 'Immediate',
      allowVolumeExpansion ?? false,
      age(metadata.creationTimestamp, nowMs),
    ],
  },
);
